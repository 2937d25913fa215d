"""Pickles run code when they are loaded: what they would run is looked at before they get their name."""

from __future__ import annotations

import logging
from pathlib import Path, PurePath

from foxup.i18n import _
from foxup.system.download.failures import DownloadError

_MOST_NAMED = 5
_STARTS = (b"PK\x03\x04", b"\x80")  # torch's zip form, and pickles since protocol 2: torch never wrote another


def scan(path: Path, name: str) -> None:
    """Refuse a pickle that would run something dangerous, or that cannot be read.

    The judgement is picklescan's. Raises DownloadError (`pickle-dangerous`, `pickle-unreadable`).
    """
    from picklescan.scanner import SafetyLevel, scan_bytes

    if not _begins_as_pickle(path):
        raise _unreadable(name, _("it does not begin as a pickle"))
    logger = logging.getLogger("picklescan")
    level, logger.disabled = logger.disabled, True
    try:
        with path.open("rb") as stream:
            result = scan_bytes(stream, name, PurePath(name).suffix.lower())
    except Exception as error:  # a scanner that stumbles has not cleared the file
        raise _unreadable(name, str(error)) from error
    finally:
        logger.disabled = level
    dangerous = sorted(
        {f"{found.module}.{found.name}" for found in result.globals if found.safety is SafetyLevel.Dangerous}
    )
    if dangerous or result.issues_count:
        raise _dangerous(name, dangerous)
    if result.scan_err:
        raise _unreadable(name, _("its structure is damaged or hidden"))


def _begins_as_pickle(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4).startswith(_STARTS)


def _dangerous(name: str, found: list[str]) -> DownloadError:
    return DownloadError(
        "pickle-dangerous",
        _("{name} would run code when it is loaded.").format(name=name),
        cause=_("Found by picklescan: {names}").format(names=", ".join(found[:_MOST_NAMED])),
        hint=_("Take the .safetensors form of this file. If you trust its author: --allow-dangerous-pickles"),
    )


def _unreadable(name: str, detail: str) -> DownloadError:
    return DownloadError(
        "pickle-unreadable",
        _("{name} could not be checked for dangerous code.").format(name=name),
        cause=detail,
        hint=_("Take the .safetensors form of this file. If you trust its author: --allow-dangerous-pickles"),
    )
