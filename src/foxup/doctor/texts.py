"""The doctor's data: which checks there are, what their findings say, what is known of web UIs and their forks."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from pydantic import Field, ValidationError

from foxup.errors import ExitCode, FoxupError
from foxup.finding import Finding, Severity
from foxup.i18n import _, pick
from foxup.profile import Model, Text, profiles_folder

FOLDER = "doctor"


class CheckModel(Model):
    """One check: what a person can ask for by its id."""

    id: str
    """Stable name, `group.thing`."""
    title: Text
    """What is looked at."""
    part: str = "facts"
    """The part of looking it rests on; when that failed, it could not be checked."""
    slow: bool = False
    """Whether it comes last."""
    codes: tuple[str, ...] = ()
    """For checks of the machine: the findings of the hardware rules it answers for."""


class FindingModel(Model):
    """What one finding says; placeholders in braces."""

    severity: Severity
    """How much it matters."""
    message: Text
    """What is."""
    cause: Text | None = None
    """Why it matters or happens."""
    remedy: Text | None = None
    """What to do."""
    commands: tuple[str, ...] = ()
    """Exact command lines."""
    fixed_by: str | None = None
    """Id of the step that repairs it."""


class ForkModel(Model):
    """A web UI with the same layout, known by files only it has."""

    kind: str
    """Short name."""
    name: str
    """What people call it."""
    markers: tuple[str, ...]
    """Paths of which one is enough."""
    covered: bool = True
    """Whether the rules about packages, repositories and flags were made for it."""


class LimitModel(Model):
    """A package that must be older than a version, or exactly one, for a kind of web UI."""

    kind: str
    """The kind of web UI."""
    package: str
    """Normalised name."""
    needs: str
    """Version range, as in packaging specifiers."""
    code: str
    """Finding it gives."""


class SpillModel(Model):
    """When NVIDIA's Windows driver moves data into main memory instead of failing."""

    driver_from: int
    """First branch that does so by default."""
    vram_up_to_mib: int
    """Cards with more memory seldom come to it with Stable Diffusion 1.5."""


class Knowledge(Model):
    """profiles/doctor/webui.toml: what is known of web UIs."""

    forks: tuple[ForkModel, ...]
    """In the order they are tried; the first that fits counts."""
    spill: SpillModel
    """Slow instead of out of memory."""
    limits: tuple[LimitModel, ...] = ()
    """Packages that break it."""
    flags: tuple[str, ...]
    """Command line options of A1111 v1.10.1 (modules/cmd_args.py), without dashes."""
    trusted_hosts: tuple[str, ...]
    """Places where people keep extensions and can be found."""
    tokenizer_files: tuple[str, ...]
    """What the tokenizer's folder in the cache must hold."""
    model_folders: dict[str, tuple[str, ...]]
    """Folders of model files by their use."""
    disk_full_below_gib: float
    """Free space under which an installed web UI begins to fail."""


class _Checks(Model):
    check: tuple[CheckModel, ...]


class _Findings(Model):
    finding: dict[str, FindingModel] = Field(default_factory=dict)


@cache
def checks() -> tuple[CheckModel, ...]:
    """Return all checks in their order."""
    return _Checks.model_validate(_read("checks")).check


@cache
def findings() -> dict[str, FindingModel]:
    """Return what the doctor's own findings say, by code or `CODE/variant`."""
    return _Findings.model_validate(_read("findings")).finding


@cache
def knowledge() -> Knowledge:
    """Return what is known of web UIs and their forks."""
    return Knowledge.model_validate(_read("webui"))


def say(
    code: str, /, *, fixed_by: str | None = None, commands: tuple[str, ...] | None = None, **values: Any
) -> Finding:
    """Make the finding `CODE` or `CODE/variant` in the language in force. Raises KeyError for an unknown one."""
    model = findings()[code]
    fill = {key: str(value) for key, value in values.items()}
    own = tuple(command.format(**fill) for command in model.commands)
    return Finding(
        code=code.partition("/")[0],
        severity=model.severity,
        message=_text(model.message, fill),
        cause=_text(model.cause, fill),
        remedy=_text(model.remedy, fill),
        commands=own if commands is None else commands,
        fixed_by=fixed_by or model.fixed_by,
    )


def _text(text: Text | None, values: dict[str, str]) -> str:
    return pick(text.model_dump()).format(**values) if text else ""


def _read(name: str) -> dict[str, Any]:
    path = profiles_folder() / FOLDER / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        message = _("The file {path}, which ships with foxup, is damaged.").format(path=path.name)
        raise FoxupError("package-damaged", message, cause=str(error), exit_code=ExitCode.BUG) from None
