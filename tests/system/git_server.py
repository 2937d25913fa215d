"""A real git host on the loopback: git's own `http-backend` behind a small server that misbehaves by path.

`/good/NAME` serves the repository NAME as a host does; the first part of the path says what goes wrong otherwise.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

from tests.faulty_host import STATUS, FaultyHandler, FaultyHost

HEAD = 3000  # bytes of a pack that arrive before the fault


class _Handler(FaultyHandler):
    def do_GET(self) -> None:  # noqa: N802
        self._answer(b"")

    def do_POST(self) -> None:  # noqa: N802
        if self.headers.get("Transfer-Encoding") == "chunked":
            self._answer(b"".join(self._chunks()))
        else:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(self, body: bytes) -> None:
        _empty, way, rest = self.path.split("/", 2)
        if way == "later":  # out of order at first
            way = "good" if any(path.startswith("/later/") for path in self.host.asked) else "down"
        self.remember()
        if way in STATUS:
            self.refuse(way)
        elif way == "elsewhere":  # the same machine under another name
            self.send(301, b"", {"Location": f"http://localhost:{self.host.port}/good/{rest}"})
        elif way == "to-login":
            self.send(302, b"", {"Location": f"http://localhost:{self.host.port}/login/{rest}"})
        elif way == "loop":
            self.send(302, b"", {"Location": f"/loop/{rest}"})
        elif way == "silent":
            self.host.freed.wait(60)
            self.close_connection = True
        else:
            self._serve(way, rest, body)

    def _serve(self, way: str, rest: str, body: bytes) -> None:
        headers, content = self._backend(rest, body)
        if self.command == "POST" and way != "good" and b"PACK" in content:
            self.begin(200, headers, len(content))
            self.wfile.write(content[: content.index(b"PACK") + HEAD])
            self.break_off(way)
        else:
            status = int(headers.pop("Status", "200").split()[0])
            self.send(status, content, headers)

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


class GitHost(FaultyHost):
    """Serves the repositories below `root`."""

    handler = _Handler
