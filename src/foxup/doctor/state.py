"""What the doctor saw in an install folder, as plain data that can be posted and judged again on another machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from foxup.errors import UsageError
from foxup.i18n import _
from foxup.installed import FileState


@dataclass(frozen=True, slots=True)
class Program:
    """Which web UI lies there: `kind` is a1111, forge, reforge, sdnext, minui, unknown, or none (no launch.py)."""

    kind: str = "none"
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    """A git folder. `own`: its own top level; `trusted` is false where git refuses to read it for its owner's sake.

    `branch` is the one it is on (None: detached, or none yet).
    """

    present: bool = False
    own: bool = False
    commit: str | None = None
    trusted: bool | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """One folder under `extensions`; `remote` is the address it was cloned from, None when it was not."""

    name: str
    remote: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """The web UI's virtual environment, read from its files; only `python` was got by starting its interpreter.

    `home` is the folder of the interpreter it was made from, `made_for` the path its scripts believe to lie at;
    `torch_cuda` is the CUDA release torch was built for (None: a build without).
    """

    present: bool = False
    python: str | None = None
    digest: str | None = None
    begun: bool = False
    home: str | None = None
    home_exists: bool = True
    made_for: str | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    torch_cuda: str | None = None


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model file, by its content: `problem` is a code of the failure catalogue, `content` what it holds.

    `folder` is checkpoint, vae, upscaler, embedding or lora; `content` checkpoint, vae, lora, other or unknown.
    `pickle`: loading it runs a pickle; `danger` are the names picklescan calls dangerous.
    """

    path: str
    folder: str
    size: int
    problem: str | None = None
    content: str = "unknown"
    pickle: bool = False
    danger: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """config.json as the web UI would read it: `state` is missing, ok, bom or corrupt; `values` what can be saved."""

    state: str = "missing"
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Port:
    """The port the launch script asks for: `fixed` when it names one; `taken` by a program that is not this web UI."""

    number: int = 7860
    fixed: bool = False
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """A web UI that `foxup start` left running; `answers` is None while it is still starting.

    `newer_extensions` are those that changed since it was started.
    """

    url: str
    answers: bool | None = None
    newer_extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a log, counted from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class LogState:
    """One console log and what it says.

    `stale`: it tells of the past, for something changed since; `since` are the steps that did.
    """

    name: str
    modified: str = ""
    stale: bool = False
    since: tuple[str, ...] = ()
    healthy: bool = True
    known: bool = True
    codes: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()
    evidence: tuple[LogLine, ...] = ()
    tail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LastVerdict:
    """The newest verification: what it said, why, and its picture inside the install."""

    reference: str
    verdict: str
    proven: bool
    at: str = ""
    codes: tuple[str, ...] = ()
    picture: str | None = None
    infotext: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Everything the checks need of an install folder.

    `failures` maps a part that could not be looked at to the reason; `skipped` names parts left out on purpose. `made`
    tells whether foxup installed it. `tokenizer` is ok, missing, damaged, or None where the web UI brings its own.
    `receipt` is the document of `.foxup/receipt.json`.
    """

    root: str = ""
    windows: bool = False
    exists: bool = False
    made: bool = False
    foreign: tuple[str, ...] = ()
    program: Program = field(default_factory=Program)
    files: Mapping[str, FileState] = field(default_factory=dict)
    repositories: Mapping[str, Repository] = field(default_factory=dict)
    extensions: tuple[Extension, ...] = ()
    environment: Environment = field(default_factory=Environment)
    models: tuple[ModelFile, ...] = ()
    yamls: tuple[str, ...] = ()
    launch_script: str | None = None
    settings_script: str | None = None
    config: Config = field(default_factory=Config)
    receipt: Mapping[str, Any] | None = None
    port: Port = field(default_factory=Port)
    running: Running | None = None
    logs: tuple[LogState, ...] = ()
    verdict: LastVerdict | None = None
    tokenizer: str | None = None
    network: Mapping[str, bool] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def from_document(document: object) -> State:
    """Read a state; keys that are not known are ignored. Raises UsageError (`report-invalid`)."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(State).validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            "report-invalid",
            _("The report is wrong at {where}: {what}").format(where=where or "-", what=first["msg"]),
            hint="foxup report --format json --out report.json",
        ) from None
