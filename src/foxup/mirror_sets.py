"""Named sets of mirrors (profiles/mirrors.toml): where to go instead from places that cannot reach the originals."""

from __future__ import annotations

import tomllib
from functools import cache

from pydantic import Field

from foxup.errors import UsageError
from foxup.i18n import _
from foxup.profile import profiles_folder
from foxup.profile.base import Model, Text

NONE = "none"
"""The name that switches a configured set off."""


class MirrorSet(Model):
    """Addresses that take the place of others; each is tried first, the original after it."""

    title: Text
    """Where it helps."""
    files: dict[str, str] = Field(default_factory=dict)
    """For downloads: beginnings of addresses and what takes their place."""
    git: dict[str, str] = Field(default_factory=dict)
    """For repositories, likewise."""
    package_index: str | None = None
    """Index of Python packages."""
    pytorch_index: str | None = None
    """What takes the place of PyTorch's own index."""
    python_builds: str | None = None
    """Where uv finds interpreters."""


class _Document(Model):
    schema_: int = Field(alias="schema")
    sets: dict[str, MirrorSet]


def names() -> list[str]:
    """Return the names of the sets."""
    return sorted(_sets())


def named(name: str) -> MirrorSet | None:
    """Return a set, or None for the name `none`. Raises UsageError (`mirrors-unknown`)."""
    if name == NONE:
        return None
    if name in _sets():
        return _sets()[name]
    raise UsageError(
        "mirrors-unknown",
        _("There is no set of mirrors {name}.").format(name=name),
        cause=_("Known sets: {names}").format(names=", ".join([*names(), NONE])),
        hint="foxup install --mirrors russia",
    )


@cache
def _sets() -> dict[str, MirrorSet]:
    text = (profiles_folder() / "mirrors.toml").read_text(encoding="utf-8")
    return _Document.model_validate(tomllib.loads(text)).sets
