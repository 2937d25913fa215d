"""HTTP: one session, redirects followed by hand, and replies that are checked against what was asked."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from foxup import __version__
from foxup.system.download import failures, refusals
from foxup.system.download.addresses import shown
from foxup.system.download.failures import DownloadError, Reach, host_of
from foxup.system.download.tokens import Bearer, token_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import Response, Session

    from foxup.system.download.addresses import Address
    from foxup.system.download.model import DownloadContext

_REDIRECTS = {301, 302, 303, 307, 308}
_CONTENT_RANGE = re.compile(r"^bytes (\d+)-(\d+)/(\d+|\*)$")
_PAGE_BYTES = 64 * 1024  # of a page or an error, enough to know what it says
_HASH = re.compile(r"^[0-9a-f]{64}$")


@dataclass(slots=True, eq=False)
class Reply:
    """An answer whose body is still to be read: bytes from `first` on, of a file of `total` bytes (None: unknown).

    `validator` is what If-Range may be given: a strong ETag, else a strong Last-Modified date, else empty.
    `published_sha256` is what the host itself says of the file. `url` is where the redirects led.
    """

    response: Response
    url: str
    first: int
    total: int | None
    validator: str
    published_sha256: str | None
    ranges: bool
    pending: bytes = b""

    def peek(self, count: int) -> bytes:
        """Return the next bytes, up to `count`, without taking them. Raises DownloadError."""
        while len(self.pending) < count:
            data = self._receive(count)
            if not data:
                break
            self.pending += data
        return self.pending[:count]

    def read(self, count: int) -> bytes:
        """Return up to `count` bytes as soon as some are there; nothing at the end. Raises DownloadError."""
        if self.pending:
            data, self.pending = self.pending[:count], self.pending[count:]
            return data
        return self._receive(count)

    def _receive(self, count: int) -> bytes:
        try:
            return self.response.raw.read1(count, decode_content=False) or b""
        except Exception as error:  # whatever breaks here is the connection
            raise failures.from_exception(error, self.url) from error

    def close(self) -> None:
        """Close the connection; what was not read is lost."""
        self.response.close()

    def wake(self) -> None:
        """End a read that another thread is waiting in. Closing would wait for that thread instead."""
        with suppress(AttributeError, OSError, RuntimeError, ValueError):
            self.response.raw.shutdown()


class Line:
    """The connections of one run. Threads may share it."""

    def __init__(self, context: DownloadContext) -> None:
        self._limits = context.limits
        self._tokens = context.tokens
        self._bearer = Bearer(context.tokens)
        self._session = _session(context.limits.connections)

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def get_json(self, url: str) -> Any:
        """Return the JSON document at an address, None when there is none. Raises nothing: it is an extra."""
        try:
            response = self._get(url, {"Accept": "application/json"})
            with response:
                return response.json() if response.status_code == 200 else None
        except (DownloadError, ValueError):
            return None

    def ask(self, address: Address, *, first: int = 0, last: int | None = None, validator: str = "",
            resolved: str | None = None) -> Reply:  # fmt: skip
        """Ask for bytes `[first, last]` of a file; without `last` and with `first` 0 for the plain whole.

        `resolved` is where redirects led before: it is asked first, and the original again when it refuses, because
        signed addresses end. Raises DownloadError; its reach is AGAIN when the host has no such range (416).
        """
        headers = {"Accept-Encoding": "identity"}
        if first or last is not None:
            headers["Range"] = f"bytes={first}-{'' if last is None else last}"
            if validator:
                headers["If-Range"] = validator
        if resolved and resolved != address.url:
            try:
                return self._follow(address, resolved, headers, first)
            except DownloadError as error:
                if error.reach is not Reach.SOURCE:
                    raise
        return self._follow(address, address.url, headers, first)

    def _follow(self, address: Address, url: str, headers: Mapping[str, str], first: int) -> Reply:
        published = None
        for _hop in range(self._limits.redirects + 1):
            response = self._get(url, headers)
            published = published or _published(response.headers)
            location = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or not location:
                return self._reply(response, url, address, first, published)
            response.close()
            url = _next(url, location)
        raise failures.interrupted_too_often(host_of(url), failures.bad_address(host_of(url)), self._limits.redirects)

    def _get(self, url: str, headers: Mapping[str, str]) -> Response:
        from requests import RequestException

        timeout = (self._limits.connect_timeout, self._limits.stall)
        try:
            return self._session.get(
                url, headers=dict(headers), stream=True, allow_redirects=False, auth=self._bearer, timeout=timeout
            )
        except (RequestException, OSError, ValueError) as error:
            raise failures.from_exception(error, url) from error

    def _reply(self, response: Response, url: str, address: Address, first: int, published: str | None) -> Reply:
        status, headers = response.status_code, response.headers
        try:
            if status not in {200, 206}:
                raise self._refusal(response, url, address)
            begin, total = _place(status, headers, first)
            if headers.get("Content-Encoding", "identity").lower() not in {"identity", ""}:
                raise failures.altered(host_of(url))
            if headers.get("Content-Type", "").lower().startswith("text/html"):
                raise self._refusal(response, url, address)
        except DownloadError:
            response.close()
            raise
        ranges = status == 206 or headers.get("Accept-Ranges", "").lower() == "bytes"
        return Reply(response, url, begin, total, _validator(headers), published, ranges)

    def _refusal(self, response: Response, url: str, address: Address) -> DownloadError:
        if response.status_code == 416:
            return failures.no_such_range(host_of(url))
        return refusals.from_reply(
            response.status_code, response.headers, _text(response), url, self._asked(address, url)
        )

    def _asked(self, address: Address, url: str) -> refusals.Asked:
        return refusals.Asked(
            shown(address.origin),
            address.service,
            with_token=token_for(address.url, self._tokens) is not None,
            redirected=host_of(url) != host_of(address.url),
        )

    def refusal_of(self, head: bytes, reply: Reply, address: Address) -> DownloadError:
        """Explain a body that turned out not to be the file though the headers did not say so."""
        text = head.decode("utf-8", "replace")
        return refusals.from_reply(200, reply.response.headers, text, reply.url, self._asked(address, reply.url))


def _session(connections: int) -> Session:
    """Make a session that checks certificates as the system does, keeps no cookies and repeats nothing by itself."""
    from http.cookiejar import DefaultCookiePolicy

    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    session.headers["User-Agent"] = f"foxup/{__version__}"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("http://", HTTPAdapter(connections, connections, max_retries=0))
    session.mount("https://", _system_trust_adapter(connections))
    return session


def _system_trust_adapter(connections: int) -> Any:
    """Make an adapter that trusts what the system trusts: companies and antivirus programs put their roots there."""
    import ssl

    import truststore
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, ssl_context=_context(), **kwargs)

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            return super().proxy_manager_for(proxy, ssl_context=_context(), **kwargs)

    def _context() -> Any:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    return Adapter(connections, connections, max_retries=0)


def _next(url: str, location: str) -> str:
    """Return where a redirect leads; from a secure connection it never leads to an open one."""
    target = urljoin(url, location)
    parts = urlsplit(target)
    if parts.scheme not in {"http", "https"} or (parts.scheme == "http" and url.startswith("https:")):
        raise refusals.captive_portal(host_of(target))
    return target


def _published(headers: Mapping[str, str]) -> str | None:
    """Return the SHA-256 that Hugging Face names for a large file on the way to its storage."""
    value = headers.get("X-Linked-Etag", "").strip('"').lower()
    return value if _HASH.match(value) else None


def _place(status: int, headers: Mapping[str, str], first: int) -> tuple[int, int | None]:
    """Return where the body begins and the size of the whole file. Raises DownloadError on a range not asked for."""
    length = headers.get("Content-Length", "")
    if status == 200:
        return 0, int(length) if length.isdigit() and "Transfer-Encoding" not in headers else None
    match = _CONTENT_RANGE.match(headers.get("Content-Range", ""))
    if not match or int(match[1]) != first:
        raise failures.no_such_range(headers.get("Content-Range", ""))
    return first, None if match[3] == "*" else int(match[3])


def _validator(headers: Mapping[str, str]) -> str:
    """Return a strong ETag, else a Last-Modified date that is strong by RFC 9110 section 8.8.2.2, else nothing."""
    from email.utils import parsedate_to_datetime

    etag = headers.get("ETag", "")
    if etag.startswith('"'):
        return etag
    modified, date = headers.get("Last-Modified", ""), headers.get("Date", "")
    if not modified or not date:
        return ""
    try:
        age = parsedate_to_datetime(date) - parsedate_to_datetime(modified)
    except (TypeError, ValueError):
        return ""
    return modified if age.total_seconds() >= 1 else ""


def _text(response: Response) -> str:
    try:
        return response.raw.read(_PAGE_BYTES, decode_content=True).decode("utf-8", "replace")
    except Exception:  # noqa: BLE001 - an unreadable explanation explains nothing
        return ""
