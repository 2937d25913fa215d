"""What comparing two pictures says. No numpy here, so that reports can read it without the cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foxup.finding import Finding


class Verdict(StrEnum):
    """How a generated picture stands to its reference (docs/reference/verdict-codes.md)."""

    IDENTICAL = "identical"
    SAME = "same"
    DRIFTED = "drifted"
    DIFFERENT = "different"
    BROKEN = "broken"
    UNCONFIRMED = "unconfirmed"  # said by the verifier when there is no reference picture


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, every number it rests on, and what the pixels alone name as its cause, most likely first.

    `against` is picture or fingerprint. `doubtful` is set where the layout score lies close to the border between
    drifted and different. `kept` is the map of layout blocks, rows of 0..1, for the report; empty without one.
    """

    verdict: Verdict
    metrics: Mapping[str, float] = field(default_factory=dict)
    causes: tuple[Finding, ...] = ()
    against: str = "picture"
    doubtful: bool = False
    kept: tuple[tuple[float, ...], ...] = ()

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form of `foxup compare`."""
        return {
            "verdict": str(self.verdict),
            "metrics": dict(self.metrics),
            "explanation": [finding.to_document() for finding in self.causes],
            "against": self.against,
            "doubtful": self.doubtful,
        }
