"""Text copied out of a console window, in which every line that reached the right edge was broken in two."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

_NARROWEST, _WIDEST = 60, 250
"""Columns; below, equal lengths are chance or banners, above, lines that repeat themselves."""
_ENOUGH = 3
"""Full lines that show that the text was broken, at a width that no console has from the start."""
_WINDOWS = frozenset((80, 100, 120))
"""Columns of a console as Windows opens it; there one full line is enough."""
_QUOTE = re.compile(r"^(?:[>|] ?)+")


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The text with its broken lines joined, and for each joined line the number of its first piece.

    `certain`: the width is that of a console, and many lines reach it.
    """

    data: bytes
    numbers: tuple[int, ...]
    certain: bool


def unwrap(data: bytes) -> Unwrapped | None:
    """Join broken lines again; None when the text does not look broken.

    It does when no line is longer than some width and several are exactly that wide.
    """
    lines = _unquoted([line.rstrip("\r") for line in data.decode("utf-8", "surrogateescape").split("\n")])
    lengths = [len(line.rstrip()) for line in lines]
    widths = Counter(lengths)
    widest = max(widths, default=0)
    full, console = widths[widest], widest in _WINDOWS
    if not _NARROWEST <= widest <= _WIDEST or full < (1 if console else _ENOUGH):
        return None
    joined: list[str] = []
    numbers: list[int] = []
    going_on = False
    for number, (line, length) in enumerate(zip(lines, lengths, strict=True), start=1):
        if going_on:
            joined[-1] += line
        else:
            joined.append(line)
            numbers.append(number)
        going_on = length == widest
    return Unwrapped("\n".join(joined).encode("utf-8", "surrogateescape"), tuple(numbers), console and full >= _ENOUGH)


def _unquoted(lines: list[str]) -> list[str]:
    """Take the quoting marks off when every line has them; their width is no part of the window's."""
    marks = [match[0] if (match := _QUOTE.match(line)) else "" for line in lines if line.strip()]
    return [_QUOTE.sub("", line) for line in lines] if marks and all(marks) else lines
