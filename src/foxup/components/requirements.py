"""What a machine needs for a profile that uses no graphics card: a known system, memory, room on the disk."""

from __future__ import annotations

from foxup.context import Context
from foxup.facts import Facts
from foxup.finding import Finding, Severity
from foxup.i18n import _
from foxup.profile import RequirementsModel

_SYSTEMS = {
    "windows": ("amd64", "x86_64", "arm64"),
    "linux": ("x86_64", "amd64", "aarch64", "arm64"),
    "macos": ("arm64", "x86_64"),
}


def findings(context: Context) -> list[Finding]:
    """Judge system, memory and disk against the profile."""
    facts, needs = context.facts, context.profile.requirements
    found = [_system(facts), _disk(facts, needs), _memory(facts, needs), _git(facts, needs)]
    return [finding for finding in found if finding]


def supported(facts: Facts) -> bool:
    """Whether the packages of such a profile exist for this system at all."""
    return facts.os.arch.lower() in _SYSTEMS.get(facts.os.family, ())


def _system(facts: Facts) -> Finding | None:
    if supported(facts):
        return None
    return Finding(
        "os-unsupported",
        Severity.BLOCKER,
        _("{name} ({arch}) cannot run this profile.").format(name=facts.os.name or facts.os.family, arch=facts.os.arch),
        _("There are no builds of torch for it."),
        _("Use 64-bit Windows 10 or newer, Linux or macOS."),
    )


def _disk(facts: Facts, needs: RequirementsModel) -> Finding | None:
    free = facts.disk.target_free_gib
    if free is None or free >= needs.disk_gib:
        return None
    return Finding(
        "disk-too-small",
        Severity.BLOCKER,
        _("{free:.1f} GiB are free where the web UI should go; {needed:.1f} GiB are needed.").format(
            free=free, needed=needs.disk_gib
        ),
        _("The packages alone take most of that."),
        _("Free some space, or choose a folder on another drive."),
        ("foxup install --dir DRIVE/webui",),
    )


def _memory(facts: Facts, needs: RequirementsModel) -> Finding | None:
    if facts.ram_mib is None or facts.ram_mib >= needs.ram_mib:
        return None
    return Finding(
        "ram-low",
        Severity.WARNING,
        _("This machine has {have} MiB of memory; {needed} MiB are advised.").format(
            have=facts.ram_mib, needed=needs.ram_mib
        ),
        _("Generating may be slow or fail."),
        _("Close other programs first."),
    )


def _git(facts: Facts, needs: RequirementsModel) -> Finding | None:
    if not needs.git or facts.git:
        return None
    return Finding(
        "install-git",
        Severity.ACTION,
        _("git is missing."),
        _("The web UI and its parts come as git repositories."),
        _("Install git, then run the same command again."),
        ("winget install --id Git.Git -e",) if facts.os.family == "windows" else ("sudo apt install git",),
    )
