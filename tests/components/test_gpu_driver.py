"""Every answer of NVIDIA's library, and every word for a card that is off."""

from __future__ import annotations

from typing import Any

import pytest

from foxup.facts import from_document
from foxup.finding import codes
from foxup.hardware import load
from foxup.judge import decide

_KNOWN = {3, 4, 8, 9, 12, 13, 15, 16, 18, 28, 999}
_CARD = {"vendor": "nvidia", "name": "NVIDIA GeForce RTX 3070", "pci": "10de:2484"}


def _codes(nvml: dict[str, Any], **card: Any) -> set[str]:
    machine = {
        "os": {"family": "linux", "arch": "x86_64"},
        "gpus": [{**_CARD, **card}],
        "nvml": nvml,
        "git": "2.47.0",
        "python": [{"version": "3.10.12", "path": "/usr/bin/python3"}],
    }
    return set(codes(decide(from_document(machine), load()).findings))


_MISSING = {"driver-too-old", "driver-missing-or-stale", "update-driver"}
_UNSURE = {"driver-missing-or-stale"}
_RESTART = {"driver-missing-or-stale", "reboot"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (3, _MISSING),
        (4, _UNSURE),
        (8, _UNSURE),
        (9, _MISSING),
        (12, _MISSING),
        (13, _MISSING),
        (15, _RESTART),
        (16, _RESTART),
        (18, {"driver-mismatch-reboot", "reboot"}),
        (28, _MISSING),
        (999, _UNSURE),
        (77, _UNSURE),
    ],
)
def test_a_card_that_only_the_bus_shows(code: int, expected: set[str]) -> None:
    assert _codes({"init": "error", "code": code}) == expected


@pytest.mark.parametrize("code", sorted(_KNOWN - {9, 15, 16, 18, 28}))
def test_a_card_that_nvidia_smi_still_tells_of(code: int) -> None:
    assert _codes({"init": "error", "code": code, "driver": "550.120"}, cc="8.6", vram_mib=8192) == set()


def test_no_code_is_forgotten() -> None:
    assert set(load().drivers.nvml) == _KNOWN


@pytest.mark.parametrize(
    "status",
    ["disabled", "Disabled", "device-problem-22", "device-problem-45", "device-problem-47", "switched off", "Eco mode"],
)
def test_words_for_a_card_that_is_off(status: str) -> None:
    assert _codes({"init": "ok", "driver": "550.120"}, status=status) == {"dgpu-disabled", "enable-dgpu"}


@pytest.mark.parametrize(
    "status", ["device-problem-43", "device-problem-222", "nouveau", "vfio-pci", "no-driver", "nvml-9"]
)
def test_words_for_other_troubles(status: str) -> None:
    assert "dgpu-disabled" not in _codes({"init": "error", "code": 9}, status=status)


@pytest.mark.parametrize("status", ["gpu-lost", "reset-required"])
def test_one_card_can_drop_off_while_the_driver_goes_on(status: str) -> None:
    assert _codes({"init": "ok", "driver": "550.120"}, cc="8.6", vram_mib=8192, status=status) == _RESTART


def test_microsofts_stand_in_driver_is_not_nvidias() -> None:
    found = _codes(
        {"init": "error", "code": 12}, name="Microsoft Basic Display Adapter", pci="10de:1b80", driver="10.0.26100.4061"
    )
    assert "driver-too-new-for-gpu" not in found
    assert "driver-too-old" in found
