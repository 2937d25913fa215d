"""Models of profiles/hardware.toml: torch builds, and the drivers they ask for."""

from __future__ import annotations

from pydantic import Field

from foxup.hardware.kinds import Backend, Cc, Pattern, System, Treatment
from foxup.profile import Model, Text


class TorchSetRule(Model):
    """One torch build that is known to work with the web UI."""

    name: str
    """Stable name of the set."""
    backend: Backend
    """What computes."""
    torch: str
    """Version with its local part."""
    torchvision: str
    """Version with its local part."""
    xformers: str | None = None
    """Version, where there is one for this torch."""
    index: str
    """Address of the package index; `pypi` for the default one."""
    torch_command: str
    """The web UI's TORCH_COMMAND that installs exactly this."""
    xformers_package: str | None = None
    """The web UI's XFORMERS_PACKAGE, when its own default would bring another build."""
    upstream_default: bool = False
    """Whether the web UI would choose this by itself."""
    os: tuple[System, ...]
    """Systems with wheels."""
    arch: tuple[str, ...]
    """Machine types with wheels, lower case."""
    verified: tuple[tuple[Cc, Cc], ...] = ()
    """Ranges of compute capability, both ends included, known to work."""
    code: dict[System, tuple[Cc, ...]] = Field(default_factory=dict)
    """Compute capabilities the wheel holds machine code for."""
    cuda_major: int | None = None
    """Decides the oldest driver."""
    min_glibc: str | None = None
    """Oldest C library of the wheels."""
    weights_only: bool = False
    """Whether torch.load refuses pickles by default (torch 2.6 and newer)."""
    args: tuple[str, ...] = ()
    """Launch arguments that belong to the build."""
    env: dict[str, str] = Field(default_factory=dict)
    """Environment variables that belong to the build."""
    reason: Text
    """Why it is chosen; may name torch, cc, driver, gfx."""


class CudaFloor(Model):
    """Oldest driver of a CUDA major version."""

    cuda_major: int
    """11, 12 ..."""
    linux: str
    """Linux driver."""
    windows: str
    """Windows driver, also under WSL2."""


class CardFloor(Model):
    """Oldest driver that knows a generation of cards."""

    cc_min: Cc
    """From this compute capability on."""
    linux: str
    """Linux driver."""
    windows: str
    """Windows driver, also under WSL2."""


class CardCeiling(Model):
    """Last driver branch that drives a generation of cards."""

    cc_max: Cc
    """Up to this compute capability; the first that fits counts."""
    branch: int
    """Name of the branch."""
    gone_from: int
    """First number of a driver version that drives the card no longer."""


class Drivers(Model):
    """NVIDIA's drivers and what their library answers."""

    cuda_floors: tuple[CudaFloor, ...]
    """By CUDA major version."""
    card_floors: tuple[CardFloor, ...]
    """By generation."""
    card_ceilings: tuple[CardCeiling, ...]
    """By generation, oldest first."""
    off_status: Pattern
    """A card's status that means: switched off."""
    lost_status: Pattern
    """A card's status that means: restart the machine."""
    nvml: dict[int, Treatment]
    """What a return code means; any other is unsure."""
