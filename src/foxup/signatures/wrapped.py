"""Text copied out of a console window, in which every line that reached the right edge was broken in two."""

from __future__ import annotations

from collections import Counter

_NARROWEST = 60
"""Columns; below it equal lengths are chance or banners."""
_ENOUGH = 3
"""Full lines that show that the text was broken."""


def unwrap(data: bytes) -> bytes:
    """Join broken lines again; empty when the text does not look broken.

    It does when no line is longer than some width and several are exactly that wide. Numbers of lines change, so this
    is only for a second look.
    """
    lines = [line.rstrip(b"\r") for line in data.split(b"\n")]
    widths = Counter(len(line.decode("utf-8", "replace")) for line in lines)
    widest = max(widths, default=0)
    if widest < _NARROWEST or widths[widest] < _ENOUGH:
        return b""
    joined = bytearray()
    for line in lines:
        joined += line
        if len(line.decode("utf-8", "replace")) < widest:
            joined += b"\n"
    return bytes(joined)
