"""Addresses: what a source means, which mirror stands for it, and what may be shown of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit, urlunsplit
from urllib.request import url2pathname

from foxup.system.download.failures import host_of
from foxup.system.download.refusals import CIVITAI, HUGGINGFACE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foxup.step import Source

PACKAGE = "package:"
_SERVICES = {"civitai.com": CIVITAI, "huggingface.co": HUGGINGFACE}
_CIVITAI_PAGE = re.compile(r"^/models/\d+")
_CIVITAI_FILE = re.compile(r"^/api/download/models/(\d+)")
_HUB_PAGE = re.compile(r"^/((?:datasets/|spaces/)?[^/]+/[^/]+)/blob/")
_SECRET_WORDS = {"token", "api_key", "access_token"}


@dataclass(frozen=True, slots=True)
class Address:
    """A source made ready: the address to ask, the service it belongs to, and its name for people.

    `origin` is the address before mirrors; by it a partial file knows its source again.
    """

    url: str
    origin: str
    service: str
    name: str

    @property
    def mirrored(self) -> bool:
        """Whether a mirror stands for the source."""
        return self.url != self.origin

    @property
    def local(self) -> bool:
        """Whether it is a file or folder of this machine."""
        return urlsplit(self.url).scheme not in {"http", "https"}


def candidates(sources: Sequence[Source], mirrors: Mapping[str, str]) -> list[Address]:
    """Return where to ask in turn: mirrors first, then what they stand for, should a mirror fail."""
    ready = [prepare(source, mirrors) for source in sources]
    behind = [prepare(source, {}) for source, address in zip(sources, ready, strict=True) if address.mirrored]
    return [*ready, *behind]


def prepare(source: Source, mirrors: Mapping[str, str]) -> Address:
    """Turn a page address into the file's own, apply mirrors, and drop a token that stands in the address."""
    origin = without_secrets(_file_address(source.url))
    url = mirrored(origin, mirrors)
    service = _SERVICES.get(host_of(origin), "")
    return Address(url, origin, service, source.name if url == origin and source.name else host_of(url) or source.name)


def mirrored(url: str, mirrors: Mapping[str, str]) -> str:
    """Replace the longest prefix for which there is a mirror; a prefix ends at a `/` of the address."""
    for prefix in sorted(mirrors, key=len, reverse=True):
        stem = prefix.rstrip("/")
        rest = url[len(stem) :]
        if url.startswith(stem) and rest[:1] in {"", "/", "?"}:
            return mirrors[prefix].rstrip("/") + rest
    return url


def hub_mirror(environ: Mapping[str, str]) -> dict[str, str]:
    """Return HF_ENDPOINT as a mirror rule, empty when it is not set."""
    endpoint = environ.get("HF_ENDPOINT", "").rstrip("/")
    return {"https://huggingface.co": endpoint} if endpoint else {}


def civitai_version(url: str) -> str | None:
    """Return the version id of a Civitai download address."""
    match = _CIVITAI_FILE.match(urlsplit(url).path)
    return match.group(1) if match else None


def local_path(url: str, package_folder: Path | None) -> Path:
    """Return the path behind `package:`, `file:` or a plain path."""
    if url.startswith(PACKAGE):
        return (package_folder or Path()) / url.removeprefix(PACKAGE)
    parts = urlsplit(url)
    if parts.scheme == "file":
        place = f"//{parts.netloc}{parts.path}" if parts.netloc not in {"", "localhost"} else parts.path
        return Path(url2pathname(place))
    return Path(url).expanduser()


def without_secrets(url: str) -> str:
    """Drop a token from an address of a service whose tokens go in a header; other hosts' parameters are theirs."""
    parts = urlsplit(url)
    if host_of(url) not in _SERVICES or not parts.query:
        return url
    kept = [(name, value) for name, value in parse_qsl(parts.query, True) if name.lower() not in _SECRET_WORDS]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def shown(url: str) -> str:
    """Return an address for people and logs: no user, no parameters (signed addresses carry their key there)."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, host_of(url), unquote(parts.path), "", ""))


def _file_address(url: str) -> str:
    parts = urlsplit(url)
    host = host_of(url)
    if host in {"civitai.com", "www.civitai.com"} and _CIVITAI_PAGE.match(parts.path):
        version = parse_qs(parts.query).get("modelVersionId")
        return f"https://civitai.com/api/download/models/{version[0]}" if version else url
    if host == "huggingface.co":
        return urlunsplit(parts._replace(path=_HUB_PAGE.sub(r"/\1/resolve/", parts.path)))
    return url
