"""What macOS tells about itself: system_profiler, sysctl and diskutil."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foxup.facts import GpuFacts
from foxup.system.commands import run
from foxup.system.pci import vendor

TIMEOUT_S = 6.0
_MEMORY = re.compile(r"(\d+(?:[.,]\d+)?)\s*(GB|MB)")


def read_displays() -> dict[str, Any]:
    """Return system_profiler's JSON about graphics. Raises FoxupError, and ValueError when it is not JSON."""
    answer = json.loads(run(["/usr/sbin/system_profiler", "-json", "SPDisplaysDataType"], timeout=TIMEOUT_S).stdout)
    if not isinstance(answer, dict):
        raise TypeError(type(answer))
    return answer


def read_cpu() -> str | None:
    """Return the processor's name, or None. Raises FoxupError."""
    return run(["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"], timeout=TIMEOUT_S).stdout.strip() or None


def read_disk(place: Path) -> bytes:
    """Return diskutil's property list about the volume mounted at `place`. Raises FoxupError."""
    return run(["/usr/sbin/diskutil", "info", "-plist", place], timeout=TIMEOUT_S).stdout.encode()


def parse_displays(answer: Mapping[str, Any]) -> list[GpuFacts]:
    """Turn system_profiler's answer into cards. Apple's chips share the main memory: no `vram_mib` of their own."""
    cards = answer.get("SPDisplaysDataType") or []
    return [_card(each) for each in cards if isinstance(each, Mapping)]


def _card(values: Mapping[str, Any]) -> GpuFacts:
    number = _hex4(values.get("spdisplays_vendor-id")) or _hex4(values.get("spdisplays_vendor"))
    name = str(values.get("sppci_model") or values.get("_name") or "")
    maker = vendor(number) if number else _named_maker(name, str(values.get("spdisplays_vendor", "")))
    device = _hex4(values.get("spdisplays_device-id"))
    memory = None if maker == "apple" else values.get("spdisplays_vram") or values.get("spdisplays_vram_shared")
    return GpuFacts(
        vendor=maker,
        name=name,
        pci=f"{number}:{device}" if number and device else None,
        vram_mib=_mib(str(memory or "")),
        source="system_profiler",
    )


def _hex4(value: Any) -> str | None:
    found = re.search(r"0x([0-9a-fA-F]{4})\b", str(value or ""))
    return found[1].lower() if found else None


def _named_maker(name: str, maker: str) -> str:
    words = f"{name} {maker}".lower()
    return next((word for word in ("apple", "nvidia", "amd", "intel") if word in words), "other")


def _mib(text: str) -> int | None:
    """Return MiB for `4 GB`, `1536 MB` or `1,5 GB` (the decimal sign follows the user's language)."""
    found = _MEMORY.search(text)
    if not found:
        return None
    return round(float(found[1].replace(",", ".")) * (1024 if found[2] == "GB" else 1))


def parse_disk_kind(content: bytes) -> str | None:
    """Return `ssd`, `hdd` or None out of diskutil's property list. Raises ValueError when it is none."""
    import plistlib

    try:
        values = plistlib.loads(content)
    except Exception as error:  # expat, struct and value errors, whatever the bytes are
        raise ValueError(str(error)) from error
    solid = values.get("SolidState") if isinstance(values, dict) else None
    return None if solid is None else ("ssd" if solid else "hdd")
