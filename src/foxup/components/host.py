"""The machine around the card: system, memory, drives, folders. Pure judging of facts by profiles/hardware.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from foxup.facts import Facts
from foxup.finding import Finding
from foxup.hardware import Grade, Hardware, arch, finding, is_wsl, system
from foxup.hardware.versions import below


def findings(facts: Facts, hardware: Hardware) -> tuple[Finding, ...]:
    """Judge everything about the machine but its card, git and interpreters."""
    return (
        *_system(facts, hardware),
        *_folder(facts, hardware),
        *_drives(facts, hardware),
        *_memory(facts, hardware),
        *_temp(facts, hardware),
    )


def caps(facts: Facts, hardware: Hardware) -> tuple[Grade, ...]:
    """Return the best verdicts that the machine's memory allows; empty when it allows all, or is not known."""
    rule, ram = hardware.memory, facts.ram_mib
    if ram is None or ram >= rule.low_below_mib:
        return ()
    return (rule.very_low_cap,) if ram < rule.very_low_below_mib else (rule.low_cap,)


def environment(facts: Facts, hardware: Hardware) -> Mapping[str, str]:
    """Return the variables that move temporary files and pip's cache into the install folder, where they must.

    Empty while the install folder itself has to change: they follow the new one.
    """
    here, target = system(facts.os), facts.target
    if here is None or not target or not target.isascii() or not _redirects(facts, hardware):
        return {}
    separator = "\\" if here == "windows" else "/"
    base = target.rstrip("\\/") + separator + ".foxup" + separator
    moved = dict.fromkeys(hardware.paths.temp_variables[here], base + "tmp")
    return {**moved, hardware.paths.cache_variable: base + "pip-cache"}


# -- system


def _system(facts: Facts, hardware: Hardware) -> Iterator[Finding]:
    here = system(facts.os)
    name = facts.os.name or facts.os.family
    if here is None or not _known_machine(facts, hardware):
        yield finding(hardware, "os-unsupported/arch", system=name, arch=facts.os.arch or "?")
        return
    rule = hardware.systems[here]
    version = facts.os.version or name
    if rule.min_version and below(version, rule.min_version):
        yield finding(hardware, "os-unsupported", system=name, version=version, needed=rule.min_version)
    other_libc = bool(rule.without_glibc and re.search(rule.without_glibc, name))
    if rule.min_glibc and (below(facts.os.glibc, rule.min_glibc) or other_libc):
        libc = facts.os.glibc or "-"
        yield finding(hardware, "os-unsupported/libc", system=name, version=libc, needed=rule.min_glibc)


def _known_machine(facts: Facts, hardware: Hardware) -> bool:
    """Whether the machine type serves; one that the facts leave out is taken for the usual one."""
    here = system(facts.os)
    return here is not None and (not arch(facts.os) or arch(facts.os) in hardware.systems[here].arch)


# -- install folder


def _folder(facts: Facts, hardware: Hardware) -> Iterator[Finding]:
    path = facts.target
    if not path:
        return
    example = _example(facts)
    windows = system(facts.os) == "windows"
    tried = {
        "path-non-ascii": not path.isascii(),
        "path-has-spaces": bool(re.search(r"\s", path)),
        "path-protected": _protected(facts, hardware),
        "path-network": windows and bool(re.match(hardware.paths.network, path)),
        "path-long": windows and len(path) > hardware.paths.longest,
    }
    faults = [code for code, holds in tried.items() if holds]
    for code in faults:
        yield finding(hardware, code, path=path, example=example, count=len(path))
    if faults:
        yield finding(hardware, "choose-other-path", example=example)
    if is_wsl(facts.os) and re.match(hardware.paths.wsl_drives, path):
        yield finding(hardware, "wsl2-drvfs-slow", path=path)


def _protected(facts: Facts, hardware: Hardware) -> bool:
    """Whether the folder belongs to the system, or was tried and cannot be written to."""
    here, path = system(facts.os), facts.target or ""
    if here is None or facts.target_writable is False:
        return facts.target_writable is False
    drive = re.match(hardware.paths.wsl_drives, path) if is_wsl(facts.os) else None
    if drive:
        here, path = "windows", f"{drive[1]}:{drive[2] or '/'}"
    if here == "windows":
        path = path.replace("/", "\\")
    return bool(re.search(hardware.paths.protected[here], path))


def _example(facts: Facts) -> str:
    """Return a folder that would do, on the drive that was asked for."""
    if system(facts.os) != "windows":
        return "~/ai"
    drive = re.match(r"[A-Za-z]:", facts.target or "")
    return f"{drive[0].upper() if drive else 'D:'}\\ai"


# -- drives


def _drives(facts: Facts, hardware: Hardware) -> Iterator[Finding]:
    rule, free = hardware.disk, facts.disk.target_free_gib
    if free is not None and free < rule.refuse_below_gib:
        yield finding(hardware, "disk-too-small", free=f"{free:.1f}", needed=f"{rule.refuse_below_gib:g}")
        yield finding(hardware, "free-disk", free=f"{free:.1f}", needed=f"{rule.refuse_below_gib:g}")
    elif free is not None and free < rule.warn_below_gib:
        yield finding(hardware, "disk-low", free=f"{free:.1f}", needed=f"{rule.warn_below_gib:g}")
    if facts.disk.target_kind in rule.slow_kinds:
        yield finding(hardware, "disk-hdd")


def _system_drive_full(facts: Facts, hardware: Hardware) -> bool:
    free = facts.disk.system_free_gib
    return free is not None and free < hardware.disk.system_redirect_below_gib


def _one_drive(facts: Facts) -> bool:
    """Whether the target lies on the system drive, so that moving things there frees nothing."""
    disk = facts.disk
    if disk.same_drive is not None:
        return disk.same_drive
    return disk.target_free_gib is not None and disk.target_free_gib == disk.system_free_gib


# -- memory


def _memory(facts: Facts, hardware: Hardware) -> Iterator[Finding]:
    rule, ram = hardware.memory, facts.ram_mib
    if ram is not None and ram < rule.low_below_mib:
        yield finding(hardware, "ram-low", ram=ram)
    swap = facts.pagefile_mib
    if system(facts.os) != "windows" or swap is None:
        return
    if swap == 0:
        yield finding(hardware, "pagefile-small/off")
    elif ram is not None and ram + swap < rule.commit_below_mib:
        yield finding(hardware, "pagefile-small", commit=ram + swap)
    else:
        return
    yield finding(hardware, "fix-pagefile", on="windows")


# -- temporary files


def _temp(facts: Facts, hardware: Hardware) -> Iterator[Finding]:
    if facts.temp and not facts.temp.isascii():
        yield finding(hardware, "temp-path-non-ascii", path=facts.temp)
    if _system_drive_full(facts, hardware):
        free = f"{facts.disk.system_free_gib or 0:.1f}"
        needed = f"{hardware.disk.system_redirect_below_gib:g}"
        yield finding(hardware, "system-drive-low", free=free, needed=needed)
    if _redirects(facts, hardware):
        yield finding(hardware, "redirect-temp")


def _redirects(facts: Facts, hardware: Hardware) -> bool:
    unusable = bool(facts.temp and not facts.temp.isascii())
    return unusable or (_system_drive_full(facts, hardware) and not _one_drive(facts))
