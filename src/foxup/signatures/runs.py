"""One file may hold several runs of the web UI; what happened in each is kept apart and in little memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from foxup.signatures.matcher import CompiledRule
from foxup.signatures.models import NEAR, Marker, Signature
from foxup.signatures.scanner import EXCEPTION, Event

_KEPT = 12
"""First and last occurrences kept of each rule, and lines kept of each error and context text."""
TEXT_LIMIT = 300
"""Characters shown of a line."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line a judgement rests on; `incident` counts the successes before it, `weak` marks a try to be repeated."""

    number: int
    text: str
    incident: int = 0
    column: int = 0
    weak: bool = False


@dataclass
class Occurrences:
    """Where a rule was met: the first and the last lines, and how many there were."""

    rule: CompiledRule
    first: list[Line] = field(default_factory=list)
    last: deque[Line] = field(default_factory=lambda: deque(maxlen=_KEPT))
    count: int = 0

    def add(self, line: Line) -> None:
        """Take a line in, once."""
        newest = self.last[-1] if self.last else None
        if newest and newest.number >= line.number:
            return
        self.count += 1
        if len(self.first) < _KEPT:
            self.first.append(line)
        self.last.append(line)

    @property
    def lines(self) -> list[Line]:
        """The kept lines in their order."""
        seen = {line.number: line for line in (*self.first, *self.last)}
        return [seen[number] for number in sorted(seen)]


@dataclass
class Run:
    """What happened between one start of the web UI and the next."""

    start: int = 1
    stage: int = 0
    incident: int = 0
    news: bool = False
    ended: bool = False
    hits: dict[int, Occurrences] = field(default_factory=dict)
    seen: dict[str, deque[int]] = field(default_factory=dict)
    errors: dict[int, Line] = field(default_factory=dict)
    advances: deque[int] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def near(self, text: str, line: int) -> bool:
        """Whether a text stands near a line."""
        return any(abs(number - line) <= NEAR for number in self.seen.get(text, ()))


class Runs:
    """Follows a log event by event."""

    def __init__(self, context: Iterable[str]) -> None:
        self.context = frozenset(context)
        self.current = Run()
        self.previous: Run | None = None
        self.count = 1

    def add(self, event: Event) -> None:
        """Take in one event."""
        markers = [rule.owner for rule in event.rules if isinstance(rule.owner, Marker)]
        kinds: set[str] = {marker.kind for marker in markers}
        if "words" in kinds:
            return
        stage = max((marker.stage for marker in markers if marker.kind == "start"), default=0)
        if self.current.ended or (stage and stage <= self.current.stage):
            self._begin(event.line)
        run = self.current
        run.stage = max(run.stage, stage)
        for text in self.context.intersection(event.found):
            run.seen.setdefault(text, deque(maxlen=4 * _KEPT)).append(event.line)
        self._hits(event, "retry" in kinds)
        self._errors(event, kinds)
        if "advance" in kinds or "ready" in kinds:
            run.incident += 1
            run.advances.append(event.line)
        run.news = run.news or "ready" in kinds
        run.ended = run.ended or "end" in kinds

    def verdict(self) -> Run:
        """Return the run to judge: the last one, or the one before if the last tells nothing yet."""
        if self.previous is None or self.current.news:
            return self.current
        return self.previous

    def _begin(self, line: int) -> None:
        if self.current.news:
            self.previous = self.current
        self.current = Run(start=line)
        self.count += 1

    def _hits(self, event: Event, weak: bool) -> None:
        rules = [rule for rule in event.rules if isinstance(rule.owner, Signature)]
        quiet = [rule for rule in rules if _quiets(rule)]
        for rule in quiet or rules:
            occurrences = self.current.hits.setdefault(id(rule), Occurrences(rule))
            line = Line(event.line, event.text[:TEXT_LIMIT], self.current.incident, _column(rule, event), weak)
            occurrences.add(line)
            self.current.news = self.current.news or rule.owner.rank < 4 or rule.rule.match_last  # type: ignore[union-attr]

    def _errors(self, event: Event, kinds: set[str]) -> None:
        if "quiet" in kinds or "retry" in kinds or any(_quiets(rule) for rule in event.rules):
            return
        if "error" in kinds or EXCEPTION in event.found:
            errors = self.current.errors
            errors[event.line] = Line(event.line, event.text[:TEXT_LIMIT], self.current.incident)
            self.current.news = True
            while len(errors) > 2 * _KEPT:
                del errors[list(errors)[_KEPT]]


def _quiets(rule: CompiledRule) -> bool:
    return isinstance(rule.owner, Signature) and rule.owner.rank == 4 and not rule.conditional


def _column(rule: CompiledRule, event: Event) -> int:
    """Where in the line the rule was met: of two causes in one line the first one named is the likelier."""
    low = event.text.lower()
    places = [low.find(text) for text in (" ".join(part.lower().split()) for part in rule.rule.match_any)]
    places += [match.start() for pattern in rule.patterns if (match := pattern.search(event.text))]
    return min((place for place in places if place >= 0), default=0)
