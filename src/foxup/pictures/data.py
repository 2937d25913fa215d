"""The data files of this room: how parameters are written, thresholds, causes in both languages, the guide's advice."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from foxup.finding import Finding, Severity
from foxup.i18n import pick
from foxup.profile import profiles_folder


@cache
def table(name: str) -> dict[str, Any]:
    """Return the data file `name` of the folder `pictures` beside the profiles."""
    path = profiles_folder() / "pictures" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def finding(code: str, variant: str = "", /, **values: object) -> Finding:
    """Make the finding `code` in the person's language, its placeholders filled from `values`.

    `variant` names a sub-table whose sentences replace the plain ones, where one cause shows itself in several ways.
    Raises KeyError when the catalogue lacks the code or a placeholder has no value: our bug.
    """
    entry = table("causes")[code]
    entry = {**entry, **entry[variant]} if variant else entry
    return Finding(
        code=code,
        severity=Severity(entry["severity"]),
        message=_fill(entry["message"], values),
        cause=_fill(entry.get("cause", {}), values),
        remedy=_fill(entry.get("remedy", {}), values),
        commands=tuple(entry.get("commands", ())),
        fixed_by=entry.get("fixed_by"),
    )


def label(name: str) -> str:
    """Return the short name of something that was checked, in the person's language."""
    return pick(table("causes")["labels"][name])


def _fill(texts: dict[str, str], values: dict[str, object]) -> str:
    return pick(texts).format(**values) if texts else ""
