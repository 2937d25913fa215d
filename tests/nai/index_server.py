"""A package index on the loopback that misbehaves by path: `/good/simple/` works, the first part names the fault."""

from __future__ import annotations

from tests.faulty_host import LOGIN, STATUS, FaultyHandler, FaultyHost


class _Handler(FaultyHandler):
    def do_HEAD(self) -> None:  # noqa: N802
        self.do_GET()

    def do_GET(self) -> None:  # noqa: N802
        self.remember()
        _empty, way, _simple, name, file = self.path.split("/", 4)
        folder = self.host.root / name
        if way in STATUS:
            self.refuse(way)
        elif way == "loop":
            self.send(302, b"", {"Location": self.path})
        elif way == "elsewhere":  # the same machine under another name
            self.send(301, b"", {"Location": f"http://localhost:{self.host.port}/good/simple/{name}/{file}"})
        elif way == "silent":
            self.host.freed.wait(60)
        elif not folder.is_dir():
            self.send(404, b"")
        elif not file:
            links = (f'<a href="{wheel.name}">{wheel.name}</a>' for wheel in sorted(folder.iterdir()))
            self.send(200, "".join(links).encode())
        else:
            self._file(way, (folder / file).read_bytes())

    def _file(self, way: str, content: bytes) -> None:
        if way == "good":
            self.send(200, content)
        elif way == "no-file":
            self.send(404, b"")
        elif way == "page-for-file":
            self.send(200, LOGIN)
        else:
            self.begin(200, {}, len(content))
            self.wfile.write(content[:300])
            self.break_off(way)


class IndexHost(FaultyHost):
    """Serves the wheels in the folder `root/NAME`."""

    handler = _Handler

    def index(self, way: str) -> str:
        return f"{self.url}/{way}/simple"
