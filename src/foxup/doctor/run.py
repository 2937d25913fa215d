"""Running checks: each one's outcome, a crash of one is a result like any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from foxup.doctor.case import Case, Judge, NotApplicable
from foxup.doctor.checks import JUDGES
from foxup.doctor.texts import CheckModel, checks
from foxup.errors import FoxupError, UsageError
from foxup.finding import Finding, Outcome, Severity
from foxup.i18n import _, pick

BROKEN = (Severity.BLOCKER, Severity.ERROR)
"""Severities by which something does not work; a limit to live with is less."""
_TRUST = "git.trust"
"""A repair of git's own settings, whatever web UI it is."""
_PROBLEMS = (*BROKEN, Severity.WARNING)


@dataclass(frozen=True, slots=True)
class Result:
    """What one check gave; `reason` says why it could not be made or did not apply."""

    check: CheckModel
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reason: str = ""

    @property
    def broken(self) -> bool:
        """Whether something does not work."""
        return any(finding.severity in BROKEN for finding in self.findings)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "id": self.check.id,
            "title": pick(self.check.title.model_dump()),
            "outcome": str(self.outcome),
            "slow": self.check.slow,
            "reason": self.reason,
            "findings": [finding.code for finding in self.findings],
        }


def examine(case: Case, only: Iterable[str] = (), judges: Mapping[str, Judge] = JUDGES) -> tuple[Result, ...]:
    """Make the checks named, or all; quick ones first. Raises UsageError (`check-unknown`)."""
    chosen = select(only)
    return tuple(_one(check, case, judges[check.id]) for check in sorted(chosen, key=lambda check: check.slow))


def select(only: Iterable[str]) -> list[CheckModel]:
    """Return the checks meant: ids, or the first part of ids for a whole group. Raises UsageError (`check-unknown`)."""
    wanted = list(only)
    known = {check.id for check in checks()} | {check.id.partition(".")[0] for check in checks()}
    for name in wanted:
        if name not in known:
            raise UsageError(
                "check-unknown",
                _("There is no check {name}.").format(name=name),
                hint="foxup doctor --list",
            )
    return [check for check in checks() if not wanted or {check.id, check.id.partition(".")[0]} & set(wanted)]


def _repairable(case: Case, check: CheckModel, finding: Finding) -> Finding:
    """Return a finding without our repair where the steps would put one web UI's parts into another."""
    if case.stranger is None or finding.fixed_by in {None, _TRUST}:
        return finding
    by_hand = _(
        "foxup changes nothing in {name}: put it right by hand, or start it once with its own script, which makes "
        "what is missing."
    ).format(name=case.stranger)
    remedy = finding.remedy if check.part == "logs" else by_hand
    return replace(finding, fixed_by=None, remedy=remedy, commands=())


def _one(check: CheckModel, case: Case, judge: Judge) -> Result:
    if check.part in case.state.skipped:
        return Result(check, Outcome.SKIPPED, reason=_("Left out as asked."))
    if check.part in case.state.failures:
        return Result(check, Outcome.COULD_NOT_CHECK, reason=case.state.failures[check.part])
    try:
        found = tuple(_repairable(case, check, item) for item in judge(case))
    except NotApplicable as answer:
        return Result(check, Outcome.NOT_APPLICABLE, reason=str(answer))
    except FoxupError as error:
        return Result(check, Outcome.COULD_NOT_CHECK, reason=" ".join(filter(None, (error.message, error.cause))))
    except Exception as error:  # noqa: BLE001 - a check that crashes must not take the others along
        return Result(check, Outcome.COULD_NOT_CHECK, reason=f"{type(error).__name__}: {error}")
    problem = any(finding.severity in _PROBLEMS for finding in found)
    return Result(check, Outcome.PROBLEM if problem else Outcome.OK, found)
