"""Tokens: where they are read, and the one header of the one host each of them is for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from foxup.system.download.failures import host_of
from foxup.system.download.model import Secret, Token
from foxup.system.download.refusals import CIVITAI, HUGGINGFACE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from requests import PreparedRequest

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# name in the environment, in the order the services' own tools read them
_VARIABLES = {
    CIVITAI: ("CIVITAI_TOKEN", "CIVITAI_API_TOKEN", "CIVITAI_API_KEY"),
    HUGGINGFACE: ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"),
}
_HOSTS = {CIVITAI: "civitai.com", HUGGINGFACE: "huggingface.co"}


def read_tokens(environ: Mapping[str, str], mirrors: Mapping[str, str] | None = None) -> tuple[Token, ...]:
    """Read CIVITAI_TOKEN, HF_TOKEN or the file `hf auth login` writes.

    A token belongs to its service's own host, to the host of HF_ENDPOINT (as with Hugging Face's own tools), and to a
    mirror of that host on this very machine; never to a mirror elsewhere.
    """
    found = []
    for service, names in _VARIABLES.items():
        value, origin = _first(environ, names)
        if not value and service == HUGGINGFACE:
            value, origin = _stored(environ)
        if value:
            found.append(Token(service, _hosts(service, environ, mirrors or {}), Secret(value), origin))
    return tuple(found)


def token_for(url: str, tokens: Sequence[Token]) -> Token | None:
    """Return the token that belongs to an address, never over plain HTTP except to this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        return None
    return next((token for token in tokens if host_of(url) in token.hosts), None)


class Bearer:
    """The authentication of every request: sets the header for the host a token belongs to, and for no other.

    Given to requests it also keeps `.netrc` from being sent along.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Set or remove the header of one request."""
        request.headers.pop("Authorization", None)
        token = token_for(request.url or "", self._tokens)
        if token:
            request.headers["Authorization"] = f"Bearer {token.secret.reveal()}"
        return request


def _first(environ: Mapping[str, str], names: Sequence[str]) -> tuple[str, str]:
    for name in names:
        value = environ.get(name, "").strip()
        if value:
            return value, name
    return "", ""


def _stored(environ: Mapping[str, str]) -> tuple[str, str]:
    """Read the token file of Hugging Face's tools: HF_TOKEN_PATH, else HF_HOME/token, else the default cache."""
    home = environ.get("HF_HOME") or str(Path(environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    path = Path(environ.get("HF_TOKEN_PATH") or Path(home) / "token").expanduser()
    try:
        return path.read_text(encoding="utf-8").strip(), str(path)
    except (OSError, UnicodeDecodeError):
        return "", ""


def _hosts(service: str, environ: Mapping[str, str], mirrors: Mapping[str, str]) -> frozenset[str]:
    hosts = {_HOSTS[service]}
    if service == HUGGINGFACE and environ.get("HF_ENDPOINT"):
        hosts.add(host_of(environ["HF_ENDPOINT"]))
    for prefix, replacement in mirrors.items():
        if host_of(prefix) == _HOSTS[service] and urlsplit(replacement).hostname in _LOOPBACK:
            hosts.add(host_of(replacement))
    return frozenset(hosts)
