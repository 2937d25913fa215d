"""Make the lock files of a profile: every package with version and hashes, for every system at once."""

from __future__ import annotations

import re
from pathlib import Path

from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.profile import Profile
from foxup.system import commands, files, uv

_TORCH_ONLY = re.compile(r"^(torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==")
_HEADER = "# Made by `foxup lock --profile {name}` from {source}. Do not edit.\n"


def make(profile: Profile) -> tuple[Path, Path]:
    """Resolve the profile's requirements and write its two locks beside it; return their paths.

    Needs the package index. Raises FoxupError (`lock-failed`) with the resolver's last words.
    """
    packages, folder = profile.packages, profile.folder
    python = profile.python.provision
    arguments = [uv.find_uv(), "pip", "compile", "--no-config", "--universal", "--generate-hashes", "--no-header"]
    arguments += ["--no-annotate", "--python-version", python, str(folder / packages.requirements)]
    result = commands.run(arguments, timeout=600)
    if not result.ok:
        raise FoxupError(
            "lock-failed",
            _("The requirements of profile {name} could not be resolved.").format(name=profile.name),
            cause=result.stderr.strip()[-500:],
        )
    torch, rest = split(result.stdout)
    header = _HEADER.format(name=profile.name, source=packages.requirements)
    paths = (folder / packages.torch_lock, folder / packages.lock)
    for path, text in zip(paths, (torch, rest), strict=True):
        files.write_atomic(path, (header + text).encode())
    return paths


def split(lock: str) -> tuple[str, str]:
    """Part a compiled lock into torch with what only it needs, and everything else."""
    entries = re.findall(r"^[A-Za-z0-9][^\n]*(?:\n[ \t]+[^\n]*)*\n?", lock, re.MULTILINE)
    torch = [entry for entry in entries if _TORCH_ONLY.match(entry)]
    rest = [entry for entry in entries if not _TORCH_ONLY.match(entry)]
    return "".join(torch), "".join(rest)
