"""The environment variables that child processes get; the rules are in `variables.toml`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

_RULES = Path(__file__).with_name("variables.toml")


def clean_environment(extra: Mapping[str, str] | None = None, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return `base` (default: this process's variables) freed of other projects' settings and of secrets.

    `extra` is laid on top unfiltered: what a caller names, the child gets.
    """
    rules = _rules()
    source = os.environ if base is None else base
    result = {name: value for name, value in source.items() if _passes(name)}
    result.update(rules["set"])
    _add_local_hosts(result, rules["no_proxy"]["names"], rules["no_proxy"]["hosts"])
    result.update(extra or {})
    return result


def _passes(name: str) -> bool:
    rules = _rules()
    upper = name.upper()
    return _matches(upper, rules["keep"]) or not _matches(upper, rules["remove"])


def _matches(name: str, groups: Mapping[str, Iterable[str]]) -> bool:
    from fnmatch import fnmatchcase

    return any(fnmatchcase(name, pattern.upper()) for patterns in groups.values() for pattern in patterns)


def _add_local_hosts(variables: dict[str, str], names: Iterable[str], hosts: Iterable[str]) -> None:
    """Extend NO_PROXY in both spellings; programs differ in which one they read."""
    given = [host.strip() for name in names for host in variables.get(name, "").split(",")]
    merged = list(dict.fromkeys(host for host in (*given, *hosts) if host))
    for name in names:
        variables[name] = ",".join(merged)


@cache
def _rules() -> dict[str, Any]:
    import tomllib

    return tomllib.loads(_RULES.read_text(encoding="utf-8"))
