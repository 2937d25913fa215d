"""Choosing and binding the port."""

from __future__ import annotations

import os
import socket

FIRST_PORT = 7860
API_ONLY_PORT = 7861
TRIED_PORTS = 100
LOCALHOST = "127.0.0.1"


def bind(host: str, port: int) -> socket.socket:
    """A listening-to-be socket on one port. Raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound


def first_free(host: str, wanted: int | None, start: int = FIRST_PORT, tried: int = TRIED_PORTS) -> socket.socket:
    """A socket on the wanted port, or on the first free one of ``tried`` ports from ``start``.

    Raises OSError ``Cannot find empty port in range: A-B``.
    """
    ports = range(wanted, wanted + 1) if wanted else range(start, start + tried)
    for port in ports:
        try:
            return bind(host, port)
        except OSError:
            continue
    raise OSError(
        f"Cannot find empty port in range: {ports[0]}-{ports[-1]}. Choose another one with --port, or leave --port out."
    )
