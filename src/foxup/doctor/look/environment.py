"""The web UI's virtual environment, read from its files: it tells even when its interpreter does not start."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from foxup import survey
from foxup.doctor.state import Environment
from foxup.paths import Layout
from foxup.system import files
from foxup.system.journal import Journal

_INFO = re.compile(r"^(?P<name>.+?)-(?P<version>[^-]+)\.(?:dist|egg)-info$")
_CUDA = re.compile(r"^cuda\s*(?::[^=]*)?=\s*['\"]([\d.]+)['\"]", re.MULTILINE)
_HOME = re.compile(r"^home\s*=\s*(.+?)\s*$", re.MULTILINE)
_MADE_FOR = re.compile(r"^\s*(?:export\s+)?(?:set\s+\"?)?VIRTUAL_ENV=['\"]?(.*?)['\"]?\s*$", re.MULTILINE)


def read(layout: Layout) -> dict[str, Any]:
    """Return the environment: marker, interpreter, packages by their metadata, torch's build."""
    folder = layout.environment
    state = survey.environment(layout, begun=Journal(layout.journal).begun("environment.create"))
    if not state.present:
        return {"environment": Environment(begun=state.begun)}
    home = _found(_HOME, folder / "pyvenv.cfg")
    sites = _site_packages(folder)
    return {
        "environment": Environment(
            present=True,
            python=state.python,
            digest=state.digest,
            begun=state.begun,
            home=home,
            home_exists=home is None or Path(home).is_dir(),
            made_for=_made_for(layout),
            packages=_packages(sites),
            torch_cuda=next((cuda for site in sites if (cuda := _found(_CUDA, site / "torch" / "version.py"))), None),
        )
    }


def _made_for(layout: Layout) -> str | None:
    """Return the folder the activation script names; a script that works it out itself names none."""
    name = ("Scripts", "activate.bat") if layout.windows else ("bin", "activate")
    path = _found(_MADE_FOR, layout.environment.joinpath(*name))
    return path if path and Path(path).is_absolute() and "$" not in path and "%" not in path else None


def _site_packages(folder: Path) -> list[Path]:
    places = (folder / "Lib" / "site-packages", *folder.glob("lib/python*/site-packages"))
    return [path for path in places if path.is_dir()]


def _packages(sites: list[Path]) -> dict[str, str]:
    from packaging.utils import canonicalize_name

    found = {}
    for site in sites:
        for path in sorted(site.iterdir()):
            hit = _INFO.match(path.name)
            if hit:
                found[str(canonicalize_name(hit["name"]))] = hit["version"]
    return found


def _found(pattern: re.Pattern[str], path: Path) -> str | None:
    content = files.read_bytes(path)
    hit = pattern.search(content.decode("utf-8", "replace")) if content else None
    return hit[1] if hit else None
