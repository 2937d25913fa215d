"""Looking at an install folder: every part side by side, none able to stop the rest, slow ones last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from foxup.doctor.look import environment, git, install, logs, models, others
from foxup.doctor.state import State
from foxup.errors import FoxupError
from foxup.facts import Facts
from foxup.paths import Layout
from foxup.profile import Profile
from foxup.system.parallel import Answer, gather

QUICK_S = 60.0
SLOW_S = 600.0
"""Hashing a few large files on a slow disk takes minutes; whatever hangs longer is said to be unchecked."""

Looks = Mapping[str, Callable[[], dict[str, Any]]]


def look(layout: Layout, profile: Profile, facts: Facts, *, offline: bool = False, extra: Looks | None = None) -> State:
    """Return the state of the install at `layout`. Never raises for what lies there: it is noted in `failures`.

    `extra` replaces or adds parts by name (see `quick` and `slow`).
    """
    parts = {**quick(layout, profile, facts), **slow(layout, profile, offline=offline), **(extra or {})}
    late = set(slow(layout, profile, offline=offline))
    fields: dict[str, Any] = {"root": str(layout.root), "windows": layout.windows, "exists": layout.root.is_dir()}
    failures: dict[str, str] = {}
    for group, limit in ((set(parts) - late, QUICK_S), (late & set(parts), SLOW_S)):
        answers = gather({name: parts[name] for name in sorted(group)}, limit)
        for name, answer in answers.items():
            if answer.finished and answer.error is None:
                fields.update(answer.value)
            else:
                failures[name] = _why(answer)
    skipped = ("network",) if offline else ()
    return State(**fields, failures=failures, skipped=skipped)


def quick(layout: Layout, profile: Profile, facts: Facts) -> Looks:
    """Return the parts that are read at once; each gives fields of State."""
    return {
        "program": lambda: install.program(layout),
        "scripts": lambda: install.scripts(layout),
        "environment": lambda: environment.read(layout),
        "extensions": lambda: others.extensions(layout),
        "port": lambda: others.port(layout),
        "running": lambda: others.running(layout),
        "logs": lambda: logs.read(layout, facts),
        "verdict": lambda: logs.verdict(layout),
        "tokenizer": lambda: others.tokenizer(layout, profile),
        "git": lambda: git.read(layout, profile),
    }


def slow(layout: Layout, profile: Profile, *, offline: bool) -> Looks:
    """Return the parts that read much or ask the network."""
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "files": lambda: install.files(layout, profile),
        "models": lambda: models.read(layout),
    }
    if not offline:
        parts["network"] = lambda: others.network_answers(profile)
    return parts


def _why(answer: Answer) -> str:
    if not answer.finished:
        return f"no answer within {answer.seconds:g} s"
    error = answer.error
    if isinstance(error, FoxupError):
        return " ".join(part for part in (error.message, error.cause) if part)
    return f"{type(error).__name__}: {error}"
