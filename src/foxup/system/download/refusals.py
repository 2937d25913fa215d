"""What a host means that answers with something else than the file."""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING

from foxup.i18n import _
from foxup.system.download.failures import DownloadError, Reach, host_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CIVITAI = "civitai"
HUGGINGFACE = "huggingface"
_TAGS = re.compile(r"<[^>]*>|\s+")
_LOGIN = ("download-auth", "/login", "logged in", "log in", "sign in", "unauthorized")
_BUSY = {408, 425, 429}
_PORTAL = ("captive", "hotspot", "portal", "wlan", "wi-fi", "wifi")


def from_reply(status: int, headers: Mapping[str, str], body: str, url: str, asked: Asked) -> DownloadError:
    """Explain a reply that is not the file: `body` is its first part, `url` what answered after redirects."""
    host = host_of(url)
    rules: tuple[tuple[bool, Callable[[], DownloadError]], ...] = (
        (status in _BUSY or (status >= 500 and status != 511), lambda: _busy(status, headers, host)),
        (status == 407, _proxy_login),
        (status == 511 or _is_portal(url, body, asked), lambda: captive_portal(host)),
        (status == 451, lambda: _blocked(host, excerpt(body))),
        ("early access" in body.lower() or "earlyaccess" in body.lower(), lambda: _early_access(asked)),
        (status in {401, 403} or _wants_login(url, body), lambda: _needs_login(headers, body, url, asked)),
        (status in {404, 410}, lambda: _removed(status, asked)),
    )
    return next((explain() for holds, explain in rules if holds), None) or _odd(status, excerpt(body), host)


class Asked:
    """What was asked for.

    The address, the service behind it (`civitai`, `huggingface` or empty), whether a token went along, and whether
    another host, that of a signed address, answered.
    """

    __slots__ = ("redirected", "service", "url", "with_token")

    def __init__(self, url: str, service: str, *, with_token: bool, redirected: bool) -> None:
        self.url = url
        self.service = service
        self.with_token = with_token
        self.redirected = redirected


def excerpt(body: str) -> str:
    """Return the words of a page or of a JSON error, short."""
    try:
        document = json.loads(body)
    except ValueError:
        words = _TAGS.sub(" ", body)
    else:
        found = [document.get(key) for key in ("message", "error", "detail")] if isinstance(document, dict) else []
        words = "; ".join(str(item) for item in found if item)
    return " ".join(words.split())[:200]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a host asks to wait, from either form of Retry-After."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except ValueError:
        return None


def _is_portal(url: str, body: str, asked: Asked) -> bool:
    """Say whether a page comes from the network's own gate: another host than asked, and it speaks of itself as one."""
    if host_of(url) == host_of(asked.url) and url.startswith("https:"):
        return False
    text = (url + body).lower()
    return "<html" in text and any(word in text for word in _PORTAL)


def _wants_login(url: str, body: str) -> bool:
    text = (url + " " + body).lower()
    if "<html" in text:
        return any(word in url.lower() for word in _LOGIN[:2])
    return '"error"' in text and any(word in text for word in _LOGIN)


def _busy(status: int, headers: Mapping[str, str], host: str) -> DownloadError:
    many = status == 429
    return DownloadError(
        "download-too-many-requests" if many else "download-server-error",
        _("{host} asks for fewer requests.").format(host=host)
        if many
        else _("{host} answered with an error (HTTP {status}).").format(host=host, status=status),
        cause=_("Too many requests came from this address in a short time.") if many else "",
        hint=_("Try again later."),
        reach=Reach.NOW,
        retry_after=retry_after(headers),
    )


def _proxy_login() -> DownloadError:
    return DownloadError(
        "download-proxy",
        _("The proxy asks for a name and a password (HTTP 407)."),
        hint=_("Put them into HTTPS_PROXY: http://NAME:PASSWORD@HOST:PORT"),
    )


