"""What is asked of a verification, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from foxup.finding import Finding, Severity
from foxup.profile import ReferenceModel
from foxup.receipt import Checks

if TYPE_CHECKING:
    from foxup.pictures.evidence import FileEvidence
    from foxup.pictures.verdict import Judgement
    from foxup.verify.trials import Trial


@dataclass(frozen=True, slots=True)
class Asked:
    """How to verify.

    `published` is a picture to compare with instead of the reference's own, `source` one for img2img to start from,
    `changes` are parameters of the request by name. `repin` accepts a published picture that is not the first one.
    `trials` tries single changes where the picture is not as published. `like` is a picture of the person's to explain:
    the reference is generated as prescribed and changed until that one comes out.
    """

    published: Path | None = None
    source: Path | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    offline: bool = False
    repin: bool = False
    trials: bool = False
    like: Path | None = None

    @property
    def as_it_is(self) -> bool:
        """Whether the result says something of the install itself."""
        return not self.changes and self.published is None and self.source is None and self.like is None


@dataclass(frozen=True, slots=True)
class Source:
    """The picture img2img started from: of which reference (empty for a given file), from where, and its file."""

    reference: str
    origin: Literal["published", "generated", "given"]
    path: Path


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying one reference gave. `generated` and `published` are files, None where there is none."""

    reference: ReferenceModel
    verdict: str
    explanation: tuple[Finding, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    judgement: Judgement | None = None
    generated: Path | None = None
    published: Path | None = None
    source: Source | None = None
    infotext: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None
    seconds: float = 0.0
    files: tuple[FileEvidence, ...] = ()
    checks: Checks | None = None
    """What the web UI and its torch said of themselves when it started for this."""
    trials: tuple[Trial, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether the verdict is one the profile accepts and no error was found beside it."""
        wrong = any(finding.severity in (Severity.ERROR, Severity.BLOCKER) for finding in self.explanation)
        return self.verdict in self.reference.tolerance.proven and not wrong

    @property
    def against(self) -> str | None:
        """What the verdict rests on: `picture`, `fingerprint`, or None."""
        compared = self.judgement is not None and self.verdict != "unconfirmed"
        return self.judgement.against if self.judgement is not None and compared else None

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form of the verify contract."""
        source = self.source
        return {
            "reference": self.reference.id,
            "verdict": self.verdict,
            "proven": self.proven,
            "explanation": [finding.to_document() for finding in self.explanation],
            "metrics": dict(self.metrics),
            "generated": str(self.generated) if self.generated else None,
            "published": str(self.published) if self.published else None,
            "against": self.against,
            "source": {"reference": source.reference, "from": source.origin, "path": str(source.path)}
            if source
            else None,
            "infotext": self.infotext,
            "request": {key: value for key, value in self.request.items() if key != "init_images"},
            "trials": [trial.to_document() for trial in self.trials],
            "seconds": round(self.seconds, 1),
            "checks": asdict(self.checks) if self.checks else None,
        }
