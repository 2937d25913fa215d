"""Models of profiles/hardware.toml: graphics cards, by maker and by memory."""

from __future__ import annotations

from foxup.hardware.kinds import Cc, DeviceId, Grade, Pattern
from foxup.profile import Model


class Chip(Model):
    """One NVIDIA chip and its blocks of PCI device ids."""

    code: Pattern
    """As pci.ids names it."""
    family: str
    """Generation."""
    cc: Cc
    """Compute capability."""
    tensor_cores: bool = True
    """False for the Turing chips without them; not asked of older generations."""
    ids: tuple[tuple[DeviceId, DeviceId], ...]
    """Blocks of PCI device ids, both ends included."""


class NamedChip(Model):
    """A compute capability told from a card's name, the last resort."""

    pattern: Pattern
    """Searched in the name."""
    family: str
    """Generation."""
    cc: Cc
    """Compute capability."""
    tensor_cores: bool = True
    """As for chips."""


class KnownCard(Model):
    """A card whose name and memory follow from its PCI device id."""

    id: DeviceId
    """PCI device id."""
    name: str
    """Without maker."""
    vram_mib: int
    """As the driver reports it."""


class CcGrade(Model):
    """How well a range of compute capabilities serves."""

    cc_min: Cc
    """Included."""
    cc_max: Cc
    """Included."""
    grade: Grade
    """The verdict before caps."""


class HalfPrecision(Model):
    """What Turing chips without tensor cores need."""

    geforce: Pattern
    """Names the web UI recognises."""
    other_names: Pattern
    """Names of the same chips that it does not."""
    geforce_args: tuple[str, ...]
    """For the former."""
    other_args: tuple[str, ...]
    """For the latter."""
    other_memory_args: tuple[str, ...]
    """Replaces the memory class's arguments: full precision doubles the weights."""


class Nvidia(Model):
    """NVIDIA's cards."""

    chips: tuple[Chip, ...]
    """By PCI device id."""
    names: tuple[NamedChip, ...]
    """By name, first match wins."""
    cards: tuple[KnownCard, ...]
    """Cards with one memory size."""
    grades: tuple[CcGrade, ...]
    """Verdicts."""
    no_tensor_cores_grade: Grade
    """Cap for Turing without tensor cores."""
    args: tuple[str, ...]
    """Launch arguments of every card."""
    xformers_cc: tuple[Cc, Cc]
    """Where the web UI accepts --xformers, both ends included."""
    xformers_args: tuple[str, ...]
    """Inside that range."""
    other_attention_args: tuple[str, ...]
    """Outside it."""
    mig_usable: float
    """Share of a slice's nominal memory."""
    half_precision: HalfPrecision
    """Turing without tensor cores."""


class VramClass(Model):
    """One class of graphics memory."""

    name: str
    """For people."""
    below: int
    """MiB; the first class the memory lies below is taken."""
    refused: bool = False
    """Too little."""
    args: tuple[str, ...] = ()
    """Launch arguments."""
    cap: Grade | None = None
    """Best verdict."""
    low: bool = False
    """Whether to warn."""


class AmdGeneration(Model):
    """An AMD architecture that a build can serve."""

    gfx: str
    """AMD's name."""
    override: str | None = None
    """Architecture it has to pass for."""
    ids: tuple[DeviceId, ...]
    """PCI device ids."""


class Amd(Model):
    """AMD's cards."""

    generations: tuple[AmdGeneration, ...]
    """What can be served."""
    override_env: str
    """Variable that makes a card pass for another."""
    grade: Grade
    """Verdict."""
    groups: tuple[str, ...]
    """User groups that own the device files."""
    integrated_ids: tuple[DeviceId, ...]
    """Graphics inside processors."""
    integrated_names: Pattern
    """The same by name."""


class Intel(Model):
    """Intel's cards."""

    discrete_ids: tuple[DeviceId, ...]
    """Cards that the build serves."""
    discrete_names: Pattern
    """The same by name."""
    unserved_ids: tuple[DeviceId, ...]
    """Cards that it does not; anything else is integrated."""
    unserved_names: Pattern
    """The same by name."""
    grade: Grade
    """Verdict."""


class Apple(Model):
    """Apple's machines."""

    arch: tuple[str, ...]
    """Machine types whose graphics serve."""
    grade: Grade
    """Verdict."""


class Cpu(Model):
    """The processor, for profiles that allow it."""

    grade: Grade
    """Verdict."""
