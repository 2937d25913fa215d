"""Make the lock files of a profile: every package with version and hashes, for every system at once."""

from __future__ import annotations

import re
from pathlib import Path

from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.profile import Profile
from foxup.system import commands, files, uv

_TORCH_ONLY = re.compile(r"^(torch|torchvision|triton|nvidia-[\w-]+|cuda-[\w-]+)==")
_ENTRY = re.compile(r"^[A-Za-z0-9][^\n]*(?:\n[ \t]+[^\n]*)*\n?", re.MULTILINE)
_HEADER = "# Made by `foxup lock --profile {name}` from {source}. Do not edit.\n"
_SYSTEMS = (
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"},
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "aarch64"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix", "platform_machine": "arm64"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix", "platform_machine": "x86_64"},
)


def make(profile: Profile) -> tuple[Path, ...]:
    """Resolve the profile's requirements and write its locks beside it; return their paths.

    Needs the package index. Raises FoxupError (`lock-failed`) with the resolver's last words.
    """
    packages, folder = profile.packages, profile.folder
    torch, rest = split(_resolve(profile, packages.requirements))
    written = {packages.torch_lock: (packages.requirements, torch), packages.lock: (packages.requirements, rest)}
    common = {_name(entry) for entry in rest}
    for more in packages.more_locks:
        left_out = {*more.without, *(() if more.complete else common)}
        entries = [item for item in _resolve(profile, more.requirements) if _name(item) not in left_out]
        written[more.lock] = (more.requirements, entries)
    for lock, (source, entries) in written.items():
        header = _HEADER.format(name=profile.name, source=source)
        files.write_atomic(folder / lock, (header + "".join(entries)).encode())
    return tuple(folder / lock for lock in written)


def split(entries: list[str]) -> tuple[list[str], list[str]]:
    """Part the entries of a lock into torch with what only it needs, and everything else."""
    torch = [entry for entry in entries if _TORCH_ONLY.match(entry)]
    return torch, [entry for entry in entries if not _TORCH_ONLY.match(entry)]


def _resolve(profile: Profile, requirements: str) -> list[str]:
    """Return the entries of a resolution for every system, those left out that only other Pythons need."""
    python = profile.python.provision
    arguments = [uv.find_uv(), "pip", "compile", "--no-config", "--universal", "--generate-hashes", "--no-header"]
    arguments += ["--no-annotate", "--python-version", python, str(profile.folder / requirements)]
    result = commands.run(arguments, timeout=600)
    if result.ok:
        return [entry for entry in _ENTRY.findall(result.stdout) if _needed(entry, python)]
    raise FoxupError(
        "lock-failed",
        _("The requirements of profile {name} could not be resolved.").format(name=profile.name),
        cause=result.stderr.strip()[-500:],
    )


def _needed(entry: str, python: str) -> bool:
    """Whether the entry's marker holds on any system with this Python."""
    from packaging.markers import Marker

    text = entry.split("\n", 1)[0].partition(" ; ")[2].rstrip("\\ ")
    version = ".".join(python.split(".")[:2])
    about = {"python_version": version, "python_full_version": f"{version}.99", "implementation_name": "cpython"}
    return not text or any(Marker(text).evaluate({**about, **system}) for system in _SYSTEMS)


def _name(entry: str) -> str:
    return entry.partition("==")[0]
