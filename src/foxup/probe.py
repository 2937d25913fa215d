"""The machine's facts out of all sources: side by side, bounded in time, no source able to stop the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foxup.errors import FoxupError
from foxup.facts import DiskFacts, Facts, OsFacts
from foxup.i18n import _
from foxup.system import gpus, host, interpreters, place
from foxup.system.parallel import Answer, gather

BOUND_S = 20.0
"""A probe never takes longer; what has not answered by then is a problem, not a wait."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A source that gave no answer. `kind` is `failed` or `timed-out`; `message` and `cause` are for people."""

    source: str
    kind: str
    message: str
    cause: str = ""

    def to_document(self) -> dict[str, str]:
        """Return the JSON form."""
        return {"source": self.source, "kind": self.kind, "message": self.message, "cause": self.cause}


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What was found, what could not be asked, and how long each source took in seconds."""

    facts: Facts
    problems: tuple[Problem, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """Return the facts' document with `problems` and `seconds` beside them."""
        problems = [problem.to_document() for problem in self.problems]
        return {**self.facts.to_document(), "problems": problems, "seconds": dict(self.seconds)}


Sources = Mapping[str, Callable[[], Any]]


def probe(target: Path, *, timeout: float = BOUND_S, sources: Sources | None = None) -> ProbeResult:
    """Return the facts of this machine and of `target`, which need not exist. Never raises.

    `sources` replaces or adds questions by name (see `questions`).
    """
    target = target.expanduser().absolute()
    problems: list[Problem] = []

    def report(source: str, error: BaseException) -> None:
        problems.append(_failed(source, error))

    answers = gather({**questions(target, report), **(sources or {})}, timeout)
    problems += [problem for name, answer in answers.items() if (problem := _problem(name, answer, timeout))]
    seconds = {name: round(answer.seconds, 2) for name, answer in answers.items()}
    return ProbeResult(_facts(answers, target), tuple(problems), seconds)


def questions(target: Path, report: gpus.Report) -> dict[str, Callable[[], Any]]:
    """Return every source by its name. `report` is told of a part that failed inside a source."""
    result: dict[str, Callable[[], Any]] = {
        "nvidia": lambda: gpus.nvidia(report),
        "bus": lambda: gpus.bus(report),
        "host": host.read,
        "memory": lambda: (host.ram_mib(), host.pagefile_mib()),
        "disk": lambda: place.read(target, place.temp_folder()),
        "rights": lambda: place.writable(target),
        "temp": place.temp_folder,
        "account": lambda: (host.groups(), host.kfd_writable(), host.elevated()),
        "python": interpreters.find,
        "git": host.git_version,
    }
    if os.name == "nt":
        from foxup.system import windows

        result["powershell"] = windows.read_powershell
    return result


def _problem(name: str, answer: Answer, timeout: float) -> Problem | None:
    if not answer.finished:
        message = _("The source {source} did not answer within {seconds:g} seconds.")
        return Problem(name, "timed-out", message.format(source=name, seconds=timeout))
    return None if answer.error is None else _failed(name, answer.error)


def _failed(name: str, error: BaseException) -> Problem:
    cause = " ".join(part for part in (error.message, error.cause) if part) if isinstance(error, FoxupError) else ""
    message = _("The source {source} could not be asked.").format(source=name)
    return Problem(name, "failed", message, cause or f"{type(error).__name__}: {error}")


def _facts(answers: Mapping[str, Answer], target: Path) -> Facts:
    """Join the answers; what a source did not give stays unknown."""
    nvidia = answers["nvidia"].value or gpus.Nvidia.unknown()
    bus = answers["bus"].value or gpus.Bus()
    found = answers["host"].value or host.Host(OsFacts(family=host.family()))
    ram, pagefile = answers["memory"].value or (None, None)
    groups, kfd, elevated = answers["account"].value or (None, None, None)
    powershell = answers["powershell"].value if "powershell" in answers else None
    return Facts(
        os=found.os,
        gpus=gpus.cards(nvidia, bus, powershell),
        nvml=nvidia.nvml,
        python=answers["python"].value or (),
        git=answers["git"].value,
        ram_mib=ram,
        pagefile_mib=pagefile,
        disk=_disk(answers["disk"].value, target, powershell),
        temp=answers["temp"].value,
        target=str(target),
        driver_files=bus.driver_files if nvidia.nvml.init != "ok" else None,
        groups=groups,
        kfd_writable=kfd,
        cpu=found.cpu,
        cpu_count=host.cpu_count(),
        target_writable=answers["rights"].value,
        long_paths=found.long_paths,
        elevated=elevated,
    )


def _disk(disk: DiskFacts | None, target: Path, powershell: Mapping[str, Any] | None) -> DiskFacts:
    """Add what only PowerShell knows on Windows: whether the drive's disk spins."""
    if disk is None:
        return DiskFacts(target_kind="unknown")
    if disk.target_kind != "unknown" or not powershell:
        return disk
    from dataclasses import replace

    from foxup.system import windows

    kind = windows.parse_disk_kinds(powershell).get(target.drive[:1].upper(), "unknown")
    return replace(disk, target_kind=kind)
