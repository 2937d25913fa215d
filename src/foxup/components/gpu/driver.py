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


def judge(card: Card, facts: Facts, hardware: Hardware, *, hybrid: bool) -> Judged:
    """Judge the driver for a card that serves. `hybrid`: an integrated part sits beside it.

    Whether the version suffices for a build is judged with the build; here the rest is: no answer, a card switched
    off, library and kernel module apart, a branch that has dropped the card.
    """
    gpu = facts.gpus[card.index]
    treatment = _treatment(card, gpu, facts, hardware)
    driver = _version(gpu, facts, prefer_files=treatment == "mismatch")
    stale = _stale(card, facts, hardware, treatment)
    if hardware.dropped(card.cc, driver.version):
        return _dropped(card, driver, hardware, stale)
    if treatment == "mismatch":
        found = (finding(hardware, "driver-mismatch-reboot"), finding(hardware, "reboot"))
        return Judged(driver, found)
    if _switched_off(card, gpu, driver, facts, hardware, treatment, hybrid=hybrid):
        return Judged(driver, (finding(hardware, "dgpu-disabled", card=card.name), finding(hardware, "enable-dgpu")))
    if treatment in {"missing", "unloaded"}:
        return _not_running(card, driver, facts, hardware, stale)
    if treatment == "reboot":
        return Judged(driver, (*stale, finding(hardware, "reboot")))
    return Judged(driver, stale)


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


def _switched_off(
    card: Card, gpu: GpuFacts, driver: Driver, facts: Facts, hardware: Hardware, treatment: Treatment, *, hybrid: bool
) -> bool:
    """Whether firmware or a vendor's tool has turned the card off.

    Windows says so, or leaves it to be guessed: an installed driver that knows the card, finds none, and an
    integrated part beside it. A driver from before the card looks the same and is told apart by its version.
    """
    if re.search(hardware.drivers.off_status, gpu.status or ""):
        return True
    if treatment != "unloaded" or not hybrid or system(facts.os) != "windows":
        return False
    column = driver_column(facts.os)
    floors = [getattr(rule, column) for rule in hardware.drivers.card_floors if card.cc and card.cc >= rule.cc_min]
    return driver.version is None or all(driver.version >= (numbers(floor) or ()) for floor in floors)


# -- what follows


def _stale(card: Card, facts: Facts, hardware: Hardware, treatment: Treatment) -> tuple[Finding, ...]:
    variant = {"missing": "", "unloaded": "", "unsure": "/unsure", "reboot": "/lost"}.get(treatment)
    if variant is None:
        return ()
    code = facts.nvml.code if facts.nvml.init != "ok" else 0
    return (finding(hardware, "driver-missing-or-stale" + variant, card=card.name, code=code),)


def _dropped(card: Card, driver: Driver, hardware: Hardware, stale: tuple[Finding, ...]) -> Judged:
    """The driver's branch has ended support for the card; only a supported card reaches this, so R580 is the way."""
    branch = hardware.last_branch(card.cc)
    found = (
        finding(hardware, "driver-too-new-for-gpu", driver=driver.text, card=card.name, branch=branch),
        *stale,
        finding(hardware, "install-driver-branch-580"),
    )
    return Judged(driver, found, DriverNeeded(max_branch=branch))


def _not_running(card: Card, driver: Driver, facts: Facts, hardware: Hardware, stale: tuple[Finding, ...]) -> Judged:
    """No driver answers. One that is on the disk but too old is named with the build that needs a newer one."""
    asleep = Driver(driver.text, driver.version, works=False)
    assert card.cc is not None
    rule = hardware.cuda_sets(card.cc, system(facts.os), arch(facts.os))[0]
    needed = hardware.driver_floor(rule, card.cc, driver_column(facts.os))
    if driver.version and driver.version < (numbers(needed) or ()):
        return Judged(asleep, stale)
    found = (
        finding(hardware, "driver-too-old/missing", card=card.name, needed=needed),
        *stale,
        update_driver(hardware, facts.os, card.cc, needed),
    )
    return Judged(asleep, found, DriverNeeded(min=needed, max_branch=hardware.last_branch(card.cc)))
