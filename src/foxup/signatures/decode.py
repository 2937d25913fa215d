"""Bytes of a console log to text: which encoding a line is in, and what a paste or a terminal added to it.

Python writes UTF-8 where cmd.exe writes the console's code page, so one file may hold both; the choice is made for each
line. Only lines that matter are decoded.
"""

from __future__ import annotations

import codecs
import html
import re

LINE_LIMIT = 4000
"""Characters of one line that are looked at; longer ones are progress bars or data."""

_ANSI = re.compile(r"(?:\x1b|\u2190|\^\[)\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*(?:\x07|$)|[\x00-\x08\x0b-\x1f\u200b\ufeff]")
_TAG = re.compile(r"</?(?:br|p|div|span|pre|code|li|blockquote)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_QUOTES = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u2032": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
        "\u00a0": " ", "\u2026": "...",
    }
)  # fmt: skip
_PREFIX = re.compile(
    r"""^(?:
        [\s>|`\u2502]+                                               # quoting, tables, code fences
      | (?:stdout|stderr):\s+                                        # what a command said, as the launcher repeats it
      | [\w.-]+\s+\|\s                                               # docker compose: 'webui-1  | '
      | \[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?[.,\d]*(?:Z|[+-]\d\d:?\d\d)?\]?\s+(?:-\s+)?
      | \[?\d\d:\d\d:\d\d[.,\d]*\]?\s*(?:-\s+)?
      | [A-Z][a-z]{2}\s+\d{1,2}\s\d\d:\d\d:\d\d\s\S+\s[^\s:]+:\s        # journald
    )+""",
    re.VERBOSE,
)
_LEGACY = ("cp866", "cp1251", "gbk", "cp932", "cp1252", "cp850")
_COMMON_RUSSIAN = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэф")


def sniff(head: bytes) -> str | None:
    """Return the encoding of a UTF-16 log, or None when its bytes can be searched as they are."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(head) < 4 or b"\x00" not in head:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 5 < len(head):  # fewer than two in five of one half are NUL: not UTF-16
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def is_utf8(raw: bytes) -> bool:
    """Whether the bytes are UTF-8 as far as they go (a character cut at either end is forgiven)."""
    try:
        raw.lstrip(bytes(range(0x80, 0xC0))).decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


def decode_line(raw: bytes, hints: tuple[str, ...] = ()) -> str:
    """Decode one line: UTF-8, else the code page whose text looks most like a language or holds a hint."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return max((raw.decode(name, "replace") for name in _LEGACY), key=lambda text: _likeness(text, hints))


def _likeness(text: str, hints: tuple[str, ...]) -> float:
    """Score a decoding: known sentences first, then letters as Russian has them; doubtful signs count against it."""
    low = text.lower()
    russian = sum(1 for char in text if char in _COMMON_RUSSIAN)
    odd = sum(1 for char in text if char == "\ufffd" or "\u2500" <= char <= "\u257f" or "\u0080" <= char <= "\u009f")
    exotic = sum(1 for char in text if char > "\u2e00" or "\u0400" <= char <= "\u040f" or "\u0450" <= char <= "\u04ff")
    return 1000 * any(hint in low for hint in hints) + russian - 2 * odd - exotic


def tidy(text: str) -> str:
    """Remove what terminals and forums add: colour codes, typographic quotes, entities, runs of blanks."""
    text = _ANSI.sub("", text[:LINE_LIMIT]).translate(_QUOTES)
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub("", text)
    return " ".join(text.split())


def body(line: str) -> str:
    """Return a tidied line without quoting marks and time stamps before it."""
    return _PREFIX.sub("", line)
