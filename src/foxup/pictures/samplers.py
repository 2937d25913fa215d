"""Names of samplers and schedulers, through the versions of the web UI. Facts of v1.10.1 (modules/sd_samplers.py)."""

from __future__ import annotations

import re
from functools import cache

from foxup.pictures.data import table

_VERSION = re.compile(r"(?:f[\d.]+(?=v\d))?v?(\d+)\.(\d+)")  # Forge puts its own before it: f0.0.17v1.8.0rc
_NAMES_SCHEDULER = (1, 9)


def joint_names(version: str | None) -> bool:
    """Whether a web UI of that version put the scheduler into the sampler's name: before 1.9.0, or when none is stated.

    The guide's texts state none. A version that says nothing, as forks print it, counts as a new one.
    """
    found = _VERSION.match(version) if version else None
    return (int(found[1]), int(found[2])) < _NAMES_SCHEDULER if found else version is None


def split_joint(name: str) -> tuple[str, str]:
    """Return sampler and scheduler of a joint name: a bare `DPM++ 2M` was the one without Karras."""
    known = table("infotext")["samplers"].get(name, {})
    return (name, known.get("joint", "Uniform")) if "scheduler" in known else split_sampler(name)


@cache
def split_sampler(sampler: str, scheduler: str = "Automatic") -> tuple[str, str]:
    """Return sampler and resolved scheduler.

    `DPM++ 2M Karras`, and `DPM++ 2M` with Automatic, are both DPM++ 2M and Karras. Names nobody knows are returned as
    they are: that the web UI would take another one silently is for `explain`.
    """
    known = table("infotext")
    label = next((name for name, others in known["schedulers"].items() if scheduler in others), scheduler)
    if sampler not in known["samplers"]:
        for name, others in known["schedulers"].items():
            for other in others:
                if sampler.endswith(f" {other}"):
                    sampler, label = sampler[: -len(other) - 1], name
                    break
    if label == "Automatic":
        label = known["samplers"].get(sampler, {}).get("scheduler", "Automatic")
    return sampler, label


def uses_ensd(sampler: str) -> bool:
    """Whether eta noise seed delta acts on a sampler (and whether the web UI prints it)."""
    return bool(table("infotext")["samplers"].get(split_sampler(sampler)[0], {}).get("ensd"))
