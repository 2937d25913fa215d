"""A real HTTP server on the loopback that misbehaves on request; every answer it gave is on record."""

from __future__ import annotations

import hashlib
import random
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

STEP = 64 * 1024


@dataclass
class Fault:
    """How one answer goes wrong. Offsets are in the file, not in the body; `rate` is in bytes a second."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    reset_at: int | None = None
    truncate_at: int | None = None
    stall_at: int | None = None
    stall_for: float = 30.0
    length_delta: int = 0
    flip_at: int | None = None
    rate: float | None = None
    delay: float = 0.0
    no_ranges: bool = False

    def offsets(self) -> list[int]:
        return [offset for offset in (self.reset_at, self.truncate_at, self.stall_at) if offset is not None]


def _bent(piece: bytes, fault: Fault, position: int) -> bytes:
    """Flip one bit if its place is in this piece."""
    at = -1 if fault.flip_at is None else fault.flip_at - position
    return piece[:at] + bytes([piece[at] ^ 0x40]) + piece[at + 1 :] if 0 <= at < len(piece) else piece


@dataclass
class Resource:
    """A file. `fault(n, headers)` decides about the n-th request for it, counted from 0."""

    body: bytes
    etag: str | None = None
    modified: str | None = None
    ranges: bool = True
    content_type: str = "application/octet-stream"
    chunked: bool = False
    rate: float | None = None
    fault: Callable[[int, dict[str, str]], Fault | None] = lambda _number, _headers: None
    count: int = 0


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    status: int
    sent: int = 0


def content(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class FaultServer:
    """Serves resources by path; `asked` holds what came in."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.resources: dict[str, Resource] = {}
        self.asked: list[Asked] = []
        self.lock = threading.Lock()
        owner = self

        class Handler(_Handler):
            server_owner = owner

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request, client_address) -> None:
                pass

            def get_request(self):
                connection, address = self.socket.accept()
                connection.settimeout(20)
                if context:
                    connection = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                return connection, address

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def add(self, path: str, body: bytes, **options) -> Resource:
        resource = Resource(body, **options)
        if resource.etag is None and "etag" not in options:
            resource.etag = f'"{sha256(body)[:16]}"'
        self.resources[path] = resource
        return resource

    def answers(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path.split("?")[0] == path]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_owner: FaultServer

    def log_message(self, *args) -> None:
        pass

    def do_GET(self) -> None:
        owner = self.server_owner
        path = self.path.split("?")[0]
        headers = dict(self.headers.items())
        with owner.lock:
            resource = owner.resources.get(path)
            number = resource.count if resource else 0
            if resource:
                resource.count += 1
        record = Asked(self.path, headers, 404)
        owner.asked.append(record)
        if resource is None:
            self._plain(record, 404, {}, b"not here")
            return
        fault = resource.fault(number, headers) or Fault()
        time.sleep(fault.delay)
        if fault.status is not None:
            self._plain(record, fault.status, fault.headers, fault.body or b"")
            return
        self._file(record, resource, fault)

    def _plain(self, record: Asked, status: int, headers: dict[str, str], body: bytes) -> None:
        record.status = status
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _file(self, record: Asked, resource: Resource, fault: Fault) -> None:
        body = resource.body if fault.body is None else fault.body
        first, last, status = self._range(resource, fault, len(body))
        record.status = status
        if status == 416:
            self._plain(record, 416, {"Content-Range": f"bytes */{len(body)}"}, b"")
            return
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
        if resource.ranges and not fault.no_ranges:
            self.send_header("Accept-Ranges", "bytes")
        self._common_headers(resource, fault, last + 1 - first)
        self.end_headers()
        self._send(record, resource, fault, body, first, last + 1)

    def _common_headers(self, resource: Resource, fault: Fault, length: int) -> None:
        self.send_header("Content-Type", resource.content_type)
        if resource.etag:
            self.send_header("ETag", resource.etag)
        if resource.modified:
            self.send_header("Last-Modified", resource.modified)
        for name, value in fault.headers.items():
            self.send_header(name, value)
        if resource.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length + fault.length_delta))

    def _range(self, resource: Resource, fault: Fault, size: int) -> tuple[int, int, int]:
        wish = self.headers.get("Range", "")
        condition = self.headers.get("If-Range")
        if not wish or not resource.ranges or fault.no_ranges:
            return 0, size - 1, 200
        if condition and condition not in {resource.etag, resource.modified}:
            return 0, size - 1, 200
        start, _dash, end = wish.removeprefix("bytes=").partition("-")
        first, last = int(start), min(int(end) if end else size - 1, size - 1)
        return first, last, 416 if first >= size else 206

    def _send(self, record: Asked, resource: Resource, fault: Fault, body: bytes, position: int, end: int) -> None:
        rate = fault.rate or resource.rate
        end += min(0, fault.length_delta)
        step = max(1024, min(STEP, int(rate / 50))) if rate else STEP
        begun = time.monotonic()
        while position < end:
            if self._breaks(fault, position):
                return
            stop = min([end, position + step, *(offset for offset in fault.offsets() if offset > position)])
            self._write(_bent(body[position:stop], fault, position), resource.chunked)
            record.sent += stop - position
            position = stop
            if rate:
                time.sleep(max(0.0, record.sent / rate - (time.monotonic() - begun)))
        if resource.chunked:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection |= fault.length_delta > 0

    def _breaks(self, fault: Fault, position: int) -> bool:
        if position not in fault.offsets():
            return False
        if position == fault.reset_at:
            self._reset()
        elif position == fault.stall_at:
            time.sleep(fault.stall_for)
        self.close_connection = True
        return True

    def _write(self, piece: bytes, chunked: bool) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)

    def _reset(self) -> None:
        """Close with a RST, as a broken line or a firewall does."""
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        with suppress(OSError):
            self.connection.close()


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[FaultServer]:
    with FaultServer(context) as server:
        yield server
