"""All cards of the machine out of several sources, each card once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from foxup.facts import GpuFacts, NvmlFacts
from foxup.system import macos, nvml, pci, smi, windows
from foxup.system.knowledge import known

Report = Callable[[str, BaseException], None]


@dataclass(frozen=True, slots=True)
class Nvidia:
    """What the NVIDIA driver says: through its library, or through nvidia-smi when that failed."""

    nvml: NvmlFacts
    cards: tuple[GpuFacts, ...] = ()

    @classmethod
    def unknown(cls) -> Nvidia:
        """Return what is known when neither could be asked."""
        return cls(NvmlFacts(init="error", code=nvml.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Bus:
    """What the system shows without a driver's help."""

    cards: tuple[GpuFacts, ...] = ()
    driver_files: str | None = None


def nvidia(
    report: Report,
    read_nvml: Callable[[], dict[str, Any]] = nvml.read,
    read_smi: Callable[[], dict[str, Any] | None] = smi.read,
) -> Nvidia:
    """Ask NVML; ask nvidia-smi too where NVML failed or left something open. A source's failure goes to `report`."""
    facts, cards = _tried(report, "nvml", lambda: nvml.parse(read_nvml()))
    if facts.init == "ok" and all(card.cc and card.vram_mib and card.status is None for card in cards):
        return Nvidia(facts, tuple(cards))
    second, others = _tried(report, "nvidia-smi", lambda: smi.parse(read_smi()))
    return Nvidia(_better(facts, second), tuple(merge([cards, others])))


def _tried(
    report: Report, name: str, ask: Callable[[], tuple[NvmlFacts, list[GpuFacts]]]
) -> tuple[NvmlFacts, list[GpuFacts]]:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - whatever a source does, the other one is still asked
        report(name, error)
        return NvmlFacts(init="error", code=nvml.UNKNOWN), []


def _better(first: NvmlFacts, second: NvmlFacts) -> NvmlFacts:
    """Join both accounts: a working driver beats a failure, an explained failure beats an unknown one."""
    if first.init == "ok":
        return replace(first, driver=first.driver or second.driver, cuda=first.cuda or second.cuda)
    if second.init == "ok" or (first.code == nvml.UNKNOWN and second.code != nvml.LIBRARY_NOT_FOUND):
        return second
    return first


def bus(report: Report, system: str = sys.platform) -> Bus:
    """Ask the system itself: sysfs, the Windows registry, system_profiler. Raises OSError, FoxupError, ValueError."""
    if system == "win32":
        return _windows_bus(report)
    if system == "darwin":
        return Bus(tuple(macos.parse_displays(macos.read_displays())))
    return Bus(tuple(pci.parse(pci.read())), pci.driver_files())


def _windows_bus(report: Report) -> Bus:
    raw = windows.read_displays()
    try:
        files = windows.read_driver_setup_files()
    except OSError as error:
        report("driver-store", error)
        files = []
    return Bus(tuple(windows.parse_displays(raw)), windows.driver_files(raw["registry"], files))


def cards(nvidia_says: Nvidia, system_says: Bus, powershell: Mapping[str, Any] | None = None) -> tuple[GpuFacts, ...]:
    """Return every card once: the driver's account first, the system's second, PowerShell's (Windows) last."""
    return tuple(merge([nvidia_says.cards, system_says.cards, windows.parse_video(powershell or {})]))


def merge(sources: Iterable[Sequence[GpuFacts]]) -> list[GpuFacts]:
    """Join accounts of the same cards, most trusted source first, into one list in the order of the bus.

    Two accounts are the same card when their PCI addresses agree; where one has no address, when PCI ids do, else
    names; a lost card, of which the driver says nothing, is the one that is left of its maker. What an earlier source
    left open a later one fills in.
    """
    result: list[GpuFacts] = []
    for account in sources:
        taken: set[int] = set()
        for card in account:
            at = _place(card, result, taken)
            if at is None:
                taken.add(len(result))
                result.append(card)
            else:
                taken.add(at)
                result[at] = _filled(result[at], card)
    return sorted(_without_virtual(result), key=lambda card: (card.bus is None, card.bus or ""))


def _place(card: GpuFacts, known_cards: Sequence[GpuFacts], taken: set[int]) -> int | None:
    open_places = [at for at in range(len(known_cards)) if at not in taken]
    signs = (_same_bus, _same_id, _same_name, _speechless)
    return next((at for same in signs for at in open_places if same(card, known_cards[at])), None)


def _same_bus(one: GpuFacts, other: GpuFacts) -> bool:
    return one.bus is not None and one.bus == other.bus


def _same_id(one: GpuFacts, other: GpuFacts) -> bool:
    return not (one.bus and other.bus) and one.pci is not None and one.pci == other.pci


def _same_name(one: GpuFacts, other: GpuFacts) -> bool:
    """Compare names only where neither address nor id can tell."""
    unclear = not (one.bus and other.bus) and not (one.pci and other.pci)
    return unclear and bool(one.name) and one.name == other.name and one.vendor == other.vendor


def _speechless(one: GpuFacts, other: GpuFacts) -> bool:
    return one.vendor == other.vendor and not (other.bus or other.pci or other.name)


def _filled(card: GpuFacts, other: GpuFacts) -> GpuFacts:
    """Return `card` with its gaps filled from `other`; a card that computes has no trouble, whatever others see."""
    gaps = {field.name: getattr(other, field.name) for field in fields(card) if getattr(card, field.name) in (None, "")}
    if card.cc is not None:
        gaps.pop("status", None)
    return replace(card, **gaps)


def _without_virtual(cards: Sequence[GpuFacts]) -> list[GpuFacts]:
    """Drop the system's paravirtual adapter beside real cards: in WSL2 it is the same card seen a second time."""
    mark = known()["pci"]["virtual_vendor"]
    real = [card for card in cards if not (card.pci or "").startswith(mark)]
    return real or list(cards)
