"""Bytes of a console log to text: which encoding a line is in, and what a paste or a terminal added to it.

Python writes UTF-8 where cmd.exe writes the console's code page, so one file may hold both; the choice is made for each
line. Only lines that matter are decoded.
"""

from __future__ import annotations

import codecs
import html
import re
from collections import Counter

from foxup.signatures.phrases import Phrases

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
_CYRILLIC = 4
"""The upper byte of Russian letters in UTF-16; no text in another encoding holds it."""
_VOTES = 500
"""Lines of which nine in ten must agree on a code page."""
_LEGACY = ("cp866", "cp1251", "gbk", "cp932", "cp1252", "cp850")
_CONTROL = bytes([*range(1, 7), *range(0x0E, 0x1B), *range(0x1C, 0x20)])
_RUSSIAN_LETTERS = re.compile("[оеаинтсрвлкмдпуяыьгзбчйхжшюцщэф]")
_ODD = re.compile("[\ufffd\u2500-\u257f\u0080-\u009f]")
_EXOTIC = re.compile("[\u2e01-\U0010ffff\u0400-\u040f\u0450-\u04ff]")


def sniff(head: bytes) -> str | None:
    """Return the encoding of a UTF-16 log, or None when its bytes can be searched as they are."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = head.rstrip(b"\x00")  # what a machine that crashed leaves behind the last line
    if len(head) < 4 or b"\x00" not in head:
        return None
    even, odd = (half.count(0) + half.count(_CYRILLIC) for half in (head[0::2], head[1::2]))
    if max(even, odd) * 5 < len(head):  # fewer than two in five of one half are the upper byte of a letter: not UTF-16
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def is_utf8(raw: bytes) -> bool:
    """Whether the bytes are UTF-8 as far as they go (a character cut at either end is forgiven)."""
    try:
        raw.lstrip(bytes(range(0x80, 0xC0))).decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


class LineDecoder:
    """Decodes lines: UTF-8, else the code page whose text looks most like a language or holds a hint.

    A log has one code page beside UTF-8: once many lines agree on it, the others are not tried any more.
    """

    def __init__(self, hints: Phrases) -> None:
        self._hints = hints
        self._votes: Counter[str] = Counter()
        self._settled: str | None = None

    def decode(self, raw: bytes) -> str:
        """Return the text of one line."""
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode(self._settled or self._chosen(raw), "replace")

    def _chosen(self, raw: bytes) -> str:
        if (len(raw) - len(raw.translate(None, _CONTROL))) * 20 > len(raw):
            return _LEGACY[-1]  # a program's data amid the log: no code page makes words of it
        best = max(_LEGACY, key=lambda name: _likeness(raw.decode(name, "replace"), self._hints))
        self._votes[best] += 1
        votes = self._votes.total()
        if votes >= _VOTES and self._votes[best] * 10 >= votes * 9:
            self._settled = best
        return best


def _likeness(text: str, hints: Phrases) -> float:
    """Score a decoding: known sentences first, then letters as Russian has them; doubtful signs count against it."""
    russian, odd = len(_RUSSIAN_LETTERS.findall(text)), len(_ODD.findall(text))
    known = bool(hints.within(text.lower()))
    return 1000 * known + russian - 2 * odd - len(_EXOTIC.findall(text))


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
