"""The torch build with its launch arguments and variables, for what shall compute. Pure judging of facts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from foxup.decision import Accelerator, Build, Driver, DriverNeeded, Reason, TorchSet
from foxup.facts import Facts
from foxup.finding import Finding
from foxup.hardware import (
    Card,
    Hardware,
    TorchSetRule,
    arch,
    driver_column,
    finding,
    reason,
    say,
    system,
    update_driver,
)
from foxup.hardware.kinds import Backend
from foxup.hardware.versions import below, numbers


def findings(facts: Facts, hardware: Hardware, chosen: Accelerator) -> tuple[Finding, ...]:
    """Judge the build for what was chosen to compute."""
    return choose(facts, hardware, chosen).findings


def choose(facts: Facts, hardware: Hardware, chosen: Accelerator) -> Build:
    """Choose build, arguments and variables. A build of None means that nothing can be installed."""
    if chosen.backend is None:
        return Build(None)
    rule, found, needed = _set(facts, hardware, chosen, chosen.backend)
    if rule is None:
        return Build(None, findings=found)
    if rule.weights_only:
        found = (*found, finding(hardware, "weights-only-ckpt", torch=rule.torch))
    args = _arguments(rule, chosen, hardware)
    wants_xformers = bool(set(args) & set(hardware.nvidia.xformers_args))
    torch = TorchSet(rule.name, rule.torch, rule.torchvision, rule.xformers if wants_xformers else None, rule.index)
    return Build(
        torch=torch,
        args=args,
        env=_variables(rule, facts, hardware, xformers=wants_xformers),
        findings=found,
        reasons=tuple(_reasons(rule, args, chosen, hardware)),
        needed=needed,
    )


# -- the build


def _set(
    facts: Facts, hardware: Hardware, chosen: Accelerator, backend: Backend
) -> tuple[TorchSetRule | None, tuple[Finding, ...], DriverNeeded | None]:
    """Return the build, what is to be said of it, and the driver it asks for where the present one falls short."""
    here, machine = system(facts.os), arch(facts.os)
    if backend == "cuda" and chosen.card:
        rule, found, needed = _for_driver(chosen.card, chosen.driver, facts, hardware)
    else:
        rule, found, needed = hardware.sets_for(backend, here, machine)[0], (), None
    if rule.min_glibc and below(facts.os.glibc, rule.min_glibc):
        name = facts.os.name or facts.os.family
        short = finding(hardware, "os-unsupported/libc", system=name, version=facts.os.glibc, needed=rule.min_glibc)
        return None, (short,), None
    return rule, found, needed


def _for_driver(
    card: Card, driver: Driver, facts: Facts, hardware: Hardware
) -> tuple[TorchSetRule, tuple[Finding, ...], DriverNeeded | None]:
    """Return the best build if the driver suffices, an older one if that works now, else the best with a blocker."""
    cc, column = card.cc, driver_column(facts.os)
    rules = hardware.cuda_sets(cc, system(facts.os), arch(facts.os))
    floor = hardware.driver_floor(rules[0], cc, column)
    if driver.version is None or _reaches(driver.version, floor):
        return rules[0], (), None
    needed = DriverNeeded(min=floor, max_branch=hardware.last_branch(cc))
    update = update_driver(hardware, facts.os, cc, floor)
    for rule in rules[1:] if driver.works else ():
        if _reaches(driver.version, hardware.driver_floor(rule, cc, column)):
            old = finding(hardware, "driver-old", driver=driver.text, torch=rule.torch, needed=floor)
            return rule, (old, update), needed
    short = finding(hardware, "driver-too-old", driver=driver.text, card=card.name, needed=floor)
    return rules[0], (short, update), needed


def _reaches(version: tuple[int, ...], floor: str) -> bool:
    return version >= (numbers(floor) or ())


# -- launch arguments


def _arguments(rule: TorchSetRule, chosen: Accelerator, hardware: Hardware) -> tuple[str, ...]:
    """Return the arguments as separate items: a flag's values follow it."""
    if chosen.backend == "cuda" and chosen.card:
        return (*_nvidia_arguments(chosen.card, hardware), *rule.args)
    if chosen.backend in {"rocm", "ipex"} and chosen.card:
        return (*rule.args, *_memory_arguments(chosen.card, hardware))
    return rule.args


def _nvidia_arguments(card: Card, hardware: Hardware) -> Iterator[str]:
    rules = hardware.nvidia
    low, high = rules.xformers_cc
    inside = card.cc is not None and low <= card.cc <= high
    yield from rules.xformers_args if inside else rules.other_attention_args
    yield from rules.args
    if card.tensor_cores:
        yield from _memory_arguments(card, hardware)
        return
    half = rules.half_precision
    if re.search(half.geforce, card.name):
        yield from (*half.geforce_args, *_memory_arguments(card, hardware))
    else:
        yield from (*half.other_args, *half.other_memory_args)


def _memory_arguments(card: Card, hardware: Hardware) -> tuple[str, ...]:
    memory = hardware.class_of(card.vram_mib)
    return memory.args if memory else ()


# -- variables


def _variables(rule: TorchSetRule, facts: Facts, hardware: Hardware, *, xformers: bool) -> dict[str, str]:
    """Return what the web UI's launcher and torch must find in their environment.

    TORCH_COMMAND keeps the launcher from installing another torch, should it ever install one: where its own default
    differs, and on Linux beside any AMD part, which makes webui.sh choose a ROCm build when it overlooks the card.
    """
    env = {**hardware.always_env, **rule.env}
    beside_amd = system(facts.os) == "linux" and any((gpu.pci or "").startswith("1002:") for gpu in facts.gpus)
    if rule.torch_command and (not rule.upstream_default or beside_amd):
        env["TORCH_COMMAND"] = rule.torch_command
    if xformers and rule.xformers_package:
        env["XFORMERS_PACKAGE"] = rule.xformers_package
    return env


# -- reasons


def _reasons(rule: TorchSetRule, args: tuple[str, ...], chosen: Accelerator, hardware: Hardware) -> Iterator[Reason]:
    card = chosen.card
    cc = card.cc_text if card else "?"
    gfx = card.gfx if card else "?"
    values: dict[str, object] = {"torch": rule.torch, "cc": cc, "driver": chosen.driver.text or "?", "gfx": gfx}
    yield Reason("torch", say(rule.reason, values))
    vram = card.vram_mib if card and card.vram_mib else "?"
    for flag in args:
        text = reason(hardware, flag, cc=cc, vram=vram) if flag.startswith("--") else ""
        if text:
            yield Reason(flag, text)
    for name in hardware.always_env:
        yield Reason(name, reason(hardware, "env-always"))
