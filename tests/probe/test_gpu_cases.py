"""Recorded machines in `tests/cases/probe`: the same code path as a real probe, from raw answers to the list of cards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from fake_nvml import FakeNvml

from foxup.errors import FoxupError
from foxup.facts import GpuFacts
from foxup.system import gpus, macos, nvml, pci, windows

CASES = Path(__file__).parents[1] / "cases" / "probe"
MACHINES = sorted(CASES.glob("*.yaml"))


def _load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _nvidia(case: dict[str, Any], problems: list[str]) -> gpus.Nvidia:
    def read_nvml() -> dict[str, Any]:
        if isinstance(case["nvml"], str):
            raise FoxupError("nvml-crashed" if case["nvml"] == "crash" else "command-timeout", "no answer")
        return nvml.ask(FakeNvml(case["nvml"]))

    def read_smi() -> dict[str, Any] | None:
        return {"banner": "", **case["smi"]} if "smi" in case else None

    return gpus.nvidia(lambda source, _error: problems.append(source), read_nvml, read_smi)


def _bus(case: dict[str, Any], root: Path) -> gpus.Bus:
    if "windows" in case:
        registry = case["windows"]["registry"]
        files = windows.driver_files(registry, case.get("setup_files", []))
        return gpus.Bus(tuple(windows.parse_displays(case["windows"])), files)
    if "macos" in case:
        return gpus.Bus(tuple(macos.parse_displays(case["macos"])))
    if "proc_version" in case:
        (root / "proc/driver/nvidia").mkdir(parents=True)
        (root / "proc/driver/nvidia/version").write_text(case["proc_version"])
    return gpus.Bus(tuple(pci.parse(case["pci"])), pci.driver_files(root))


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_recorded_machine(path: Path, tmp_path: Path) -> None:
    case = _load(path)
    expect = case["expect"]
    problems: list[str] = []
    nvidia, bus = _nvidia(case, problems), _bus(case, tmp_path)
    cards = gpus.cards(nvidia, bus, case.get("powershell"))

    assert _picked(nvidia.nvml, expect["nvml"]) == expect["nvml"]
    assert [_picked(card, wanted) for card, wanted in zip(cards, expect["gpus"], strict=True)] == expect["gpus"]
    assert problems == expect.get("problems", [])
    if "driver_files" in expect:
        assert bus.driver_files == expect["driver_files"]
    if "disks" in expect:
        assert windows.parse_disk_kinds(case["powershell"]) == expect["disks"]


def _picked(facts: object, wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in wanted}


def test_there_are_machines_of_every_system() -> None:
    sources = [set(_load(path)) for path in MACHINES]
    assert all(any(kind in keys for keys in sources) for kind in ("windows", "pci", "macos", "smi", "powershell"))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_one_card_is_never_two_whatever_the_order(order: tuple[int, ...]) -> None:
    accounts = [
        [GpuFacts("nvidia", "NVIDIA GeForce RTX 3060", "10de:2503", "0000:01:00.0", cc="8.6", source="nvml")],
        [GpuFacts("nvidia", "NVIDIA GeForce RTX 3060", "10de:2503", vram_mib=12288, source="registry")],
        [GpuFacts("nvidia", "", "10de:2503", "0000:01:00.0", status="no-driver", source="pci")],
    ]
    merged = gpus.merge([accounts[at] for at in order])
    assert len(merged) == 1
    assert (merged[0].cc, merged[0].vram_mib, merged[0].bus) == ("8.6", 12288, "0000:01:00.0")


def test_equal_cards_without_addresses_stay_two() -> None:
    twins = [GpuFacts("nvidia", "NVIDIA A40", "10de:2235", source="nvml", uuid=name) for name in "ab"]
    seen = [GpuFacts("nvidia", "", "10de:2235", f"0000:0{n}:00.0", source="pci") for n in (1, 2)]
    merged = gpus.merge([twins, seen])
    assert [(card.uuid, card.bus) for card in merged] == [("a", "0000:01:00.0"), ("b", "0000:02:00.0")]


def test_a_card_that_computes_has_no_trouble_whatever_sysfs_shows() -> None:
    """A container shows the card without its driver's link."""
    works = GpuFacts("nvidia", "NVIDIA A40", "10de:2235", "0000:01:00.0", cc="8.6", source="nvml")
    bare = GpuFacts("nvidia", "", "10de:2235", "0000:01:00.0", status="no-driver", source="pci")
    assert gpus.merge([[works], [bare]]) == [works]


def test_a_second_equal_card_that_the_driver_does_not_see_is_not_the_first() -> None:
    seen = GpuFacts("nvidia", "NVIDIA A40", "10de:2235", "0000:41:00.0", cc="8.6", source="nvml")
    both = [GpuFacts("nvidia", "", "10de:2235", f"0000:{bus}:00.0", source="pci") for bus in ("21", "41")]
    assert [(card.bus, card.cc) for card in gpus.merge([[seen], both])] == [
        ("0000:21:00.0", None),
        ("0000:41:00.0", "8.6"),
    ]
