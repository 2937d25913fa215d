"""A package index on the loopback that misbehaves by path: `/good/simple/` works, the first part names the fault."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LOGIN = b"<!DOCTYPE html><html><body>Sign in to continue</body></html>"
STATUS = {"gone": 404, "login": 200, "down": 503, "private": 401, "forbidden": 403}


class IndexHost:
    """Serves the wheels in the folder `root/NAME`; `asked` holds the paths that came in, `secrets` what was sent along."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        self.secrets: list[str] = []
        self.freed = threading.Event()
        owner = self

        class Handler(_Handler):
            host = owner

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def index(self, way: str) -> str:
        return f"http://127.0.0.1:{self.port}/{way}/simple"

    def close(self) -> None:
        self.freed.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address) -> None:
        """Say nothing: connections end badly here on purpose."""


class _Handler(BaseHTTPRequestHandler):
    host: IndexHost
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.host.asked.append(self.path)
        if self.headers.get("Authorization"):
            self.host.secrets.append(self.headers["Authorization"])
        _empty, way, _simple, name, file = self.path.split("/", 4)
        folder = self.host.root / name
        if way in STATUS:
            self._send(LOGIN, STATUS[way], **{"WWW-Authenticate": 'Basic realm="x"'} if way == "private" else {})
        elif way == "loop":
            self._send(b"", 302, Location=self.path)
        elif way == "elsewhere":  # the same machine under another name
            self._send(b"", 301, Location=f"http://localhost:{self.host.port}/good/simple/{name}/{file}")
        elif way == "silent":
            self.host.freed.wait(60)
        elif not folder.is_dir():
            self._send(b"", 404)
        elif not file:
            links = (f'<a href="{wheel.name}">{wheel.name}</a>' for wheel in sorted(folder.iterdir()))
            self._send("".join(links).encode())
        else:
            self._file(way, (folder / file).read_bytes())

    def _file(self, way: str, content: bytes) -> None:
        if way == "good":
            self._send(content)
        elif way == "no-file":
            self._send(b"", 404)
        elif way == "page-for-file":
            self._send(LOGIN)
        else:
            self._half(way, content)

    def _half(self, way: str, content: bytes) -> None:
        """Begin to send a file and break off."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:300])
        self.wfile.flush()
        if way == "stall":
            self.host.freed.wait(60)
        if way == "reset":
            time.sleep(0.1)  # what was sent shall arrive first
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _send(self, content: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@contextmanager
def index_host(root: Path) -> Iterator[IndexHost]:
    """Run a host for the packages below `root`."""
    host = IndexHost(root)
    try:
        yield host
    finally:
        host.close()
