"""Numbers as the outside world writes them: compute capabilities, drivers, versions of systems and interpreters."""

from __future__ import annotations

import re

Version = tuple[int, ...]
_WINDOWS_DRIVER_PARTS = 4


def capability(text: str | None) -> tuple[int, int] | None:
    """Read a compute capability such as `8.6`; None for anything else. A locale's decimal comma is accepted."""
    found = re.fullmatch(r"\s*(\d{1,2})[.,](\d)\s*", text or "")
    return (int(found[1]), int(found[2])) if found else None


def numbers(text: str | None) -> Version | None:
    """Read the leading dotted number of a version, without trailing zeros; None when there is none.

    `570.144` is newer than `570.26`: parts are numbers, not decimals.
    """
    found = re.search(r"\d+(?:\.\d+)*", text or "")
    if not found:
        return None
    parts = [int(part) for part in found[0].split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def driver(text: str | None) -> tuple[str, Version] | None:
    """Read an NVIDIA driver version as people write it, and as numbers; None when there is none.

    Windows keeps it in the last five digits of its own form: 32.0.15.6094 is 560.94. A version of the same form that is
    not NVIDIA's, such as Microsoft's 10.0.22621.1 for the stand-in driver, says nothing.
    """
    found = re.search(r"\d+(?:\.\d+)+|\d{3,}", text or "")
    if not found:
        return None
    shown = found[0]
    parts = shown.split(".")
    if len(parts) == _WINDOWS_DRIVER_PARTS:
        digits = "".join(parts[2:])[-5:]
        if len(parts[2]) > 2 or len(digits) < 5:
            return None
        shown = f"{digits[:3]}.{digits[3:]}"
    version = numbers(shown)
    return (shown, version) if version else None


def below(version: str | None, floor: str) -> bool:
    """Whether a known version lies below a floor; an unknown one does not."""
    have, want = numbers(version), numbers(floor)
    return bool(have and want and have < want)
