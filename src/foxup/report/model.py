"""The one model every report is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foxup.finding import Finding
    from foxup.pictures.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One generation parameter on both sides; None means: not stated."""

    key: str
    expected: str | None
    actual: str | None
    differs: bool = False


@dataclass(frozen=True, slots=True)
class FileRow:
    """One model file: what should lie there and what does. `right` is None when it was not checked."""

    role: str
    name: str
    expected_sha256: str | None = None
    sha256: str | None = None
    size: int | None = None
    right: bool | None = None


@dataclass(frozen=True, slots=True)
class PictureItem:
    """One picture inside the report. `id` is reference, generated or difference; `address` a data: address."""

    id: str
    label: str
    alt: str
    address: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Report:
    """One verified reference.

    `created` is an ISO 8601 time, `version` foxup's; `sentence` the verdict for people; `proven` whether the profile
    accepts it; `machine` and `settings` are pairs of a name and what it is, chosen by the caller without personal data.
    """

    command: str
    profile: str
    reference_id: str
    reference_title: str
    created: str
    version: str
    verdict: Verdict
    sentence: str
    proven: bool
    metrics: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    parameters: tuple[ParameterRow, ...] = ()
    files: tuple[FileRow, ...] = ()
    machine: tuple[tuple[str, str], ...] = ()
    pictures: tuple[PictureItem, ...] = ()
    seconds: float = 0.0

    def picture(self, item_id: str) -> PictureItem | None:
        """Return a picture by id, or None."""
        return next((item for item in self.pictures if item.id == item_id), None)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form, without the pictures themselves."""
        return {
            "command": self.command,
            "profile": self.profile,
            "reference": self.reference_id,
            "created": self.created,
            "version": self.version,
            "verdict": str(self.verdict),
            "proven": self.proven,
            "metrics": dict(self.metrics),
            "explanation": [finding.to_document() for finding in self.findings],
            "parameters": [
                {"key": row.key, "expected": row.expected, "actual": row.actual, "differs": row.differs}
                for row in self.parameters
            ],
            "files": [
                {"role": row.role, "name": row.name, "sha256": row.sha256, "size": row.size, "right": row.right}
                for row in self.files
            ],
            "machine": dict(self.machine),
            "seconds": self.seconds,
        }
