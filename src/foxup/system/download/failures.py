"""What can go wrong with a download, in words; and how far each trouble reaches."""

from __future__ import annotations

import errno
import socket
import ssl
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from foxup.errors import FoxupError
from foxup.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_WINDOWS_FULL = {39, 112}  # ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
_NO_NAME = ("getaddrinfo", "name or service", "name resolution", "nodename nor", "failed to resolve")


class Reach(StrEnum):
    """What a failure rules out."""

    NOW = "now"  # the same request may work in a moment
    AGAIN = "again"  # the bytes on disk are of no use; the source may be asked from the start
    SOURCE = "source"  # this source cannot serve the file
    ALL = "all"  # no source can help


class DownloadError(FoxupError):
    """A failed download. `failures` lists what each source answered, when several were asked."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        cause: str = "",
        hint: str = "",
        reach: Reach = Reach.SOURCE,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(code, message, cause=cause, hint=hint)
        self.reach = reach
        self.retry_after = retry_after
        self.failures: tuple[tuple[str, FoxupError], ...] = ()


def host_of(url: str) -> str:
    """Return `name` or `name:port` of an address, for people and for comparing; a path is named by its last part."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        return Path(parts.path).name or url
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname or ''}{port}".lower()


def from_exception(error: BaseException, url: str) -> DownloadError:
    """Explain an exception of requests, urllib3 or the socket beneath them.

    Proxies and certificates come first, because both arrive wrapped in a plain connection error.
    """
    from requests import exceptions as outer
    from urllib3 import exceptions as inner

    chain = list(_chain(error))
    host, detail = host_of(url), str(chain[-1])
    rules: tuple[tuple[tuple[type[BaseException], ...], tuple[str, ...], Callable[[], DownloadError]], ...] = (
        ((outer.ProxyError, inner.ProxyError), ("socks",), lambda: proxy_trouble(detail)),
        ((ssl.SSLCertVerificationError,), ("certificate verify failed",), lambda: certificate_trouble(host, detail)),
        ((inner.NameResolutionError, socket.gaierror), _NO_NAME, lambda: unknown_host(host)),
        ((ConnectionRefusedError,), (), lambda: refused(host)),
        ((outer.ConnectTimeout, inner.ConnectTimeoutError), (), lambda: no_answer(host)),
        ((outer.ReadTimeout, inner.ReadTimeoutError, TimeoutError), (), lambda: stalled(host)),
        ((outer.InvalidURL, outer.InvalidSchema, inner.LocationParseError), (), lambda: bad_address(host)),
    )
    for kinds, words, explain in rules:
        if any(isinstance(link, kinds) or any(word in str(link).lower() for word in words) for link in chain):
            return explain()
    return interrupted(host, detail)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what is behind it; requests keeps causes in `args` and `reason`."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [getattr(current, "reason", None), current.__cause__, current.__context__, *current.args]


def proxy_trouble(detail: str) -> DownloadError:
    """The proxy of this machine did not pass the request on."""
    return DownloadError(
        "download-proxy",
        _("The proxy did not let the download through."),
        cause=detail,
        hint=_("Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, and name hosts that need no proxy in NO_PROXY."),
    )


def certificate_trouble(host: str, detail: str) -> DownloadError:
    """The connection is not the one it should be, or its certificate is unknown here."""
    return DownloadError(
        "download-certificate",
        _("The secure connection to {host} cannot be trusted.").format(host=host),
        cause=detail,
        hint=_(
            "Check the date of this computer; behind a company proxy or an antivirus that inspects traffic, name its"
            " root certificate in REQUESTS_CA_BUNDLE."
        ),
    )


def unknown_host(host: str) -> DownloadError:
    """The name has no address here."""
    return DownloadError(
        "download-dns",
        _("The address of {host} could not be found.").format(host=host),
        cause=_("There is no internet connection, or the name service does not answer or blocks this name."),
        hint=_("Check the connection or set another DNS server, then run the same command again."),
        reach=Reach.NOW,
    )


def refused(host: str) -> DownloadError:
    """Nobody listens there."""
    return DownloadError(
        "download-refused",
        _("{host} refused the connection.").format(host=host),
        cause=_("The server is down, or a firewall stands in between."),
        reach=Reach.NOW,
    )


def no_answer(host: str) -> DownloadError:
    """No connection within the time limit."""
    return DownloadError(
        "download-timeout",
        _("{host} did not answer in time.").format(host=host),
        cause=_("The server is overloaded or blocked on the way."),
        hint=_("Try again later, or use a mirror or a VPN."),
        reach=Reach.NOW,
    )


