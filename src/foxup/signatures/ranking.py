"""Which of the troubles in a run is the cause: rank, what outranks what, what came last, what follows from what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from foxup.facts import Facts
from foxup.signatures.matcher import CompiledRule
from foxup.signatures.models import Signature
from foxup.signatures.runs import Line, Occurrences, Run


@dataclass(frozen=True, slots=True)
class Candidate:
    """A signature met in a run: where it counts, all lines kept, and whether it is only a try that was repeated."""

    signature: Signature
    lines: tuple[Line, ...]
    count: int

    @property
    def place(self) -> Line:
        """The first line within the last stretch in which it happened."""
        newest = self.lines[-1].incident
        return next(line for line in self.lines if line.incident == newest)

    @property
    def weak(self) -> bool:
        """Whether every line is a try that the program repeated by itself."""
        return all(line.weak for line in self.lines)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Candidates in three groups: causes most likely first, what only follows from them, and harmless lines."""

    causes: tuple[Candidate, ...]
    consequences: tuple[Candidate, ...]
    harmless: tuple[Candidate, ...]


def judge(run: Run, final: str, facts: Facts | None) -> Judgement:
    """Judge a run. `final` is the last line of the log; `facts` decide what a log alone leaves open."""
    candidates = _candidates(run, final, facts)
    harmless = tuple(item for item in candidates if item.signature.rank == 4)
    serious = [item for item in candidates if item.signature.rank < 4]
    serious = [item for item in serious if not item.weak or _confirmed(item, serious, run)]
    if not run.errors and all(item.signature.circumstance for item in serious):
        serious = []
    beaten = {name for item in serious for name in item.signature.outranks}
    ordered = sorted(
        (item for item in serious if item.signature.id not in beaten), key=lambda item: _order(item, serious)
    )
    specific = [item for item in ordered if item.signature.rank < 3]
    head = ordered[:1] if ordered and ordered[0].signature.rank == 3 else []
    causes = tuple(dict.fromkeys((*head, *specific))) or tuple(ordered)
    rest = tuple(
        item for item in (*ordered, *(item for item in serious if item.signature.id in beaten)) if item not in causes
    )
    return Judgement(causes, rest, harmless)


def _candidates(run: Run, final: str, facts: Facts | None) -> list[Candidate]:
    found: dict[str, list[Occurrences]] = {}
    for occurrences in run.hits.values():
        owner = occurrences.rule.owner
        if isinstance(owner, Signature) and _fits(occurrences.rule, facts):
            found.setdefault(owner.id, []).append(occurrences)
    result = []
    for group in found.values():
        lines = {line.number: line for item in group for line in item.lines if _holds(item.rule, line, run, final)}
        if lines:
            owner = group[0].rule.owner
            assert isinstance(owner, Signature)
            result.append(Candidate(owner, tuple(lines[n] for n in sorted(lines)), sum(item.count for item in group)))
    return result


def _holds(rule: CompiledRule, line: Line, run: Run, final: str) -> bool:
    """Whether what stands near the line lets the rule count."""
    if rule.rule.match_last and line.text[:200] != final[:200]:
        return False
    if not all(run.near(text, line.number) for text in rule.all):
        return False
    if rule.also and not any(run.near(text, line.number) for text in rule.also):
        return False
    return not any(run.near(text, line.number) for text in rule.without)


def _fits(rule: CompiledRule, facts: Facts | None) -> bool:
    """Whether the machine, as far as it is known, can have this trouble."""
    conditions = rule.rule
    if facts is None or not facts.gpus:
        return not conditions.needs_facts
    if conditions.gpu_vendor and all(gpu.vendor != conditions.gpu_vendor for gpu in facts.gpus):
        return False
    capabilities = [float(gpu.cc) for gpu in facts.gpus if gpu.cc]
    if not capabilities:
        return not conditions.needs_facts
    lowest, highest = conditions.gpu_min_cc or 0.0, conditions.gpu_max_cc or 99.0
    return any(lowest <= capability <= highest for capability in capabilities)


def _confirmed(item: Candidate, serious: Iterable[Candidate], run: Run) -> bool:
    """Whether a repeated try failed in the end: an error follows without a success between, or nothing follows."""
    newest = item.lines[-1]
    later = [line for other in serious if not other.weak for line in other.lines]
    if any(
        line.number >= newest.number and line.incident == newest.incident for line in (*later, *run.errors.values())
    ):
        return True
    return newest.incident == run.incident


def _order(item: Candidate, serious: Iterable[Candidate]) -> tuple[float, bool, int, int, int]:
    """Sort key: how specific, whether only a repeated try, latest stretch first, then the earliest line in it."""
    signature, place = item.signature, item.place
    tier = float(signature.rank)
    if signature.rank == 1 and signature.circumstance:
        tier = 1.2
    if signature.rank == 3 and signature.severity == "fatal" and not signature.wrapper:
        degraded = [other for other in serious if other.signature.rank == 2]
        if degraded and all(other.lines[-1].number < item.lines[-1].number for other in degraded):
            tier = 1.8  # what only limits the web UI did not end it
    return tier + signature.wrapper / 2, item.weak, -place.incident, place.number, place.column
