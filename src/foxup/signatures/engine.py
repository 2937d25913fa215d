"""`explain` for console logs: what happened, why, and what to do."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from foxup.facts import Facts
from foxup.finding import Finding
from foxup.signatures.catalogue import load, to_finding
from foxup.signatures.flattened import restore
from foxup.signatures.matcher import Matcher
from foxup.signatures.ranking import Candidate, Judgement, judge
from foxup.signatures.reader import BLOCK, blocks
from foxup.signatures.runs import Line, Run, Runs
from foxup.signatures.scanner import Scanner
from foxup.signatures.wrapped import unwrap

_SHOWN = 4
"""Lines shown of each finding."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line of the log, counted from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class LogDiagnosis:
    """What a log says.

    `findings` hold the causes, most likely first; `consequences` what only follows from them; `harmless` what looks
    bad and is not. `evidence` gives the lines by code. `unexplained` are error lines that no signature knows.
    `healthy`: nothing is wrong; `known`: something is wrong and it is known, or nothing is wrong.
    """

    findings: tuple[Finding, ...]
    consequences: tuple[Finding, ...]
    harmless: tuple[Finding, ...]
    evidence: dict[str, tuple[Evidence, ...]]
    unexplained: tuple[Evidence, ...]
    runs: int
    lines: int
    healthy: bool
    known: bool

    @property
    def empty(self) -> bool:
        """Whether there was nothing to read."""
        return self.lines == 0

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form for `data`."""
        return {
            "healthy": self.healthy,
            "known": self.known,
            "lines": self.lines,
            "runs": self.runs,
            "consequences": [finding.code for finding in self.consequences],
            "harmless": [finding.code for finding in self.harmless],
            "evidence": {code: [_document(item) for item in items] for code, items in self.evidence.items()},
            "unexplained": [_document(item) for item in self.unexplained],
        }


def explain_log(source: str | Path | bytes | BinaryIO, facts: Facts | None = None) -> LogDiagnosis:
    """Explain a console log: a path, its bytes, or an open binary stream.

    `facts` of the machine decide between causes that a log cannot tell apart. Raises OSError when a path cannot be
    read.
    """
    if isinstance(source, (str, Path)):
        with Path(source).open("rb") as file:
            return explain_log(file, facts)
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    head = stream.read(BLOCK)
    more = stream.read(BLOCK) if len(head) == BLOCK else b""
    if more:
        return _explain(_Joined(head + more, stream), facts)
    diagnosis = _explain(io.BytesIO(head), facts)
    whole = restore(head) or unwrap(head)
    if whole is None:
        return diagnosis
    second = _explain(io.BytesIO(whole.data), facts)
    if not (second.findings or second.healthy or whole.certain):
        return diagnosis
    if second.healthy and diagnosis.findings and not whole.certain:
        return diagnosis
    return _renumbered(second, whole.numbers, diagnosis.lines)


@cache
def matcher() -> Matcher:
    """Return the compiled catalogue that ships with foxup."""
    return Matcher(load())


class _Joined(io.RawIOBase):
    """A stream with what was already read put back before it."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._rest.read(size)
        piece, self._head = self._head[:size], self._head[size:]
        return piece


def _explain(stream: BinaryIO | _Joined, facts: Facts | None) -> LogDiagnosis:
    scanner, runs = Scanner(matcher()), Runs(matcher().context)
    for block in blocks(stream):  # type: ignore[arg-type]
        for event in scanner.events(block):
            runs.add(event)
    run = runs.verdict()
    return _diagnosis(judge(run, scanner.final, facts), run, runs.count, scanner.lines)


def _diagnosis(judgement: Judgement, run: Run, runs: int, lines: int) -> LogDiagnosis:
    causes, rest, harmless = judgement.causes, judgement.consequences, judgement.harmless
    healthy = not causes and not run.errors
    return LogDiagnosis(
        findings=_findings(causes),
        consequences=_findings(rest),
        harmless=_findings(harmless),
        evidence={item.signature.id: _evidence(item.lines) for item in (*causes, *rest, *harmless)},
        unexplained=() if any(item.signature.rank < 3 for item in causes) else _evidence(run.errors.values()),
        runs=runs,
        lines=lines,
        healthy=healthy,
        known=healthy or bool(causes),
    )


def _renumbered(diagnosis: LogDiagnosis, numbers: Sequence[int], lines: int) -> LogDiagnosis:
    """Return the diagnosis of joined lines with the numbers that the lines have in the file."""

    def at(items: Iterable[Evidence]) -> tuple[Evidence, ...]:
        return tuple(replace(item, line=numbers[min(item.line, len(numbers)) - 1]) for item in items)

    evidence = {code: at(items) for code, items in diagnosis.evidence.items()}
    return replace(diagnosis, evidence=evidence, unexplained=at(diagnosis.unexplained), lines=lines)


def _findings(candidates: Iterable[Candidate]) -> tuple[Finding, ...]:
    return tuple(to_finding(item.signature) for item in candidates)


def _evidence(lines: Iterable[Line]) -> tuple[Evidence, ...]:
    """Return the first and the last lines, a few in all."""
    shown = [Evidence(line.number, line.text) for line in lines]
    return tuple(shown if len(shown) <= _SHOWN else shown[: _SHOWN // 2] + shown[-_SHOWN // 2 :])


def _document(item: Evidence) -> dict[str, Any]:
    return {"line": item.line, "text": item.text}
