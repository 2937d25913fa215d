"""Proxies that only pass bytes on, as real ones do: SOCKS5 (RFC 1928, with names and passwords), HTTP CONNECT."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Relay(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with suppress(OSError):
            target = self.agree()
            if target is None:
                return
            self.server.seen.append(target)
            with socket.create_connection(("127.0.0.1", target[1])) as upstream:
                self.granted()
                back = threading.Thread(target=_pass_on, args=(upstream, self.connection), daemon=True)
                back.start()
                _pass_on(self.connection, upstream)
                back.join()

    def agree(self) -> tuple[str, int] | None:
        """Return what the client wants to reach."""
        return None

    def granted(self) -> None:
        """Say that it is reached."""


class Socks5(_Relay):
    def agree(self) -> tuple[str, int] | None:
        _version, count = self.rfile.read(2)
        methods = self.rfile.read(count)
        secret = self.server.secret
        self.wfile.write(bytes([5, 2 if secret else 0]))
        if secret:
            assert 2 in methods
            self.rfile.read(1)
            user, password = (self.rfile.read(self.rfile.read(1)[0]).decode() for _ in range(2))
            fine = f"{user}:{password}" == secret
            self.wfile.write(bytes([1, 0 if fine else 1]))
            if not fine:
                return None
        _version, _command, _reserved, kind = self.rfile.read(4)
        host = socket.inet_ntoa(self.rfile.read(4)) if kind == 1 else self.rfile.read(self.rfile.read(1)[0]).decode()
        return host, struct.unpack(">H", self.rfile.read(2))[0]

    def granted(self) -> None:
        self.wfile.write(bytes([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]))


class Connect(_Relay):
    def agree(self) -> tuple[str, int] | None:
        method, target, _version = self.rfile.readline().decode().split()
        assert method == "CONNECT"
        while self.rfile.readline() not in {b"\r\n", b""}:
            continue
        host, _colon, port = target.rpartition(":")
        return host, int(port)

    def granted(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def relaying(kind: type[_Relay], secret: str = "") -> Iterator[socketserver.ThreadingTCPServer]:
    """Run a proxy on a port of its own; `seen` lists what was asked of it."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), kind) as running:
        running.daemon_threads = True
        running.seen, running.secret = [], secret
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield running
        running.shutdown()
