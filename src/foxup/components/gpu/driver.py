"""NVIDIA's driver: what its library's answer means for the chosen card, and whether it still drives it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from foxup.decision import Driver, DriverNeeded
from foxup.facts import Facts, GpuFacts
from foxup.finding import Finding
from foxup.hardware import Card, Hardware, arch, driver_column, finding, system, update_driver
from foxup.hardware.kinds import Treatment
from foxup.hardware.versions import driver as read_driver
from foxup.hardware.versions import numbers


@dataclass(frozen=True, slots=True)
class Judged:
    """The driver, what is to be said of it, and what would put it right."""

    driver: Driver
    findings: tuple[Finding, ...] = ()
    needed: DriverNeeded | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """One card that serves, with all that bears on its driver."""

    card: Card
    gpu: GpuFacts
    driver: Driver
    treatment: Treatment
    hybrid: bool
    facts: Facts
    hardware: Hardware


def judge(card: Card, facts: Facts, hardware: Hardware, *, hybrid: bool) -> Judged:
    """Judge the driver for a card that serves. `hybrid`: an integrated part sits beside it.

    Whether the version suffices for a build is judged with the build; here the rest is: no answer, a card switched
    off, library and kernel module apart, a branch that has dropped the card.
    """
    gpu = facts.gpus[card.index]
    treatment = _treatment(card, gpu, facts, hardware)
    driver = _version(gpu, facts, prefer_files=treatment == "mismatch")
    case = _Case(card, gpu, driver, treatment, hybrid, facts, hardware)
    if hardware.dropped(card.cc, driver.version):
        return _dropped(case)
    if treatment == "mismatch":
        return Judged(driver, (finding(hardware, "driver-mismatch-reboot"), finding(hardware, "reboot")))
    if _switched_off(case):
        return Judged(driver, (finding(hardware, "dgpu-disabled", card=card.name), finding(hardware, "enable-dgpu")))
    if treatment in {"missing", "unloaded"}:
        return _not_running(case)
    restart = (finding(hardware, "reboot"),) if treatment == "reboot" else ()
    return Judged(driver, (*_stale(case), *restart))


def answers(facts: Facts, hardware: Hardware) -> bool:
    """Whether anything shows that an NVIDIA driver is installed, even with no card in sight."""
    nvml = facts.nvml
    return bool(nvml.init == "ok" or nvml.driver or facts.driver_files or _code_means(facts, hardware) == "unloaded")


# -- what the library's answer means


def _code_means(facts: Facts, hardware: Hardware) -> Treatment:
    if facts.nvml.init == "ok":
        return "works"
    return hardware.drivers.nvml.get(facts.nvml.code or 0, "unsure")


def _treatment(card: Card, gpu: GpuFacts, facts: Facts, hardware: Hardware) -> Treatment:
    means = _code_means(facts, hardware)
    if facts.nvml.driver and means in {"missing", "stale", "unsure"}:
        return "works"  # another source, nvidia-smi, got through to it
    if means == "stale":
        return "works" if card.asked else ("unsure" if facts.driver_files else "missing")
    if means != "works":
        return means
    if re.search(hardware.drivers.lost_status, gpu.status or ""):
        return "reboot"
    return "works" if card.asked or gpu.vram_mib else "unloaded"  # the driver runs, but not for this card


def _version(gpu: GpuFacts, facts: Facts, *, prefer_files: bool) -> Driver:
    told = [facts.nvml.driver, gpu.driver, facts.driver_files]
    for text in reversed(told) if prefer_files else told:
        found = read_driver(text)
        if found:
            return Driver(*found)
    return Driver()


def _switched_off(case: _Case) -> bool:
    """Whether firmware or a vendor's tool has turned the card off.

    The system says so, or leaves it to be guessed: an installed driver that knows the card, finds none, and an
    integrated part beside it. A driver from before the card looks the same and is told apart by its version. Off
    Windows a driver that is not known to be installed is taken for missing instead: nouveau answers alike.
    """
    os, version = case.facts.os, case.driver.version
    if case.gpu.status:
        return bool(re.search(case.hardware.drivers.off_status, case.gpu.status))
    if case.treatment != "unloaded" or not case.hybrid:
        return False
    if version is None:
        return system(os) == "windows"
    return all(
        version >= (numbers(floor) or ()) for floor in case.hardware.card_floors(case.card.cc, driver_column(os))
    )


# -- what follows


def _stale(case: _Case) -> tuple[Finding, ...]:
    variant = {"missing": "", "unloaded": "", "unsure": "/unsure", "reboot": "/lost"}.get(case.treatment)
    if variant is None:
        return ()
    code = case.facts.nvml.code if case.facts.nvml.init != "ok" else 0
    return (finding(case.hardware, "driver-missing-or-stale" + variant, card=case.card.name, code=code),)


def _dropped(case: _Case) -> Judged:
    """The driver's branch has ended support for the card; only a supported card reaches this, so R580 is the way."""
    branch = case.hardware.last_branch(case.card.cc)
    told, name = case.driver.text, case.card.name
    blocker = finding(case.hardware, "driver-too-new-for-gpu", driver=told, card=name, branch=branch)
    action = finding(case.hardware, "install-driver-branch-580")
    return Judged(case.driver, (blocker, *_stale(case), action), DriverNeeded(max_branch=branch))


def _not_running(case: _Case) -> Judged:
    """No driver answers. One that is on the disk but too old is named with the build that needs a newer one."""
    hardware, os, cc = case.hardware, case.facts.os, case.card.cc
    best = hardware.cuda_sets(cc, system(os), arch(os))[0]
    needed = hardware.driver_floor(best, cc, driver_column(os))
    asleep = Driver(case.driver.text, case.driver.version, works=False)
    if asleep.version and asleep.version < (numbers(needed) or ()):
        return Judged(asleep, _stale(case))
    blocker = finding(hardware, "driver-too-old/missing", card=case.card.name, needed=needed)
    action = update_driver(hardware, os, cc, needed)
    return Judged(asleep, (blocker, *_stale(case), action), DriverNeeded(needed, hardware.last_branch(cc)))
