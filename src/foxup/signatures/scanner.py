"""From blocks of bytes to the lines that mean something, in one pass.

Most of a log repeats itself but for its numbers: progress bars, requests, warnings. Each line is folded (small letters,
one digit for all) and looked up; only lines not seen before are searched for a few dozen short words, all at once, and
only those that hold one are cleaned and compared with the catalogue.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from foxup.signatures.decode import LINE_LIMIT, LineDecoder, body, is_utf8, tidy
from foxup.signatures.matcher import FOREIGN, CompiledRule, Matcher
from foxup.signatures.models import Marker
from foxup.signatures.reader import Block

_LEGACY_TEXT = re.compile(rb"[\x80-\xda\xdc-\xff]{4,}")
"""Words in a one-byte code page; DB is the block of progress bars in cp866."""
_BAR = re.compile(r"\d%\||\b\d+/\d+ \[\d+:\d\d<")
"""A progress bar of tqdm."""
_FOLD = bytes(ord("0") if chr(code).isdigit() and code < 128 else code for code in bytes(range(256)).lower())
"""Small letters, and one digit for all: lines that differ in numbers only need to be searched once."""
_CACHE = 20_000
_LOOK_BACK = 6
_LOOK_AHEAD = 400
_Matched = tuple[str, tuple[str, ...], tuple[CompiledRule, ...]]
EXCEPTION = "<exception>"
"""Stands among the fragments of an event that is the last line of a traceback."""


@dataclass(frozen=True, slots=True)
class Event:
    """A line that means something: its number, its clean text, the fragments in it and the rules it meets."""

    line: int
    text: str
    found: tuple[str, ...]
    rules: tuple[CompiledRule, ...]


_NOTHING = b" \t\r\n`"
"""Blanks, and the fence that closes a pasted log."""


class Scanner:
    """Finds the events of one log. `lines` counts what was read, `final` is the last line that says something."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self.lines = 0
        self.final = ""
        self._decoder = LineDecoder(matcher.foreign)
        self._anchors: dict[bytes, tuple[str, ...]] = {}
        for anchor, texts in matcher.anchors.items():  # some differ in a number only
            folded = anchor.translate(_FOLD)
            self._anchors[folded] = (*self._anchors.get(folded, ()), *texts)
        self._seen: dict[bytes, frozenset[str]] = {}
        self._cache: dict[bytes, _Matched] = {}
        self._uncommon: dict[bytes, _Matched] = {}

    def events(self, block: Block) -> Iterator[Event]:
        """Yield the events of a block in their order."""
        segments = _segments(block)
        if len(self._seen) > _CACHE:
            self._seen.clear()
        self._learn({text for _, _, text in segments if text not in self._seen})
        for number, start, text in segments:
            texts = self._seen[text]
            if texts:
                yield from self._examine(block, number, start, start + len(text), texts)
        tail = block.data[block.start :].rstrip(_NOTHING)
        if tail:
            self.final = self._clean(tail[max(tail.rfind(b"\n"), tail.rfind(b"\r")) + 1 :][-LINE_LIMIT:])
        self.lines = block.line + block.data.count(b"\n", block.start) - block.data.endswith(b"\n")

    def _learn(self, new: set[bytes]) -> None:
        """Note for each folded line which fragments it may hold, by searching all of them at once for the anchors."""
        lines = list(new)
        joined = b"\n".join(lines)
        ends = list(accumulate(len(line) + 1 for line in lines))
        found: dict[int, set[str]] = {}
        for anchor, texts in self._anchors.items():
            at = joined.find(anchor)
            while at >= 0:
                index = bisect_right(ends, at)
                found.setdefault(index, set()).update(texts)
                at = joined.find(anchor, ends[index])
        for index, line in enumerate(lines):
            held = frozenset(found.get(index, ()))
            if not line.isascii() and not is_utf8(line) and _LEGACY_TEXT.search(line):
                held = held | {FOREIGN}
            self._seen[line] = held

    def _examine(self, block: Block, number: int, start: int, end: int, texts: frozenset[str]) -> Iterator[Event]:
        raw = block.data[start:end]
        known = self._cache.get(raw)
        if known is None:
            known = self._match(raw, texts)
            if len(self._cache) < _CACHE:
                self._cache[raw] = known
        text, found, rules = known
        if any(rule.before for rule in rules):
            before = self._before(block, start)
            rules = tuple(rule for rule in rules if not rule.before or any(part in before for part in rule.before))
        if not found:
            return
        yield Event(number, text, found, rules)
        if any(isinstance(rule.owner, Marker) and rule.owner.kind == "traceback" for rule in rules):
            yield from self._exception(block, number, end, raw)

    def _match(self, raw: bytes, texts: Iterable[str]) -> _Matched:
        text = self._clean(raw)
        found = self._within(texts, text)
        repaired = self.matcher.repaired(self._decoder.decode(raw), found)
        if repaired is not None:
            text = repaired
            found = tuple({*found, *self.matcher.foreign.within(text.lower())})
        return text, found, tuple(self.matcher.rules(body(text), found)) if found else ()

    def _within(self, texts: Iterable[str], line: str) -> tuple[str, ...]:
        low = line.lower()
        found = tuple(text for text in texts if text in low)
        return (*found, *self.matcher.foreign.within(low)) if FOREIGN in texts else found

    def _clean(self, raw: bytes) -> str:
        return tidy(self._decoder.decode(raw))

    def _before(self, block: Block, start: int) -> str:
        """Return, in lower case, the last line above that says something."""
        lines = block.data[max(0, start - 2048) : start].replace(b"\r", b"\n").split(b"\n")
        for raw in [line for line in reversed(lines) if line.strip()][:_LOOK_BACK]:
            text, _, rules = self._full(raw)
            if not _BAR.search(text) and not any(
                isinstance(rule.owner, Marker) and rule.owner.kind == "skip" for rule in rules
            ):
                return text.lower()
        return ""

    def _exception(self, block: Block, number: int, end: int, header: bytes) -> Iterator[Event]:
        """Yield the line that ends a traceback: the first one that is not indented deeper than its header."""
        data = block.data
        for step in range(1, _LOOK_AHEAD):
            begin, end = end + 1, data.find(b"\n", end + 1)
            if end < 0:
                end = len(data)
            raw = data[begin : min(end, begin + LINE_LIMIT)]
            if raw.strip() and not _deeper(raw, header):
                text, found, rules = self._full(raw)
                yield Event(number + step, text, (*found, EXCEPTION), rules)
                return
            if end >= len(data):
                break
        if block.last:
            yield Event(number, self._clean(header), (EXCEPTION,), ())

    def _full(self, raw: bytes) -> _Matched:
        """Match a line that no anchor has picked against everything."""
        known = self._uncommon.get(raw)
        if known is None:
            known = self._match(raw, set(self.matcher.texts))
            if len(self._uncommon) < _CACHE:
                self._uncommon[raw] = known
        return known


def _segments(block: Block) -> list[tuple[int, int, bytes]]:
    """Split what is new in a block: line number, place, folded text. A carriage return ends one, long ones are cut."""
    result: list[tuple[int, int, bytes]] = []
    number, position = block.line, block.start
    for row in block.data[block.start :].translate(_FOLD).split(b"\n"):
        if b"\r" in row or len(row) > LINE_LIMIT:
            result.extend((number, position + offset, text) for offset, text in _pieces(row))
        elif row:
            result.append((number, position, row))
        position += len(row) + 1
        number += 1
    return result


def _pieces(row: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    for part in row.split(b"\r"):
        for cut in range(0, len(part), LINE_LIMIT):
            yield start + cut, part[cut : cut + LINE_LIMIT]
        start += len(part) + 1


def _deeper(raw: bytes, header: bytes) -> bool:
    """Whether a line belongs to the body of a traceback: further in than its header, also behind a time stamp."""
    column = max(header.find(b"Traceback"), 0)
    return _indent(raw) > _indent(header) or raw[column : column + 1].isspace()


def _indent(raw: bytes) -> int:
    """Blanks and quoting marks before the text."""
    return len(raw) - len(raw.lstrip(b" \t>|"))
