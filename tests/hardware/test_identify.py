"""Which card an entry of the facts is, from whatever it tells."""

from __future__ import annotations

from typing import Any

import pytest

from foxup.facts import GpuFacts
from foxup.hardware import Card, identify, load

# PCI id, chip's generation, compute capability: shared examples of pci.ids and NVIDIA's lists.
_KNOWN = [
    ("1004", "Kepler", "3.5"), ("102d", "Kepler", "3.7"), ("11c7", "Kepler", "3.0"), ("1287", "Kepler", "3.5"),
    ("1380", "Maxwell", "5.0"), ("134d", "Maxwell", "5.0"), ("13c2", "Maxwell", "5.2"), ("1401", "Maxwell", "5.2"), ("17c8", "Maxwell", "5.2"), ("1617", "Maxwell", "5.2"),
    ("15f8", "Pascal", "6.0"), ("1b06", "Pascal", "6.1"), ("1b80", "Pascal", "6.1"), ("1b81", "Pascal", "6.1"), ("1c02", "Pascal", "6.1"), ("1c82", "Pascal", "6.1"), ("1d01", "Pascal", "6.1"),
    ("1d81", "Volta", "7.0"), ("1db1", "Volta", "7.0"),
    ("1e07", "Turing", "7.5"), ("1eb8", "Turing", "7.5"), ("1f08", "Turing", "7.5"), ("1f9d", "Turing", "7.5"), ("1ff0", "Turing", "7.5"), ("21c4", "Turing", "7.5"),
    ("20b0", "Ampere", "8.0"), ("2204", "Ampere", "8.6"), ("2420", "Ampere", "8.6"), ("2484", "Ampere", "8.6"), ("2503", "Ampere", "8.6"), ("25a9", "Ampere", "8.6"),
    ("2684", "Ada", "8.9"), ("2704", "Ada", "8.9"), ("2786", "Ada", "8.9"), ("2803", "Ada", "8.9"), ("28e0", "Ada", "8.9"),
    ("2330", "Hopper", "9.0"), ("2335", "Hopper", "9.0"),
    ("2901", "Blackwell", "10.0"), ("3182", "Blackwell", "10.3"), ("2b85", "Blackwell", "12.0"), ("2c05", "Blackwell", "12.0"), ("2d04", "Blackwell", "12.0"), ("2d83", "Blackwell", "12.0"), ("2f04", "Blackwell", "12.0"), ("2e12", "Blackwell", "12.1"),
    ("0de1", "Fermi", "2.0"),
]  # fmt: skip

_NAMED = [
    ("NVIDIA Titan V", "7.0"),
    ("GV100 [TITAN V]", "7.0"),
    ("NVIDIA Titan Xp", "6.1"),
    ("NVIDIA Titan RTX", "7.5"),
    ("NVIDIA GeForce RTX 5050", "12.0"), ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "12.0"), ("NVIDIA GB10", "12.1"), ("NVIDIA B200", "10.0"), ("NVIDIA GB300", "10.3"),
    ("NVIDIA H100 80GB HBM3", "9.0"), ("NVIDIA GeForce RTX 4090 D", "8.9"), ("NVIDIA RTX 2000 Ada Generation", "8.9"), ("NVIDIA L40S", "8.9"), ("NVIDIA L4", "8.9"),
    ("NVIDIA A100-SXM4-40GB", "8.0"), ("NVIDIA GeForce RTX 3060", "8.6"), ("NVIDIA GeForce RTX 2050", "8.6"), ("NVIDIA GeForce MX570", "8.6"), ("NVIDIA RTX A2000", "8.6"), ("NVIDIA A10G", "8.6"),
    ("GeForce GTX 1650", "7.5"), ("NVIDIA T1000 8GB", "7.5"), ("Quadro T2000", "7.5"), ("NVIDIA GeForce MX450", "7.5"), ("Tesla T4", "7.5"), ("NVIDIA TITAN RTX", "7.5"), ("NVIDIA GeForce RTX 2080 Ti", "7.5"),
    ("Tesla V100-PCIE-16GB", "7.0"), ("NVIDIA TITAN V", "7.0"), ("Tesla P100-PCIE-16GB", "6.0"), ("NVIDIA GeForce GT 1030", "6.1"), ("Tesla P40", "6.1"), ("NVIDIA TITAN Xp", "6.1"), ("Quadro P620", "6.1"),
    ("NVIDIA GeForce GTX 970", "5.2"), ("NVIDIA GeForce GTX 960M", "5.0"), ("NVIDIA GeForce 940MX", "5.0"), ("Tesla M40", "5.2"), ("NVIDIA GeForce GTX 780", "3.0"), ("Tesla K80", "3.0"),
    ("NVIDIA GeForce GTX 750 Ti", "?"), ("NVIDIA Graphics Device", "?"), ("GM204 [GeForce GTX 970]", "5.2"), ("TU117M [GeForce GTX 1650 Mobile / Max-Q]", "7.5"), ("GK107 [GeForce GT 1030]", "3.0"), ("AD107M / GN20-P1 [GeForce RTX 3050 6GB Laptop GPU]", "8.9"),
]  # fmt: skip


