"""What hosts that misbehave by path have in common: a real server on the loopback, its record, and how a line breaks.

The first part of a path says what goes wrong: `/good/...` works, `STATUS` names the plain refusals.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

LOGIN = b"<!DOCTYPE html><html><body>Sign in to continue</body></html>"
STATUS = {"gone": 404, "login": 200, "down": 503, "private": 401, "forbidden": 403}


class FaultyHost:
    """Serves what lies below `root`; `asked` holds the paths that came in, `secrets` every password sent along."""

    handler: type[FaultyHandler]

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        self.secrets: list[str] = []
        self.freed = threading.Event()
        self._server = _Server(("127.0.0.1", 0), type("Handler", (self.handler,), {"host": self}))
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.freed.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address) -> None:
        """Say nothing: connections end badly here on purpose."""


class FaultyHandler(BaseHTTPRequestHandler):
    host: FaultyHost
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def remember(self) -> None:
        """Keep what was asked for, and any password that came along."""
        self.host.asked.append(self.path)
        if self.headers.get("Authorization"):
            self.host.secrets.append(self.headers["Authorization"])

    def refuse(self, way: str) -> None:
        """Answer as `STATUS` says."""
        self.send(STATUS[way], LOGIN, {"WWW-Authenticate": 'Basic realm="private"'} if way == "private" else {})

    def send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        """Answer in full."""
        self.begin(status, {"Content-Type": "text/html", **(headers or {})}, len(content))
        if self.command != "HEAD":
            self.wfile.write(content)

    def begin(self, status: int, headers: dict[str, str], length: int) -> None:
        """Send the head of an answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def break_off(self, way: str) -> None:
        """End the connection in the middle of an answer: `stall`, `reset`, or closed."""
        self.wfile.flush()
        if way == "stall":
            self.host.freed.wait(60)
        if way == "reset":
            time.sleep(0.1)  # what was sent shall arrive first
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