def stalled(host: str) -> DownloadError:
    """The connection stands, the bytes do not come."""
    return DownloadError(
        "download-stalled",
        _("{host} stopped sending.").format(host=host),
        cause=_("The connection stayed open without bringing data."),
        hint=_("Run the same command again; it goes on where it stopped."),
        reach=Reach.NOW,
    )


def interrupted(host: str, detail: str = "") -> DownloadError:
    """The connection broke."""
    return DownloadError(
        "download-interrupted",
        _("The connection to {host} broke.").format(host=host),
        cause=detail,
        hint=_("Run the same command again; it goes on where it stopped."),
        reach=Reach.NOW,
    )


def interrupted_too_often(host: str, last: DownloadError, times: int) -> DownloadError:
    """Patience has ended; `last` says what happened the last time."""
    return DownloadError(
        last.code if last.code in {"download-dns", "download-refused", "download-timeout"} else "download-interrupted",
        _("The download from {host} was interrupted {times} times in a row.").format(host=host, times=times),
        cause=last.message,
        hint=last.hint or _("Run the same command again; it goes on where it stopped."),
    )


def bad_address(host: str) -> DownloadError:
    """The address is not one."""
    return DownloadError("download-bad-address", _("{host} is not a usable address.").format(host=host))


def from_os_error(error: OSError, path: Path) -> DownloadError:
    """Explain why the partial file or the final one could not be written. None of it depends on the source."""
    if error.errno in _FULL or getattr(error, "winerror", None) in _WINDOWS_FULL:
        return DownloadError(
            "disk-full",
            _("The disk is full while writing {path}.").format(path=path),
            hint=_("Free some space on this drive, then run the same command again; it goes on where it stopped."),
            reach=Reach.ALL,
        )
    if error.errno == errno.EFBIG:
        return DownloadError(
            "download-file-too-large",
            _("This drive cannot hold a file as large as {path}.").format(path=path.name),
            cause=_("FAT32 ends at 4 GiB, and a quota can end earlier."),
            hint=_("Install to a drive with NTFS, exFAT, ext4 or APFS."),
            reach=Reach.ALL,
        )
    return DownloadError(
        "file-not-writable",
        _("{path} cannot be written or removed.").format(path=path),
        cause=error.strerror or str(error),
        hint=_("Close programs that use this folder, check your rights on it, then run the same command again."),
        reach=Reach.ALL,
    )


def too_little_space(path: Path, needed: int, free: int) -> DownloadError:
    """The rest of the file does not fit; said before the first byte."""
    return DownloadError(
        "disk-full",
        _("{path} needs {needed} MiB more, the drive has {free} MiB left.").format(
            path=path.name, needed=-(-needed >> 20), free=free >> 20
        ),
        hint=_("Free some space on this drive, then run the same command again; it goes on where it stopped."),
        reach=Reach.ALL,
    )


def cancelled() -> DownloadError:
    """Somebody asked to stop."""
    return DownloadError(
        "download-cancelled",
        _("The download was stopped."),
        hint=_("Run the same command again; it goes on where it stopped."),
        reach=Reach.ALL,
    )


def altered(host: str) -> DownloadError:
    """A body that was compressed on the way has neither the size nor the hash of the file."""
    return DownloadError(
        "download-altered",
        _("{host} sent the file compressed although it was asked not to.").format(host=host),
        cause=_("A proxy or an antivirus changes downloads on the way."),
    )


def no_such_range(host: str) -> DownloadError:
    """The host cannot go on where the partial file ends."""
    return DownloadError(
        "download-source-changed",
        _("{host} cannot go on where the download stopped: the file changed there.").format(host=host),
        reach=Reach.AGAIN,
    )


def changed(host: str, expected: int, got: int) -> DownloadError:
    """The file has another size than the one that was pinned."""
    return DownloadError(
        "download-source-changed",
        _("{host} has another file under this address: {got} bytes instead of {expected}.").format(
            host=host, expected=expected, got=got
        ),
        cause=_("The author replaced the file, or the host sends something else."),
    )


def wrong_hash(host: str, expected: str, got: str) -> DownloadError:
    """The content is not the one that was pinned."""
    return DownloadError(
        "download-hash-mismatch",
        _("The file from {host} is not the expected one.").format(host=host),
        cause=_("SHA-256 expected {expected}, got {got}.").format(expected=expected, got=got),
        hint=_("Run the same command again; if the same hash comes again, the file was replaced at the source."),
    )


def damaged_partial(name: str) -> DownloadError:
    """The disk does not give back what was written to it."""
    return DownloadError(
        "download-partial-damaged",
        _("What was on disk of {name} is damaged; it is fetched from the start.").format(name=name),
        cause=_("The computer was switched off while writing, or the disk is failing."),
        reach=Reach.AGAIN,
    )
