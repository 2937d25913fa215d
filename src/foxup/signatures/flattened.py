r"""A log that lost its line ends: a string of JSON or of a program with `\n` in it, or one long line of a chat."""

from __future__ import annotations

import json
import re
from functools import cache

from foxup.signatures.catalogue import load
from foxup.signatures.wrapped import Unwrapped

_ESCAPED = re.compile(r"\\(?:r\\n|(?P<end>n)|(?P<blank>[tr])|(?P<sign>[\"'\\/])|u(?P<code>[0-9a-fA-F]{4}))")
_QUOTED = re.compile(r"""^[\s{\[(]*(?:"[\w -]+":\s*)?[bu]?(?P<mark>["'])(?P<text>.*)(?P=mark)[\s}\]),;]*$""")
_BRACKETS = re.compile(r"^[\s{}\[\](),;]*$")
_ENOUGH = 3
"""Ends or beginnings of lines that show what the text was."""
_LONG = 300
"""Characters that a line has on the average, where the ends got lost."""


def restore(data: bytes) -> Unwrapped | None:
    """Give the text its lines back; None when it has them."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    written = [part for line in lines for part in line.split("\r") if not _BRACKETS.match(part)]  # a bar ends in CR
    ends = sum(line.count("\\n") for line in written)
    quoted = sum(_QUOTED.match(line) is not None for line in written)
    if quoted * 5 >= len(written) * 4 and (quoted >= _ENOUGH or (quoted and (ends or _is_json(data)))):
        texts = ("" if _BRACKETS.match(line) else _QUOTED.sub(r"\g<text>", line) for line in lines)
        return _numbered([_unescaped(text).split("\n") for text in texts])
    if ends >= max(_ENOUGH, len(written)) or (ends and _is_json(data)):
        return _numbered([_unescaped(line).split("\n") for line in lines])
    if sum(map(len, written)) < _LONG * max(1, len(written)):
        return None
    pieces = [_beginning().sub(r"\n\1", line).split("\n") for line in lines]
    return _numbered(pieces) if sum(map(len, pieces)) - len(lines) >= _ENOUGH else None


def _is_json(data: bytes) -> bool:
    if data.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def _numbered(pieces: list[list[str]]) -> Unwrapped:
    numbers = tuple(number for number, parts in enumerate(pieces, start=1) for _part in parts)
    text = "\n".join(part for parts in pieces for part in parts)
    return Unwrapped(text.encode("utf-8", "surrogateescape"), numbers, certain=True)


def _unescaped(line: str) -> str:
    return _ESCAPED.sub(_sign, line)


def _sign(match: re.Match[str]) -> str:
    if match["code"]:
        return chr(int(match["code"], 16))
    return match["sign"] or (" " if match["blank"] else "\n")


@cache
def _beginning() -> re.Pattern[str]:
    """Return what finds the words with which a line begins, and the blanks before them."""
    return re.compile(r"(?<!\s)\s++(" + "|".join(load().line_starts) + ")")
