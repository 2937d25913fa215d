"""Cards that are not NVIDIA's: AMD under Linux, Intel Arc, Apple silicon; and the answer when nothing serves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from foxup.decision import Accelerator, Reason
from foxup.facts import Facts
from foxup.finding import Finding
from foxup.hardware import Card, Hardware, arch, finding, is_wsl, reason, system, update_driver


def amd(card: Card, facts: Facts, hardware: Hardware) -> Accelerator | None:
    """Return what an AMD card can do: under Linux, for the architectures a build holds code for."""
    rule = next((rule for rule in hardware.amd.generations if rule.gfx == card.gfx), None)
    if (
        card.maker != "amd"
        or rule is None
        or card.integrated
        or not hardware.sets_for("rocm", system(facts.os), arch(facts.os))
    ):
        return None
    variant = "/override" if rule.override else ""
    found = [finding(hardware, "amd-limited" + variant, card=card.name, override=rule.override)]
    if _device_closed(facts, hardware):
        groups = ", ".join(hardware.amd.groups)
        found.append(finding(hardware, "join-gpu-groups", on="linux", groups=groups))
    env = {hardware.amd.override_env: rule.override} if rule.override else {}
    return Accelerator("rocm", hardware.amd.grade, card, findings=tuple(found), env=env)


def _device_closed(facts: Facts, hardware: Hardware) -> bool:
    """Whether ROCm's device file is closed to this user; the file's own answer counts more than the groups."""
    if facts.kfd_writable is not None or facts.groups is None:
        return facts.kfd_writable is False
    return not set(hardware.amd.groups) <= set(facts.groups)


def intel(card: Card, facts: Facts, hardware: Hardware) -> Accelerator | None:
    """Return what an Intel card can do: the A-series, where the one build for it exists."""
    if card.maker != "intel" or not card.family or not hardware.sets_for("ipex", system(facts.os), arch(facts.os)):
        return None
    return Accelerator(
        "ipex", hardware.intel.grade, card, findings=(finding(hardware, "intel-limited", card=card.name),)
    )


def apple(cards: Sequence[Card], facts: Facts, hardware: Hardware) -> Accelerator | None:
    """Return what a Mac can do: Apple silicon computes through Metal, Intel machines do not serve."""
    if arch(facts.os) not in hardware.apple.arch:
        return None
    card = next((card for card in cards if card.maker == "apple"), None)
    name = card.name if card else facts.cpu or facts.os.name
    why = Reason("gpu", reason(hardware, "gpu-only", card=name))
    found = (finding(hardware, "mps-limited"),)
    return Accelerator("mps", hardware.apple.grade, card, findings=found, reasons=(why,))


def discrete(card: Card) -> bool:
    """Whether a card of another maker sits beside the processor rather than in it."""
    return card.maker in {"amd", "intel"} and not card.integrated


def nothing(cards: Sequence[Card], facts: Facts, hardware: Hardware) -> Accelerator:
    """Say that no card serves, which one was looked at, and what else there is."""
    known = [card for card in cards if card.maker in {"amd", "intel"}]
    looked_at = min(known, key=lambda card: (card.integrated, card.index), default=None)
    refusal = "no-supported-gpu"
    if looked_at and looked_at.maker == "amd" and system(facts.os) == "windows":
        refusal += "/amd-windows"
    elif looked_at:
        refusal += "/other"
    elif is_wsl(facts.os):
        refusal += "/wsl"
    name = looked_at.name if looked_at else ""
    found = (finding(hardware, refusal, card=name), *_alternative(refusal, name, facts, hardware))
    reasons = (Reason("gpu", reason(hardware, "gpu-none")),)
    return Accelerator(None, "unsupported", findings=found, reasons=reasons)


def _alternative(refusal: str, name: str, facts: Facts, hardware: Hardware) -> Iterator[Finding]:
    if refusal.endswith("/amd-windows"):
        yield finding(hardware, "amd-windows-alternative", card=name)
        yield finding(hardware, "offer-fork")
    if refusal.endswith("/wsl"):
        newest = max((rule.cuda_major, rule.windows) for rule in hardware.drivers.cuda_floors)
        yield update_driver(hardware, facts.os, hardware.nvidia.xformers_cc[1], newest[1])
