"""Graphics cards and their driver: what shall compute. Pure judging of facts by profiles/hardware.toml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from foxup.components.gpu import driver, nvidia, others
from foxup.decision import Accelerator, Driver, Reason
from foxup.facts import Facts
from foxup.finding import Finding
from foxup.hardware import Card, Hardware, arch, finding, identify, reason, system


def findings(facts: Facts, hardware: Hardware) -> tuple[Finding, ...]:
    """Judge cards and driver."""
    return choose(facts, hardware).findings


def choose(facts: Facts, hardware: Hardware, *, cpu: bool = False) -> Accelerator:
    """Choose what computes. `cpu`: the profile asks for the processor, so no card is looked at where it can.

    An NVIDIA card that serves comes before any other; a broken driver does not change that, since it can be repaired.
    """
    cards = [identify(index, gpu, hardware) for index, gpu in enumerate(facts.gpus)]
    if cpu and hardware.sets_for("cpu", system(facts.os), arch(facts.os)):
        return _processor(hardware)
    if system(facts.os) == "macos":
        return _said(others.apple(cards, facts, hardware) or others.nothing(cards, facts, hardware), hardware)
    serving = [card for card in _made_by(cards, "nvidia") if nvidia.refusal(card, facts, hardware) is None]
    if serving:
        return _nvidia(serving, cards, facts, hardware)
    return _said(_without_nvidia(cards, facts, hardware), hardware)


def _made_by(cards: Sequence[Card], maker: str) -> list[Card]:
    return [card for card in cards if card.maker == maker]


def _processor(hardware: Hardware) -> Accelerator:
    reasons = (Reason("gpu", reason(hardware, "gpu-none")),)
    return Accelerator("cpu", hardware.cpu.grade, findings=(finding(hardware, "cpu-only"),), reasons=reasons)


def _said(chosen: Accelerator, hardware: Hardware) -> Accelerator:
    """Add the reason for the card, unless there is one."""
    if chosen.reasons or chosen.card is None:
        return chosen
    key = "gpu-only" if chosen.backend else "gpu-refused"
    return replace(chosen, reasons=(Reason("gpu", reason(hardware, key, card=chosen.card.name)),))


# -- NVIDIA


def _nvidia(serving: list[Card], cards: list[Card], facts: Facts, hardware: Hardware) -> Accelerator:
    card = nvidia.best(serving, hardware)
    spare = [other for other in serving if other is not card]
    integrated = [other for other in cards if other.integrated]
    judged = driver.judge(card, facts, hardware, hybrid=bool(integrated))
    found = [*judged.findings, *nvidia.remarks(card, spare, hardware)]
    if integrated:
        found.append(finding(hardware, "hybrid-graphics", card=card.name, other=integrated[0].name))
    if spare:
        found.append(finding(hardware, "multi-gpu", card=card.name, other=spare[0].name))
    env = _pinned(card, _made_by(cards, "nvidia"), facts, judged.driver, hardware)
    if env:
        found.append(finding(hardware, "pin-gpu", card=card.name))
    key = "gpu-best" if spare else "gpu-only"
    why = Reason("gpu", reason(hardware, key, card=card.name, count=len(serving)))
    grade = nvidia.grade(card, hardware)
    return Accelerator("cuda", grade, card, judged.driver, tuple(found), env, (why,), judged.needed)


def _pinned(card: Card, cards: Sequence[Card], facts: Facts, present: Driver, hardware: Hardware) -> dict[str, str]:
    """Return the variables that show CUDA one card only, where it would see more, or one slice of it.

    CUDA counts the fastest card first unless told to count in PCI order.
    """
    device = card.slice_id
    if device is None and len(cards) > 1:
        device = str(nvidia.visible_index(card, cards, facts, present.version, hardware))
    return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": device} if device is not None else {}


# -- anything else


def _without_nvidia(cards: list[Card], facts: Facts, hardware: Hardware) -> Accelerator:
    for card in cards:
        chosen = others.amd(card, facts, hardware) or others.intel(card, facts, hardware)
        if chosen:
            return _checked(chosen, card, cards, hardware)
    refused = [(card, nvidia.refusal(card, facts, hardware) or "") for card in _made_by(cards, "nvidia")]
    if refused:
        return _refused(*max(refused, key=lambda pair: (pair[0].cc or (0, 0), pair[0].vram_mib or 0)), hardware)
    hidden = any(card.integrated for card in cards) and not any(others.discrete(card) for card in cards)
    if hidden and driver.answers(facts, hardware):
        found = (finding(hardware, "dgpu-disabled/absent"), finding(hardware, "enable-dgpu"))
        return Accelerator(None, "unsupported", findings=found)
    return others.nothing(cards, facts, hardware)


def _checked(chosen: Accelerator, card: Card, cards: Sequence[Card], hardware: Hardware) -> Accelerator:
    """Hold a card of another maker against the memory classes, and set integrated parts aside."""
    memory = hardware.class_of(card.vram_mib)
    if memory and memory.refused:
        return _refused(card, "vram-below-minimum", hardware)
    added = [finding(hardware, "vram-low", card=card.name, vram=card.vram_mib)] if memory and memory.low else []
    aside = [other.name for other in cards if other.integrated]
    if aside:
        added.append(finding(hardware, "hybrid-graphics", card=card.name, other=aside[0]))
    return replace(chosen, findings=(*chosen.findings, *added))


def _refused(card: Card, code: str, hardware: Hardware) -> Accelerator:
    found = finding(hardware, code, card=card.name, cc=card.cc_text, vram=card.vram_mib)
    return Accelerator(None, "unsupported", card, findings=(found,))
