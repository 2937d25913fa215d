"""What the facts decide: verdict, card, torch build, launch arguments, interpreter, variables, findings, reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from foxup.finding import Finding, Severity
from foxup.hardware.identify import Card
from foxup.hardware.kinds import Backend, Grade

GRADES: tuple[Grade, ...] = ("recommended", "minimum", "degraded", "unsupported")
_ORDER = (Severity.BLOCKER, Severity.ERROR, Severity.WARNING, Severity.ACTION, Severity.INFO)


@dataclass(frozen=True, slots=True)
class TorchSet:
    """A torch build: name of the set, exact versions with local parts, address of the index (`pypi`: the default).

    `xformers` is None when it is neither installed nor asked for on the command line.
    """

    set: str
    torch: str
    torchvision: str
    xformers: str | None
    index: str


@dataclass(frozen=True, slots=True)
class DriverNeeded:
    """The NVIDIA driver that puts a blocker right: oldest version, and last branch where there is one."""

    min: str | None = None
    max_branch: int | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one thing was chosen: the choice (`gpu`, `torch`, `python`, a flag, a variable) and a sentence."""

    choice: str
    text: str


@dataclass(frozen=True, slots=True)
class Driver:
    """The NVIDIA driver as far as it can be told.

    `text` is the version for people, `version` as numbers; both may be None. `works` says whether it can be counted
    on as it stands: if not, it has to be replaced or woken, and no build is chosen to suit an old one.
    """

    text: str | None = None
    version: tuple[int, ...] | None = None
    works: bool = True


@dataclass(frozen=True, slots=True)
class Accelerator:
    """What shall compute, before a build is chosen.

    `backend` is None when nothing can; a blocker among the findings then says why. `card` is the card that was chosen
    or, refused, looked at. `grade` is the card's own, before caps by other parts of the machine.
    """

    backend: Backend | None
    grade: Grade
    card: Card | None = None
    driver: Driver = field(default_factory=Driver)
    findings: tuple[Finding, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    needed: DriverNeeded | None = None


@dataclass(frozen=True, slots=True)
class Build:
    """The torch build with what comes along: launch arguments, variables, findings, reasons; None: nothing fits."""

    torch: TorchSet | None
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    reasons: tuple[Reason, ...] = ()
    needed: DriverNeeded | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything that follows from the facts. With `proceed` false, the build is what a repaired machine would get.

    `python` is `use:PATH` or `provision`; `launch_args` are separate items, as a shell would split them.
    """

    verdict: Grade
    proceed: bool
    selected_gpu: int | None
    effective_vram_mib: int | None
    torch: TorchSet | None
    launch_args: tuple[str, ...]
    python: str
    env: Mapping[str, str]
    findings: tuple[Finding, ...]
    driver_needed: DriverNeeded | None = None
    reasons: tuple[Reason, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """Return the keys of the plan contract that are decided here."""
        return {
            "verdict": self.verdict,
            "proceed": self.proceed,
            "selected_gpu": self.selected_gpu,
            "effective_vram_mib": self.effective_vram_mib,
            "torch": _document(self.torch),
            "launch_args": list(self.launch_args),
            "python": self.python,
            "env": dict(self.env),
            "driver_needed": _document(self.driver_needed),
            "reasons": [{"choice": reason.choice, "text": reason.text} for reason in self.reasons],
        }


def worst(grades: Iterable[Grade]) -> Grade:
    """Return the worst of several grades."""
    return max(grades, key=GRADES.index)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by severity, each code once, the first one said kept."""
    by_code: dict[str, Finding] = {}
    for finding in findings:
        by_code.setdefault(finding.code, finding)
    return tuple(sorted(by_code.values(), key=lambda finding: _ORDER.index(finding.severity)))


def _document(value: TorchSet | DriverNeeded | None) -> dict[str, Any] | None:
    return None if value is None else {name: getattr(value, name) for name in value.__dataclass_fields__}
