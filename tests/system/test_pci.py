from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foxup.system import pci

PCI_IDS = """
# comment
1002  Advanced Micro Devices, Inc. [AMD/ATI]
\t73ff  Navi 23 [Radeon RX 6600/6600 XT/6600M]
\t\t1002 73ff  a subsystem that looks like a device
10de  NVIDIA Corporation
\t2484  GA104 [GeForce RTX 3070]
\t2503  GA106 [GeForce RTX 3060]
"""


def _device(root: Path, bus: str, kind: str, vendor: str, device: str, driver: str = "", **files: str) -> None:
    folder = root / "sys/bus/pci/devices" / bus
    folder.mkdir(parents=True)
    for name, text in {"class": kind, "vendor": vendor, "device": device, **files}.items():
        (folder / name).write_text(f"{text}\n")
    if driver:
        (folder / "driver").symlink_to(f"../../../bus/pci/drivers/{driver}")


@pytest.mark.skipif(os.name == "nt", reason="sysfs needs links")
def test_sysfs_is_read_into_cards(tmp_path: Path) -> None:
    _device(tmp_path, "0000:00:1f.3", "0x040300", "0x8086", "0xa170", "snd_hda_intel")
    _device(tmp_path, "0000:01:00.0", "0x030000", "0x10de", "0x2503", "nouveau")
    _device(tmp_path, "0000:0b:00.0", "0x030000", "0x1002", "0x73ff", "amdgpu", mem_info_vram_total="8573157376")
    nodes = tmp_path / "sys/class/kfd/kfd/topology/nodes/1"
    nodes.mkdir(parents=True)
    (nodes / "properties").write_text("gfx_target_version 100302\nvendor_id 4098\nlocation_id 2816\ndomain 0\n")
    ids = tmp_path / "usr/share/misc/pci.ids"
    ids.parent.mkdir(parents=True)
    ids.write_text(PCI_IDS)

    nvidia, amd = pci.parse(pci.read(tmp_path))
    assert (nvidia.name, nvidia.pci, nvidia.status) == ("GA106 [GeForce RTX 3060]", "10de:2503", "nouveau")
    assert (amd.gfx, amd.vram_mib, amd.status) == ("gfx1032", 8176, None)
    assert amd.name == "Navi 23 [Radeon RX 6600/6600 XT/6600M]"


def test_a_container_without_sysfs_has_no_cards(tmp_path: Path) -> None:
    assert pci.parse(pci.read(tmp_path)) == []


def test_only_asked_names_are_taken() -> None:
    assert pci.find_names(PCI_IDS.splitlines(), [("10de", "2503"), ("1002", "2503")]) == {
        "10de:2503": "GA106 [GeForce RTX 3060]"
    }


@pytest.mark.parametrize(
    ("version", "name"),
    [
        (100302, "gfx1032"),
        (110000, "gfx1100"),
        (90010, "gfx90a"),
        (90402, "gfx942"),
        (120001, "gfx1201"),
        (80003, "gfx803"),
    ],
)
def test_architecture_numbers_become_names(version: int, name: str) -> None:
    assert pci.kfd_architectures([f"gfx_target_version {version}\nlocation_id 2816\n"]) == {"0000:0b:00.0": name}


@given(st.integers(0, 0xFFFF), st.integers(0, 255), st.integers(0, 31), st.integers(0, 7))
def test_addresses_of_nvml_and_sysfs_agree(domain: int, bus: int, device: int, function: int) -> None:
    sysfs = f"{domain:04x}:{bus:02x}:{device:02x}.{function}"
    assert pci.bus_text(f"{domain:08X}:{bus:02X}:{device:02X}.{function}") == sysfs == pci.bus_text(sysfs)


@given(st.text())
def test_what_is_no_address_is_none(text: str) -> None:
    found = pci.bus_text(text)
    assert found is None or pci.bus_text(found) == found


@given(st.integers(0, 0xFFFF), st.integers(1, 0xFFFF))
def test_nvmls_number_is_vendor_and_device(device: int, vendor: int) -> None:
    assert pci.pair_text(device << 16 | vendor) == f"{vendor:04x}:{device:04x}"


@given(st.lists(st.text()))
def test_no_topology_breaks_the_reader(texts: list[str]) -> None:
    pci.kfd_architectures(texts)
    pci.find_names(texts, [("10de", "2503")])


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        (
            "proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024",
            "535.183.01",
        ),
        (
            "proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.144  Release Build",
            "570.144",
        ),
        ("sys/module/nvidia/version", "550.120\n", "550.120"),
        ("etc/none", "", None),
    ],
)
def test_the_driver_on_the_disk_is_known_without_nvml(
    tmp_path: Path, place: str, text: str, expected: str | None
) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert pci.driver_files(tmp_path) == expected
