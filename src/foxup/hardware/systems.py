"""What the rules need to know of the operating system, in the rules' own words."""

from __future__ import annotations

import re
from typing import cast

from foxup.facts import OsFacts
from foxup.hardware.kinds import Column, System


def system(os: OsFacts) -> System | None:
    """Return the system whose programs run here: WSL2 is a Linux. None for one that is not known."""
    family = os.family.strip().lower()
    if family.startswith("wsl"):
        return "linux"
    family = {"darwin": "macos", "mac": "macos"}.get(family, family)
    return cast("System", family) if family in {"windows", "linux", "macos"} else None


def is_wsl(os: OsFacts) -> bool:
    """Whether this Linux runs inside Windows."""
    if os.wsl or os.family.strip().lower().startswith("wsl"):
        return True
    told = f"{os.name} {os.kernel or ''} {os.version}"
    return system(os) == "linux" and bool(re.search(r"(?i)microsoft|\bwsl", told))


def driver_column(os: OsFacts) -> Column:
    """Return whose driver numbers count: inside WSL2 the driver is that of Windows (microsoft/WSL issue 11277)."""
    return "windows" if system(os) == "windows" or is_wsl(os) else "linux"


def arch(os: OsFacts) -> str:
    """Return the machine type in lower case."""
    return os.arch.strip().lower()
