"""Small questions to the network: does an address answer, is a port free."""

from __future__ import annotations

import socket


def answers(url: str, timeout_s: float) -> bool:
    """Whether `url` answers a HEAD request with success or a redirect within `timeout_s`. Never raises."""
    import requests

    try:
        return requests.head(url, timeout=timeout_s, allow_redirects=True).ok
    except requests.RequestException:
        return False


def free_port(first: int = 7860, last: int = 7959) -> int:
    """Return a free port on the loopback address, the lowest in the web UI's own range, else any."""
    for port in range(first, last + 1):
        if not listening(port):
            return port
    return any_port()


def any_port() -> int:
    """Return a free loopback port of the system's choice: two that ask at the same time get different ones."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    """Whether the loopback `port` is taken by some program."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
