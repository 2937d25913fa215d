"""Facts: what is found on the machine. Frozen, complete in themselves, readable from a document.

`foxup probe --json` writes this document and `foxup plan --facts` reads it, so that a helper can plan for somebody
else's machine. A document may carry more keys than are known here; they are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from foxup.errors import UsageError
from foxup.i18n import _


@dataclass(frozen=True, slots=True)
class OsFacts:
    """The operating system. `family` is windows, linux or macos; `wsl` is the WSL generation (0: none)."""

    family: str = ""
    name: str = ""
    version: str = ""
    arch: str = ""
    locale: str = ""
    glibc: str | None = None
    wsl: int = 0
    kernel: str | None = None


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """One display adapter or accelerator.

    `vendor` is nvidia, amd, intel, apple or other; `pci` is `vendor:device` in hex; `bus` the PCI address; `cc` the
    CUDA compute capability; `vram_mib` dedicated memory in MiB as the driver reports it; `gfx` AMD's architecture.
    `mig` is the list of slices `{"uuid", "profile", "vram_mib"}`, True (on, but no slice to be seen), False (off), or
    None where there is no such thing.
    `status` is None for a card that works, else why not: disabled, no-driver, the name of a driver that cannot compute
    (nouveau, vfio-pci), gpu-lost, reset-required, no-permission, nvml-N, device-problem-N. `source` saw it first.
    """

    vendor: str = ""
    name: str = ""
    pci: str | None = None
    bus: str | None = None
    cc: str | None = None
    vram_mib: int | None = None
    gfx: str | None = None
    mig: bool | list[dict[str, Any]] | dict[str, Any] | str | None = None
    uuid: str | None = None
    driver: str | None = None
    status: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class NvmlFacts:
    """NVIDIA's management library: `init` is ok or error, `code` its return code when it failed, else None."""

    init: str = "error"
    code: int | None = None
    driver: str | None = None
    cuda: str | None = None


@dataclass(frozen=True, slots=True)
class PythonFacts:
    """One interpreter that can be started."""

    version: str = ""
    bits: int = 64
    path: str = ""
    implementation: str = "CPython"
    store_stub: bool = False
    venv: bool = True


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """Free space in GiB on the target's, the system's and TEMP's drive.

    `target_kind` is ssd, hdd, network or unknown; `filesystem` as the system names it, `drvfs` for a Windows drive in
    WSL.
    """

    target_free_gib: float | None = None
    system_free_gib: float | None = None
    target_kind: str | None = None
    same_drive: bool | None = None
    filesystem: str | None = None
    temp_free_gib: float | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of one machine, as the contract in docs/reference/facts.md names them."""

    os: OsFacts = field(default_factory=OsFacts)
    gpus: tuple[GpuFacts, ...] = ()
    nvml: NvmlFacts = field(default_factory=lambda: NvmlFacts(code=12))  # library not found
    python: tuple[PythonFacts, ...] = ()
    git: str | None = None
    ram_mib: int | None = None
    pagefile_mib: int | None = None
    disk: DiskFacts = field(default_factory=DiskFacts)
    temp: str | None = None
    target: str | None = None
    driver_files: str | None = None
    groups: tuple[str, ...] | None = None
    kfd_writable: bool | None = None
    cpu: str | None = None
    cpu_count: int | None = None
    target_writable: bool | None = None
    long_paths: bool | None = None
    elevated: bool | None = None

    def to_document(self) -> dict[str, Any]:
        """Return the document, without the fields that are unknown on this machine."""
        document: dict[str, Any] = _without_none(asdict(self))
        return document


def from_document(document: object) -> Facts:
    """Read facts from a probe's JSON document, its `data`, or the bare object.

    Raises UsageError (`facts-invalid`) that names the field when the shape is wrong.
    """
    from pydantic import TypeAdapter, ValidationError

    if not isinstance(document, Mapping):
        raise UsageError("facts-invalid", _("The facts file does not hold a JSON object."), hint=_HINT)
    inner: Mapping[str, Any] = document
    for wrapper in ("data", "input", "facts"):
        if isinstance(inner.get(wrapper), Mapping):
            inner = inner[wrapper]
    known = _known(inner)
    if not known.get("os"):
        raise UsageError("facts-invalid", _("The facts file says nothing of the operating system."), hint=_HINT)
    try:
        return TypeAdapter(Facts).validate_python(known)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            "facts-invalid",
            _("The facts file is wrong at {where}: {what}").format(where=where, what=first["msg"]),
            hint=_HINT,
        ) from None


def from_text(text: str) -> Facts:
    """Read facts from JSON text. Raises UsageError (`facts-invalid`)."""
    try:
        return from_document(json.loads(text.removeprefix("\ufeff")))
    except (ValueError, RecursionError) as error:
        message = _("The facts file is not JSON: {error}").format(error=error)
        raise UsageError("facts-invalid", message, hint=_HINT) from None


_HINT = "foxup probe --json > facts.json"


def _known(document: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what a document calls unknown (null, at any depth), and read every way to say WSL as a generation."""
    known: dict[str, Any] = _pruned(document)
    system = known.get("os")
    if isinstance(system, dict):
        said = [value for key, value in system.items() if key.lower() in {"wsl", "wsl2"} and value]
        if said:
            system["wsl"] = said[0] if type(said[0]) is int else 2
    return known


def _pruned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _pruned(item) for key, item in value.items() if item is not None}
    return [_pruned(item) for item in value] if isinstance(value, (list, tuple)) else value


_NULL_SAYS_SOMETHING = {"git", "pci", "cc", "vram_mib", "driver"}  # no git, no driver: an answer, not a gap


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_none(item) for key, item in value.items() if item is not None or key in _NULL_SAYS_SOMETHING
        }
    if isinstance(value, (list, tuple)):
        return [_without_none(item) for item in value]
    return value
