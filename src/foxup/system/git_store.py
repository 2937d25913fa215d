"""Repositories to take along: one commit without files, from which `git.bring` can clone where there is no network.

A git bundle would need the whole history: it cannot hold one commit without those before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from foxup.step import CloneRepository
from foxup.system import files, git
from foxup.system.commands import Log

_OF_A_WORK_TREE = ("index", "hooks", "logs", "info", "branches", "FETCH_HEAD", "ORIG_HEAD", "description")
"""What a repository needs only beside its files."""
_SERVING = ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant", "core.bare")
"""What makes a repository that leaves files out a source for another such one."""


def store(action: CloneRepository, scratch: Path, *, log: Log, line: Callable[[str], None]) -> None:
    """Make `action.destination` such a repository. Raises FoxupError (`git-sources-failed`)."""
    if stored(action.destination) == action.commit:
        return
    files.remove(scratch)
    clone = scratch / "clone"
    git.bring(replace(action, destination=clone), scratch / "work", keep=scratch / "kept", log=log, line=line)
    repository = clone / ".git"
    for name in _OF_A_WORK_TREE:
        files.remove(repository / name)
    for name in _SERVING:
        git.run([f"--git-dir={repository}", "config", name, "true"], clone, log)
    files.remove(action.destination)
    action.destination.parent.mkdir(parents=True, exist_ok=True)
    files.replace(repository, action.destination)
    files.remove(scratch)


def stored(path: Path) -> str | None:
    """Return the commit that a repository made by `store` holds, or None."""
    if not (path / "HEAD").is_file():
        return None
    done = git.run([f"--git-dir={path}", "rev-parse", "--verify", "HEAD"], path)
    return done.stdout.strip() if done.ok else None
