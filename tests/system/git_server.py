"""A real git host on the loopback: git's own `http-backend` behind a small server that misbehaves by path.

`/good/NAME` serves the repository NAME as a host does; the first part of the path says what goes wrong otherwise.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LOGIN = b"<!DOCTYPE html><html><body>Sign in to continue</body></html>"
STATUS = {"gone": 404, "private": 401, "forbidden": 403, "login": 200, "down": 503}
HEAD = 3000  # bytes of a pack that arrive before the fault


class GitHost:
    """Serves the repositories below `root`; `asked` holds the paths that came in, `secrets` every password sent."""

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
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

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
    host: GitHost
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            self._answer(b"".join(self._chunks()))
        else:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(self, body: bytes) -> None:
        _empty, way, rest = self.path.split("/", 2)
        if way == "later":  # out of order at first
            way = "good" if any(path.startswith("/later/") for path in self.host.asked) else "down"
        self.host.asked.append(self.path)
        if self.headers.get("Authorization"):
            self.host.secrets.append(self.headers["Authorization"])
        if way in STATUS:
            self._send(STATUS[way], LOGIN, {"WWW-Authenticate": 'Basic realm="private"'} if way == "private" else {})
        elif way == "elsewhere":  # the same machine under another name
            self._send(301, b"", {"Location": f"http://localhost:{self.host.port}/good/{rest}"})
        elif way == "to-login":
            self._send(302, b"", {"Location": f"http://localhost:{self.host.port}/login/{rest}"})
        elif way == "loop":
            self._send(302, b"", {"Location": f"/loop/{rest}"})
        elif way == "silent":
            self.host.freed.wait(60)
            self.close_connection = True
        else:
            self._serve(way, rest, body)

    def _serve(self, way: str, rest: str, body: bytes) -> None:
        headers, content = self._backend(rest, body)
        if self.command == "POST" and way != "good" and b"PACK" in content:
            at = content.index(b"PACK") + HEAD
            self._begin(200, headers, len(content))
            self.wfile.write(content[:at])
            self.wfile.flush()
            self._break(way)
        else:
            status = int(headers.pop("Status", "200").split()[0])
            self._send(status, content, headers)

    def _break(self, way: str) -> None:
        if way == "stall":
            self.host.freed.wait(60)
        if way == "reset":
            time.sleep(0.1)  # what was sent shall arrive first
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _backend(self, rest: str, body: bytes) -> tuple[dict[str, str], bytes]:
        path, _mark, query = rest.partition("?")
        variables = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.host.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": f"/{path}",
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=variables, capture_output=True, check=False)
        head, _empty, content = done.stdout.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        return dict(line.split(": ", 1) for line in lines if ": " in line), content

    def _begin(self, status: int, headers: dict[str, str], length: int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self._begin(status, {"Content-Type": "text/html", **headers}, len(content))
        self.wfile.write(content)


@contextmanager
def git_host(root: Path) -> Iterator[GitHost]:
    """Run a host for the repositories below `root`."""
    host = GitHost(root)
    try:
        yield host
    finally:
        host.close()
