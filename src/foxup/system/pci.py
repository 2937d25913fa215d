"""Cards as the PCI bus shows them on Linux, driver or not, and what AMD's compute driver adds (architecture)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from foxup.facts import GpuFacts
from foxup.system.knowledge import known

_MIB = 1024 * 1024
_BUS = re.compile(r"(?i)^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$")
_PROC_VERSION = re.compile(r"Kernel Module(?: for \w+)?\s+(\d+(?:\.\d+)+)")


def read(root: Path = Path("/")) -> dict[str, Any]:
    """Return raw `devices` of display classes, KFD `nodes` and `names` (the lines of pci.ids that matter) below `root`.

    Missing folders (containers, WSL1) give empty lists.
    """
    folders = sorted((root / "sys/bus/pci/devices").glob("*"))
    devices = [device for device in map(_device, folders) if _is_display(device)]
    return {"devices": devices, "nodes": _nodes(root), "names": _names(root, devices)}


def _device(folder: Path) -> dict[str, Any]:
    driver = folder / "driver"
    return {
        "bus": folder.name,
        "class": _line(folder / "class"),
        "vendor": _line(folder / "vendor"),
        "device": _line(folder / "device"),
        "vram": _line(folder / "mem_info_vram_total"),
        "driver": driver.readlink().name if driver.is_symlink() else None,
    }


def _line(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None


def _is_display(device: Mapping[str, Any]) -> bool:
    rules = known()["pci"]
    kind = _hex4(device["class"])
    accelerator = kind == rules["compute_class"] and vendor(_hex4(device["vendor"])) in {"nvidia", "amd"}
    return kind in rules["display_classes"] or accelerator


def _nodes(root: Path) -> list[str]:
    paths = sorted((root / "sys/class/kfd/kfd/topology/nodes").glob("*/properties"))
    return [text for path in paths if (text := _line(path))]


def _names(root: Path, devices: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Look the devices up in the system's pci.ids, where there is one."""
    wanted = {(_hex4(each["vendor"]), _hex4(each["device"])) for each in devices}
    for place in known()["pci"]["names"]:
        path = root / place.lstrip("/")
        if wanted and path.is_file():
            return find_names(path.read_text(encoding="utf-8", errors="replace").splitlines(), wanted)
    return {}


def find_names(lines: Iterable[str], wanted: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return `vendor:device` -> name out of lines in the form of pci.ids (vendors flush left, devices one tab in)."""
    pairs, current, found = set(wanted), "", {}
    for line in lines:
        if line[:1] == "\t":
            if line[1:2] != "\t" and (current, line[1:5].lower()) in pairs:
                found[f"{current}:{line[1:5].lower()}"] = line[5:].strip()
        elif re.match(r"[0-9a-fA-F]{4}\s", line):
            current = line[:4].lower()
    return found


def parse(raw: Mapping[str, Any]) -> list[GpuFacts]:
    """Turn what `read` found into cards; `status` names a driver that cannot compute, or that there is none."""
    architectures = kfd_architectures(raw.get("nodes", []))
    names: Mapping[str, str] = raw.get("names", {})
    return [_card(device, names, architectures) for device in raw.get("devices", [])]


def _card(device: Mapping[str, Any], names: Mapping[str, str], architectures: Mapping[str, str]) -> GpuFacts:
    pair = f"{_hex4(device['vendor'])}:{_hex4(device['device'])}"
    bus = bus_text(device["bus"])
    vram = device.get("vram") or ""
    driver = device.get("driver")
    return GpuFacts(
        vendor=vendor(pair[:4]),
        name=names.get(pair, ""),
        pci=pair,
        bus=bus,
        vram_mib=int(vram) // _MIB if vram.isdecimal() else None,
        gfx=architectures.get(bus or ""),
        status=None if driver in {"nvidia", "amdgpu", "i915", "xe"} else driver or "no-driver",
        source="pci",
    )


def kfd_architectures(nodes: Iterable[str]) -> dict[str, str]:
    """Return PCI address -> architecture (`gfx1030`) out of the KFD topology's property texts.

    `gfx_target_version` 100302 is 10.3.2, printed gfx1032; stepping and minor are hexadecimal (90010 is gfx90a).
    CPUs have version 0. `location_id` holds bus, device and function in 8, 5 and 3 bits.
    """
    found = {}
    for text in nodes:
        values = dict(re.findall(r"^(\w+) (\d+)$", text, re.MULTILINE))
        version, location = int(values.get("gfx_target_version", 0)), int(values.get("location_id", 0))
        if version:
            domain = int(values.get("domain", 0))
            bus = f"{domain:04x}:{location >> 8 & 255:02x}:{location >> 3 & 31:02x}.{location & 7}"
            found[bus] = f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}"
    return found


def vendor(number: str) -> str:
    """Return the word for a PCI vendor in four hex digits."""
    words: dict[str, str] = known()["pci"]["vendors"]
    return words.get(number.lower(), "other")


def bus_text(address: str | None) -> str | None:
    """Return a PCI address as `0000:01:00.0`; NVML writes eight digits of domain and capital letters."""
    found = _BUS.match(address or "")
    if not found:
        return None
    domain = int(found[1] or "0", 16)
    return f"{domain:04x}:{found[2]}:{found[3]}.{found[4]}".lower()


def pair_text(number: int | None) -> str | None:
    """Return `10de:2503` for NVML's 0x250310DE (device in the upper half)."""
    return f"{number & 0xFFFF:04x}:{number >> 16 & 0xFFFF:04x}" if number else None


def driver_files(root: Path = Path("/")) -> str | None:
    """Return the version of NVIDIA's kernel module: the loaded one, else the one modinfo finds, else None."""
    loaded = _PROC_VERSION.search(_line(root / "proc/driver/nvidia/version") or "")
    if loaded:
        return loaded[1]
    return _line(root / "sys/module/nvidia/version") or _modinfo(root)


def _modinfo(root: Path) -> str | None:
    from foxup.system.commands import find_program, run

    program = find_program("modinfo", [root / "usr/sbin", root / "sbin"])
    if root != Path("/") or program is None:
        return None
    for module in ("nvidia", "nvidia-current"):  # Debian's own package names it so
        done = run([program, "-F", "version", module], timeout=2)
        if done.ok and done.stdout.strip():
            return done.stdout.strip()
    return None


def _hex4(text: str | None) -> str:
    """Return the first four hex digits of `0x10de` or `0x030000`."""
    return (text or "").removeprefix("0x").lower()[:4]