def _card(**fields: Any) -> Card:
    return identify(0, GpuFacts(**{"vendor": "nvidia", **fields}), load())


@pytest.mark.parametrize(("device", "family", "cc"), _KNOWN)
def test_the_pci_id_tells_the_chip(device: str, family: str, cc: str) -> None:
    card = _card(name="Microsoft Basic Display Adapter", pci=f"10DE:{device.upper()}")
    assert (card.family, card.cc_text, card.asked) == (family, cc, False)


@pytest.mark.parametrize(("name", "cc"), _NAMED)
def test_the_name_tells_when_nothing_else_does(name: str, cc: str) -> None:
    assert _card(name=name).cc_text == cc


@pytest.mark.parametrize(
    ("name", "cc"),
    [
        ("GF108 [GeForce GT 430]", "2.0"),
        ("GK110B [GeForce GTX TITAN Black]", "3.5"),
        ("GM107GLM [Quadro M2000M]", "5.0"),
        ("GP107M [GeForce GTX 1050 Mobile]", "6.1"),
        ("GV100GL [Tesla V100 PCIe 16GB]", "7.0"),
        ("TU104GL [T4]", "7.5"),
        ("GA103 [GeForce RTX 3060 Ti]", "8.6"),
        ("AD103 [GeForce RTX 4080]", "8.9"),
        ("GH100 [H100 PCIe]", "9.0"),
        ("GB100 [B200]", "10.0"),
        ("GB207M [GeForce RTX 5050 Mobile]", "12.0"),
        ("GB20B [GB10]", "12.1"),
    ],
)
def test_the_chips_code_name_tells_what_lspci_shows(name: str, cc: str) -> None:
    assert _card(name=name).cc_text == cc


@pytest.mark.parametrize("device", ["1f91", "1fb9", "2182", "21d1", "1ff9", "1f9f"])
def test_chips_without_tensor_cores_are_known_by_their_id(device: str) -> None:
    assert _card(name="Microsoft Basic Display Adapter", pci=f"10de:{device}").tensor_cores is False


@pytest.mark.parametrize(
    ("device", "gfx"),
    [
        ("73bf", "gfx1030"),
        ("73df", "gfx1031"),
        ("73ef", "gfx1032"),
        ("744c", "gfx1100"),
        ("747e", "gfx1101"),
        ("7480", "gfx1102"),
        ("67df", None),
        ("731f", None),
        ("7550", None),
    ],
)
def test_radeons_by_their_id(device: str, gfx: str | None) -> None:
    card = _card(vendor="amd", name="Radeon", pci=f"1002:{device}")
    assert (card.gfx, card.integrated) == (gfx, False)


def test_the_driver_knows_better_than_tables() -> None:
    card = _card(name="NVIDIA GeForce GTX 750 Ti", pci="10de:1380", cc="5.0", vram_mib=2048)
    assert (card.cc, card.asked, card.vram_mib) == ((5, 0), True, 2048)


