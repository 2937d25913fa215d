"""What every component is given when it judges: the profile, the machine, the install, the choices made so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from foxup.facts import Facts
from foxup.installed import Installed
from foxup.paths import Layout
from foxup.profile import Profile


@dataclass(frozen=True, slots=True)
class Context:
    """The input of planning. Nothing in it acts.

    `python` is an interpreter's path or None (uv provides one); `arguments` and `environment` go into the launch
    script.
    """

    profile: Profile
    facts: Facts
    installed: Installed
    layout: Layout
    python: str | None = None
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
