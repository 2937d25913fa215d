"""From blocks of bytes to the lines that mean something, in one pass.

Most of a log is progress bars. The lines worth decoding are found by searching the raw bytes for a few dozen short
words (bytes.find runs at memory speed); only those lines are cleaned and compared with the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from foxup.signatures.decode import LINE_LIMIT, body, decode_line, is_utf8, tidy
from foxup.signatures.matcher import CompiledRule, Matcher
from foxup.signatures.models import Marker
from foxup.signatures.reader import Block

_LEGACY_TEXT = re.compile(rb"[\x80-\xda\xdc-\xff]{4,}")
"""Words in a one-byte code page; DB is the block of progress bars in cp866."""
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


class Scanner:
    """Finds the events of one log. `lines` counts what was read, `final` is the last line that is not blank."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self.lines = 0
        self.final = ""
        self._cache: dict[bytes, _Matched] = {}
        self._uncommon: dict[bytes, _Matched] = {}

    def events(self, block: Block) -> Iterator[Event]:
        """Yield the events of a block in their order."""
        number, position = block.line, block.start
        for start, end, texts in self._candidates(block):
            number += block.data.count(b"\n", position, start)
            position = start
            yield from self._examine(block, number, start, end, texts)
        tail = block.data[block.start :].rstrip()
        if tail:
            self.final = self._clean(tail[max(tail.rfind(b"\n"), tail.rfind(b"\r")) + 1 :][-LINE_LIMIT:])
        self.lines = block.line + block.data.count(b"\n", block.start) - block.data.endswith(b"\n")

    def _candidates(self, block: Block) -> list[tuple[int, int, set[str]]]:
        """Return start, end and possible fragments of each line that holds an anchor."""
        found: dict[tuple[int, int], set[str]] = {}
        low = block.data.lower()
        for anchor, texts in self.matcher.anchors.items():
            at = low.find(anchor, block.start)
            while at >= 0:
                span = _span(low, at, block.start)
                found.setdefault(span, set()).update(texts)
                at = low.find(anchor, max(span[1], at + 1))
        if not is_utf8(block.data[block.start :]):
            hints = self.matcher.hints
            for match in _LEGACY_TEXT.finditer(low, block.start):
                found.setdefault(_span(low, match.start(), block.start), set()).update(hints)
        return [(start, end, found[start, end]) for start, end in sorted(found)]

    def _examine(self, block: Block, number: int, start: int, end: int, texts: set[str]) -> Iterator[Event]:
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

    def _match(self, raw: bytes, texts: set[str]) -> _Matched:
        text = self._clean(raw)
        low = text.lower()
        found = tuple(part for part in texts if part in low)
        return text, found, tuple(self.matcher.rules(body(text), found)) if found else ()

    def _clean(self, raw: bytes) -> str:
        return tidy(decode_line(raw, self.matcher.hints))

    def _before(self, block: Block, start: int) -> str:
        """Return, in lower case, the last line above that says something."""
        lines = block.data[max(0, start - 2048) : start].replace(b"\r", b"\n").split(b"\n")
        for raw in [line for line in reversed(lines) if line.strip()][:_LOOK_BACK]:
            text, _, rules = self._full(raw)
            if not any(isinstance(rule.owner, Marker) and rule.owner.kind == "skip" for rule in rules):
                return text.lower()
        return ""

    def _exception(self, block: Block, number: int, end: int, header: bytes) -> Iterator[Event]:
        """Yield the line that ends a traceback: the first one that is not indented deeper than its header."""
        indent, data = _indent(header), block.data
        for step in range(1, _LOOK_AHEAD):
            begin, end = end + 1, data.find(b"\n", end + 1)
            if end < 0:
                end = len(data)
            raw = data[begin : min(end, begin + LINE_LIMIT)]
            if raw.strip() and _indent(raw) <= indent:
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


def _span(data: bytes, at: int, floor: int) -> tuple[int, int]:
    """Return start and end of the line around a position; a carriage return ends a line, too long ones are cut."""
    low = max(floor, at - LINE_LIMIT)
    start = max(data.rfind(b"\n", low, at), data.rfind(b"\r", low, at)) + 1 or low
    high = min(len(data), at + LINE_LIMIT)
    ends = [end for end in (data.find(b"\n", at, high), data.find(b"\r", at, high)) if end >= 0]
    return max(start, floor), min(ends, default=high)


def _indent(raw: bytes) -> int:
    """Blanks and quoting marks before the text."""
    return len(raw) - len(raw.lstrip(b" \t>|"))
