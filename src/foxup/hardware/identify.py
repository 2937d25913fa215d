"""Which card an entry of the facts is: maker, generation, compute capability, memory that a program gets.

The driver's word comes first, then the PCI id, then the chip's code name, then the name on the box: a card whose
driver is missing or too old still tells what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from foxup.facts import GpuFacts
from foxup.hardware.cards import Chip, NamedChip
from foxup.hardware.models import Hardware
from foxup.hardware.versions import capability

_MAKERS = {"10de": "nvidia", "1002": "amd", "1022": "amd", "8086": "intel", "106b": "apple"}
_SLICE_NAME = re.compile(r"\b\d+g\.(\d+)gb\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Card:
    """One graphics card as it is understood.

    `index` is its place in the facts. `cc` compute capability and `asked` whether the driver told it; `family` the
    generation; `tensor_cores` False for Turing chips without them; `vram_mib` what a program gets (a slice's share
    when `sliced`), None when unknown; `slice_id` the name of the slice for CUDA.
    """

    index: int
    maker: str
    name: str
    cc: tuple[int, int] | None = None
    asked: bool = False
    family: str = ""
    tensor_cores: bool = True
    vram_mib: int | None = None
    sliced: bool = False
    slice_id: str | None = None
    gfx: str | None = None
    integrated: bool = False

    @property
    def cc_text(self) -> str:
        """Compute capability for people."""
        return f"{self.cc[0]}.{self.cc[1]}" if self.cc else "?"


def identify(index: int, gpu: GpuFacts, hardware: Hardware) -> Card:
    """Understand one entry of the facts."""
    maker = _MAKERS.get(_pci(gpu)[0], gpu.vendor.strip().lower())
    card = Card(index=index, maker=maker, name=gpu.name or maker, vram_mib=gpu.vram_mib)
    if maker == "nvidia":
        return _nvidia(card, gpu, hardware)
    if maker == "amd":
        return _amd(card, gpu, hardware)
    if maker == "intel":
        return _intel(card, gpu, hardware)
    return card


def _pci(gpu: GpuFacts) -> tuple[str, str]:
    """Return maker and device id, lower case, empty when unknown."""
    found = re.search(r"([0-9a-f]{4}):([0-9a-f]{4})", (gpu.pci or "").lower())
    return (found[1], found[2]) if found else ("", "")


# -- NVIDIA


def _nvidia(card: Card, gpu: GpuFacts, hardware: Hardware) -> Card:
    rules, device = hardware.nvidia, _pci(gpu)[1]
    chip = _chip_by_id(device, rules.chips) or _chip_by_code(gpu.name, rules.chips) or _chip_by_name(gpu.name, hardware)
    known = next((entry for entry in rules.cards if entry.id == device), None)
    told = capability(gpu.cc)
    memory = gpu.vram_mib or _memory_in_name(gpu.name) or (known.vram_mib if known else None)
    named_without = bool(re.search(f"{rules.half_precision.geforce}|{rules.half_precision.other_names}", gpu.name))
    card = replace(
        card,
        name=known.name if known and not _names_a_card(gpu.name) else card.name,
        cc=told or (chip.cc if chip else None),
        asked=told is not None,
        family=chip.family if chip else "",
        tensor_cores=not named_without and (chip is None or chip.tensor_cores),
        vram_mib=memory,
    )
    return _sliced(card, gpu, hardware)


def _names_a_card(name: str) -> bool:
    """Whether a name is NVIDIA's and not that of a stand-in such as Microsoft Basic Display Adapter."""
    return bool(name) and not re.search(r"(?i)microsoft|basic display|^nvidia$|3d video controller", name)


def _chip_by_id(device: str, chips: tuple[Chip, ...]) -> Chip | None:
    """Return the chip whose block holds the id; the narrowest block, as GK210 lies within GK110's."""
    matches = [
        (int(last, 16) - int(first, 16), position)
        for position, chip in enumerate(chips)
        for first, last in chip.ids
        if device and first <= device <= last
    ]
    return chips[min(matches)[1]] if matches else None


def _chip_by_code(name: str, chips: tuple[Chip, ...]) -> Chip | None:
    """Find a chip's code name, as lspci writes it: GB206 [GeForce RTX 5060 Ti], TU117M."""
    return next((chip for chip in chips if re.search(rf"\b{chip.code}[A-Z]{{0,3}}\b", name)), None)


def _chip_by_name(name: str, hardware: Hardware) -> NamedChip | None:
    return next((rule for rule in hardware.nvidia.names if re.search(rule.pattern, name)), None)


def _memory_in_name(name: str) -> int | None:
    """Read the size that some cards carry in their names: GTX 1060 3GB, A100-SXM4-80GB. Slices are told apart."""
    found = re.search(r"(?<![.\w])(\d{1,3}) ?GB\b", name, re.IGNORECASE)
    return int(found[1]) * 1024 if found else None


# -- slices of a divided card (MIG)


def _sliced(card: Card, gpu: GpuFacts, hardware: Hardware) -> Card:
    """Take the slice's memory where the card is divided: the whole card's is not to be had."""
    if not _divided(gpu):
        return card
    slices = list(_slices(gpu.mig))
    memory = max((size for size, _name in slices if size), default=None)
    best = next((name for size, name in slices if name and size == memory), None)
    if memory is None:
        nominal = _SLICE_NAME.search(f"{gpu.name} {gpu.mig}")
        memory = int(int(nominal[1]) * 1024 * hardware.nvidia.mig_usable) if nominal else None
    if best is None and (gpu.uuid or "").startswith("MIG-"):
        best = gpu.uuid
    return replace(card, sliced=True, vram_mib=memory, slice_id=best)


def _divided(gpu: GpuFacts) -> bool:
    if _SLICE_NAME.search(gpu.name):
        return True
    mig = gpu.mig
    if isinstance(mig, dict) and mig:
        mode = next((mig[key] for key in ("enabled", "mode", "current") if key in mig), True)
        return _switched_on(mode)
    return bool(mig) and _switched_on(mig)


def _switched_on(value: Any) -> bool:
    return str(value).strip().lower() not in {"", "false", "disabled", "off", "0", "none", "[n/a]", "n/a"}


def _slices(value: Any) -> Iterator[tuple[int | None, str | None]]:
    """Yield memory in MiB and CUDA's name of every slice in whatever shape the facts describe them."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _slices(item)
    elif isinstance(value, dict):
        size = next((int(v) for k, v in value.items() if str(k).endswith("_mib") and isinstance(v, (int, float))), None)
        name = next((v for v in value.values() if isinstance(v, str) and v.startswith("MIG-")), None)
        if size or name:
            yield size, name
        for item in value.values():
            if isinstance(item, (list, tuple, dict)):
                yield from _slices(item)


# -- the others


def _amd(card: Card, gpu: GpuFacts, hardware: Hardware) -> Card:
    rules, device = hardware.amd, _pci(gpu)[1]
    by_id = next((rule.gfx for rule in rules.generations if device in rule.ids), None)
    integrated = device in rules.integrated_ids or (by_id is None and bool(re.search(rules.integrated_names, gpu.name)))
    return replace(card, gfx=(gpu.gfx or by_id or "").split(":")[0] or None, integrated=integrated)


def _intel(card: Card, gpu: GpuFacts, hardware: Hardware) -> Card:
    rules, device = hardware.intel, _pci(gpu)[1]
    served = device in rules.discrete_ids or bool(re.search(rules.discrete_names, gpu.name))
    unserved = device in rules.unserved_ids or bool(re.search(rules.unserved_names, gpu.name))
    return replace(card, family="Arc A" if served else "", integrated=not served and not unserved)
