"""Findings: the one thing that the installer's gate, the doctor, the verifier and `explain` all produce."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a finding matters, most first."""

    BLOCKER = "blocker"  # the plan cannot proceed before this is put right
    ERROR = "error"  # something is broken or wrong
    WARNING = "warning"  # it works, with a limit the person should know
    ACTION = "action"  # something to do, by foxup or by the person
    INFO = "info"  # worth saying, nothing to do


class Outcome(StrEnum):
    """How one check ended."""

    OK = "ok"
    PROBLEM = "problem"
    NOT_APPLICABLE = "not applicable"
    SKIPPED = "skipped"
    COULD_NOT_CHECK = "could not check"


@dataclass(frozen=True, slots=True)
class Finding:
    """A judged difference between facts and profile, or a known trouble.

    `code` is stable English with dashes (glossary of the plan, ids of the failure catalogue). `message`, `cause` and
    `remedy` are sentences in the person's language; `commands` are exact command lines; `fixed_by` is the id of the
    step that repairs it, when one can.
    """

    code: str
    severity: Severity
    message: str
    cause: str = ""
    remedy: str = ""
    commands: tuple[str, ...] = ()
    fixed_by: str | None = None

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form whose keys other programs rely on."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "message": self.message,
            "cause": self.cause,
            "remedy": self.remedy,
            "commands": list(self.commands),
            "fixed_by": self.fixed_by,
        }


def codes(findings: Iterable[Finding], severity: Severity | None = None) -> list[str]:
    """Return the codes of the findings of one severity, or of all, in their order."""
    return [finding.code for finding in findings if severity in (None, finding.severity)]
