"""NVIDIA cards: which of them serve, how well, which one is taken, and what has to be said of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from foxup.decision import GRADES, worst
from foxup.facts import Facts
from foxup.finding import Finding
from foxup.hardware import Card, Grade, Hardware, arch, finding, system
from foxup.hardware.versions import Version

_UNKNOWN_BUS = "~"  # sorts behind every hexadecimal address


def refusal(card: Card, facts: Facts, hardware: Hardware) -> str | None:
    """Return why a card cannot serve, whatever is repaired around it; None when it can."""
    if card.cc is None:
        return "gpu-arch-unsupported/unknown"
    if not hardware.cuda_sets(card.cc, system(facts.os), arch(facts.os)):
        return "gpu-arch-unsupported"
    memory = hardware.class_of(card.vram_mib)
    return "vram-below-minimum" if memory and memory.refused else None


def grade(card: Card, hardware: Hardware) -> Grade:
    """Return how well a card serves that is not refused."""
    rules, memory, cc = hardware.nvidia, hardware.class_of(card.vram_mib), card.cc or (0, 0)
    grades: list[Grade] = [
        next((rule.grade for rule in rules.grades if rule.cc_min <= cc <= rule.cc_max), "unsupported")
    ]
    if not card.tensor_cores:
        grades.append(rules.no_tensor_cores_grade)
    if memory and memory.cap:
        grades.append(memory.cap)
    return worst(grades)


def best(cards: Sequence[Card], hardware: Hardware) -> Card:
    """Choose among cards that serve: by verdict, class of memory, GiB, generation, place."""

    def rank(card: Card) -> tuple[int, int, int, tuple[int, ...], int]:
        memory = hardware.class_of(card.vram_mib)
        place = hardware.vram.index(memory) if memory else 0
        gib = round((card.vram_mib or 0) / 1024)
        return (GRADES.index(grade(card, hardware)), -place, -gib, tuple(-n for n in card.cc or ()), card.index)

    return min(cards, key=rank)


def visible_index(card: Card, cards: Sequence[Card], facts: Facts, driver: Version | None, hardware: Hardware) -> int:
    """Return the card's number in PCI order among the cards that the driver drives."""

    def driven(other: Card) -> bool:
        return other.index == card.index or not hardware.dropped(other.cc, driver)

    places = [other for other in cards if driven(other)]
    places.sort(key=lambda other: (_bus(facts, other), other.index))
    return places.index(card)


def _bus(facts: Facts, card: Card) -> str:
    """Return the PCI address in a form that sorts: NVML writes eight digits of domain, Linux four."""
    parts = re.split(r"[:.]", facts.gpus[card.index].bus or "")
    known = len(parts) == 4 and all(re.fullmatch(r"[0-9A-Fa-f]+", part) for part in parts)
    return ":".join(f"{int(part, 16):08x}" for part in parts) if known else _UNKNOWN_BUS


def remarks(card: Card, others: Sequence[Card], hardware: Hardware) -> Iterator[Finding]:
    """Say what the chosen card is limited in; `others` are further cards that would serve."""
    major = card.cc[0] if card.cc else 0
    if major == 5:
        yield finding(hardware, "gpu-maxwell-limited", card=card.name)
    if major == 6 and card.cc != (6, 0):  # GP100 computes half precision at twice the speed
        yield finding(hardware, "gpu-slow-pascal", card=card.name)
    if not card.tensor_cores:
        known = re.search(hardware.nvidia.half_precision.geforce, card.name)
        yield finding(hardware, "gtx16-fp16" if known else "gtx16-fp16/other-name", card=card.name)
    memory = hardware.class_of(card.vram_mib)
    if memory and memory.low:
        yield finding(hardware, "vram-low", card=card.name, vram=card.vram_mib)
    if card.sliced:
        yield finding(hardware, "mig-slice", card=card.name, vram=card.vram_mib or "?")
    for served in (card, *others):
        branch = hardware.last_branch(served.cc)
        if branch:
            yield finding(hardware, "driver-ceiling", card=served.name, branch=branch)