def test_a_stand_in_name_is_replaced_by_the_cards_own() -> None:
    assert _card(name="Microsoft Basic Display Adapter", pci="10de:2b85").name == "RTX 5090"
    assert _card(name="NVIDIA GeForce RTX 5090", pci="10de:2b85").name == "NVIDIA GeForce RTX 5090"


@pytest.mark.parametrize(
    ("name", "device", "tensor"),
    [
        ("NVIDIA T1000", "1ff0", False),
        ("NVIDIA GeForce GTX 1660 SUPER", "1f09", False),
        ("Tesla T4", "1eb8", True),
        ("NVIDIA GeForce RTX 2060", "1f08", True),
        ("NVIDIA T400 4GB", "0000", False),
    ],
)
def test_tensor_cores(name: str, device: str, tensor: bool) -> None:
    assert _card(name=name, pci=f"10de:{device}", cc="7.5").tensor_cores is tensor


@pytest.mark.parametrize(
    ("name", "pci", "memory"),
    [
        ("NVIDIA GeForce GTX 1060 3GB", None, 3072),
        ("NVIDIA A100-SXM4-80GB", None, 81920),
        ("Microsoft Basic Display Adapter", "10de:1f9d", 4096),
        ("NVIDIA GeForce RTX 3060", "10de:2503", None),
    ],
)
def test_memory_is_told_by_the_name_or_the_id_when_the_driver_is_silent(
    name: str, pci: str | None, memory: int | None
) -> None:
    assert _card(name=name, pci=pci).vram_mib == memory


@pytest.mark.parametrize(
    "mig",
    [
        [{"uuid": "MIG-1", "vram_mib": 4864}],
        {"mode": "enabled", "devices": [{"uuid": "MIG-1", "memory_mib": 4864}]},
        {"enabled": True, "uuid": "MIG-1", "vram_mib": 4864},
    ],
)
def test_a_slice_is_found_in_every_shape(mig: Any) -> None:
    card = _card(name="NVIDIA A100-SXM4-40GB", cc="8.0", vram_mib=40960, mig=mig)
    assert (card.sliced, card.vram_mib, card.slice_id) == (True, 4864, "MIG-1")


@pytest.mark.parametrize("mig", [None, False, [], {}, "disabled", "[N/A]", {"mode": "Disabled"}, {"enabled": False}])
def test_an_undivided_card_keeps_its_memory(mig: Any) -> None:
    card = _card(name="NVIDIA A100-SXM4-40GB", cc="8.0", vram_mib=40960, mig=mig)
    assert (card.sliced, card.vram_mib) == (False, 40960)


def test_a_slice_known_by_its_profile_alone_gets_its_usable_share() -> None:
    assert _card(name="NVIDIA A100", cc="8.0", vram_mib=40960, mig="1g.5gb").vram_mib == 4864


@pytest.mark.parametrize(
    ("name", "pci", "integrated"),
    [
        ("AMD Radeon(TM) Graphics", "1002:1638", True),
        ("AMD Radeon(TM) Graphics", None, True),
        ("AMD Radeon(TM) Vega 8 Graphics", None, True),
        ("AMD Radeon 780M Graphics", None, True),
        ("Phoenix1", "1002:15bf", True),
        ("AMD Radeon RX 6600", "1002:73ff", False),
        ("Radeon RX Vega 56", "1002:687f", False),
        ("AMD Radeon VII", None, False),
        ("Intel(R) UHD Graphics 770", "8086:4680", True),
        ("Intel(R) Arc(TM) Graphics", "8086:7d55", True),
        ("Intel(R) Arc(TM) A750 Graphics", "8086:56a1", False),
        ("Intel(R) Arc(TM) Pro A40", None, False),
        ("Intel(R) Arc(TM) B580 Graphics", None, False),
    ],
)
def test_integrated_parts_are_told_from_cards(name: str, pci: str | None, integrated: bool) -> None:
    vendor = "intel" if "Intel" in name else "amd"
    assert _card(vendor=vendor, name=name, pci=pci).integrated is integrated
