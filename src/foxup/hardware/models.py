"""The whole of profiles/hardware.toml, and reading it."""

from __future__ import annotations

import datetime as dt
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal, cast

from pydantic import Field, ValidationError

from foxup.errors import UsageError
from foxup.finding import Severity
from foxup.hardware.builds import CardCeiling, Drivers, TorchSetRule
from foxup.hardware.cards import Amd, Apple, Cpu, Intel, Nvidia, VramClass
from foxup.hardware.kinds import Backend, Column, System
from foxup.hardware.machine import DiskRule, MemoryRule, PathRule, PythonRule, SystemRule
from foxup.hardware.versions import numbers
from foxup.i18n import _
from foxup.profile import Model, Text, profiles_folder


class FindingText(Model):
    """What a finding says; placeholders are filled from the facts."""

    severity: Severity
    """Blocker, warning or action."""
    message: Text
    """What is."""
    cause: Text
    """Why it matters."""
    remedy: Text
    """What to do."""
    commands: dict[Literal["any", "windows", "linux", "macos"], tuple[str, ...]] = Field(default_factory=dict)
    """Exact command lines by system."""


class Hardware(Model):
    """All of profiles/hardware.toml."""

    schema_version: Literal[1] = Field(alias="schema")
    """Version of this format."""
    as_of: dt.date
    """Date of the facts."""
    always_env: dict[str, str]
    """Variables of every install."""
    systems: dict[System, SystemRule]
    """Operating systems."""
    sets: tuple[TorchSetRule, ...]
    """Torch builds, best first."""
    drivers: Drivers
    """NVIDIA's drivers."""
    nvidia: Nvidia
    """NVIDIA's cards."""
    vram: tuple[VramClass, ...]
    """Classes of graphics memory, smallest first."""
    amd: Amd
    """AMD's cards."""
    intel: Intel
    """Intel's cards."""
    apple: Apple
    """Apple's machines."""
    cpu: Cpu
    """No card."""
    python: PythonRule
    """Interpreters."""
    disk: DiskRule
    """Drives."""
    memory: MemoryRule
    """Main memory."""
    paths: PathRule
    """Folders."""
    reasons: dict[str, Text]
    """Why something was chosen."""
    texts: dict[str, FindingText]
    """What findings say, by `CODE` or `CODE/variant`."""

    def class_of(self, vram_mib: int | None) -> VramClass | None:
        """Return the memory class of a card; None when its memory is unknown."""
        return None if vram_mib is None else next(rule for rule in self.vram if vram_mib < rule.below)

    def sets_for(self, backend: Backend, system: System | None, arch: str) -> tuple[TorchSetRule, ...]:
        """Return the builds for a system, best first."""
        return tuple(rule for rule in self.sets if rule.backend == backend and system in rule.os and arch in rule.arch)

    def cuda_sets(self, cc: tuple[int, int] | None, system: System | None, arch: str) -> tuple[TorchSetRule, ...]:
        """Return the builds that are known to work on a compute capability and hold code for it, best first.

        Code for X.y runs on X.z with z >= y, never on another X.
        """
        return tuple(
            rule
            for rule in self.sets_for("cuda", system, arch)
            if cc
            and any(low <= cc <= high for low, high in rule.verified)
            and any(major == cc[0] and minor <= cc[1] for major, minor in rule.code[cast("System", system)])
        )

    def driver_floor(self, rule: TorchSetRule, cc: tuple[int, int] | None, column: Column) -> str:
        """Return the oldest driver for a build on a card: that of its CUDA major version, or of the card itself."""
        floors = [getattr(floor, column) for floor in self.drivers.cuda_floors if floor.cuda_major == rule.cuda_major]
        return str(max([*floors, *self.card_floors(cc, column)], key=lambda text: numbers(text) or ()))

    def card_floors(self, cc: tuple[int, int] | None, column: Column) -> list[str]:
        """Return the drivers before which a card was not known."""
        return [getattr(floor, column) for floor in self.drivers.card_floors if cc and cc >= floor.cc_min]

    def last_branch(self, cc: tuple[int, int] | None) -> int | None:
        """Return the last driver branch that drives a card; None when no end is in sight or the card is not known."""
        rule = self._ceiling(cc)
        return rule.branch if rule else None

    def dropped(self, cc: tuple[int, int] | None, driver: tuple[int, ...] | None) -> bool:
        """Whether a driver is of a branch that drives the card no longer."""
        rule = self._ceiling(cc)
        return bool(rule and driver and driver[0] >= rule.gone_from)

    def _ceiling(self, cc: tuple[int, int] | None) -> CardCeiling | None:
        return next((rule for rule in self.drivers.card_ceilings if cc and cc <= rule.cc_max), None)


@cache
def load(path: Path | None = None) -> Hardware:
    """Read the rules that ship with foxup, or another file of the same form.

    Raises UsageError (`hardware-invalid`) that names file and key.
    """
    path = path or profiles_folder() / "hardware.toml"
    try:
        return Hardware.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise _invalid(path, str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _invalid(path, f"{where}: {first['msg']}") from None


def _invalid(path: Path, what: str) -> UsageError:
    message = _("The hardware rules {path} are wrong: {what}").format(path=path.name, what=what)
    return UsageError("hardware-invalid", message, hint="foxup install --profile smoke")
