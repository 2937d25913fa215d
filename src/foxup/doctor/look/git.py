"""The git folders of an install: their own top level, their commit, and whether git trusts them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foxup.doctor.state import Repository
from foxup.errors import FoxupError
from foxup.paths import Layout
from foxup.profile import Profile
from foxup.system import commands, git

_QUICK_S = 20


def read(layout: Layout, profile: Profile) -> dict[str, Any]:
    """Return every repository and extension of the profile, the web UI itself and what lies under `repositories`."""
    names = {item.destination for item in (*profile.webui.repositories, *profile.extensions)}
    folder = layout.root / "repositories"
    if folder.is_dir():
        names |= {f"repositories/{path.name}" for path in folder.iterdir() if path.is_dir()}
    if (layout.root / ".git").exists():
        names.add(".")
    return {"repositories": {name: _repository(layout.root / name) for name in sorted(names)}}


def _repository(path: Path) -> Repository:
    state = git.state(path)
    trusted = _trusted(path) if (path / ".git").exists() else None
    return Repository(state.present, state.own, state.commit, trusted, state.branch)


def _trusted(path: Path) -> bool | None:
    """Ask git as the web UI asks it: without foxup's leave to read anybody's folders. None: git could not be asked."""
    try:
        done = commands.run(["git", "-C", str(path), "rev-parse", "--git-dir"], timeout=_QUICK_S)
    except FoxupError:
        return None
    return "dubious ownership" not in done.stderr