def captive_portal(host: str) -> DownloadError:
    """The network wants a login of its own before it lets anything through."""
    return DownloadError(
        "download-captive-portal",
        _("The network answered with its own login page ({host}) instead of the file.").format(host=host),
        hint=_("Open any page in a browser, log in to the network, then run the same command again."),
    )


def _blocked(host: str, detail: str) -> DownloadError:
    return DownloadError(
        "download-region-blocked",
        _("{host} does not serve this file to this country (HTTP 451).").format(host=host),
        cause=detail,
        hint=_("Use another source or a mirror: foxup fetch --from FOLDER takes a file that was got elsewhere."),
    )


def _early_access(asked: Asked) -> DownloadError:
    return DownloadError(
        "download-early-access",
        _("The author gives this file only to paying supporters for now (early access)."),
        hint=_("Open {url} in a browser to see when it becomes free.").format(url=asked.url),
    )


def _needs_login(headers: Mapping[str, str], body: str, url: str, asked: Asked) -> DownloadError:
    if asked.redirected and not asked.service:
        return _forbidden(host_of(url), excerpt(body))
    if asked.service == CIVITAI:
        return _needs_civitai(asked)
    if asked.service == HUGGINGFACE:
        return _needs_huggingface(headers, asked)
    return _forbidden(host_of(url), excerpt(body))


def _needs_civitai(asked: Asked) -> DownloadError:
    if asked.with_token:
        return DownloadError(
            "download-token-rejected-civitai",
            _("Civitai does not accept the token for this file."),
            cause=_("The token is wrong or was deleted, or the file is not open to this account."),
            hint=_("Make a new key at https://civitai.com/user/account (API keys) and set CIVITAI_TOKEN to it."),
        )
    return DownloadError(
        "download-needs-token-civitai",
        _("Civitai gives this file only to logged-in users."),
        hint=_("Make a key at https://civitai.com/user/account (API keys), set CIVITAI_TOKEN to it, run this again."),
    )


def _needs_huggingface(headers: Mapping[str, str], asked: Asked) -> DownloadError:
    page = asked.url.split("/resolve/")[0]
    if headers.get("X-Error-Code") == "GatedRepo" and asked.with_token:
        return DownloadError(
            "download-terms-huggingface",
            _("Hugging Face gives this file only after its terms are accepted."),
            hint=_("Log in, open {page}, accept the terms, then run the same command again.").format(page=page),
        )
    if asked.with_token:
        return DownloadError(
            "download-token-rejected-huggingface",
            _("Hugging Face does not accept the token for this file."),
            cause=_("The token is wrong or has ended, or the repository is private or gone."),
            hint=_("Make a new read token at https://huggingface.co/settings/tokens and set HF_TOKEN to it."),
        )
    return DownloadError(
        "download-needs-token-huggingface",
        _("Hugging Face gives this file only to logged-in users."),
        cause=_("The repository is gated, private or gone."),
        hint=_(
            "Accept the terms at {page}, make a read token at https://huggingface.co/settings/tokens,"
            " set HF_TOKEN to it, run this again."
        ).format(page=page),
    )


def _forbidden(host: str, detail: str) -> DownloadError:
    return DownloadError(
        "download-forbidden",
        _("{host} refuses to give the file out.").format(host=host),
        cause=detail or _("It wants a sign-in, or does not serve this network."),
    )


def _removed(status: int, asked: Asked) -> DownloadError:
    return DownloadError(
        "download-removed",
        _("The file is no longer at {url} (HTTP {status}).").format(url=asked.url, status=status),
        cause=_("Its author or the host removed or renamed it."),
        hint=_("foxup fetch --from FOLDER takes a file that was got elsewhere."),
    )


def _odd(status: int, detail: str, host: str) -> DownloadError:
    if status < 300:
        return DownloadError(
            "download-page-instead",
            _("{host} sent a page or a message instead of the file.").format(host=host),
            cause=detail,
            hint=_("Open the address in a browser to see what it asks for."),
        )
    return DownloadError(
        "download-refused-by-host",
        _("{host} answered with HTTP {status}.").format(host=host, status=status),
        cause=detail,
    )
