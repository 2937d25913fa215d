"""The hardware rules as data (profiles/hardware.toml) and what is looked up in them."""

from __future__ import annotations

from foxup.hardware.builds import TorchSetRule
from foxup.hardware.cards import VramClass
from foxup.hardware.identify import Card, identify
from foxup.hardware.kinds import Grade, System
from foxup.hardware.models import Hardware, load
from foxup.hardware.systems import arch, driver_column, is_wsl, system
from foxup.hardware.texts import finding, reason, say, update_driver

__all__ = [
    "Card",
    "Grade",
    "Hardware",
    "System",
    "TorchSetRule",
    "VramClass",
    "arch",
    "driver_column",
    "finding",
    "identify",
    "is_wsl",
    "load",
    "reason",
    "say",
    "system",
    "update_driver",
]
