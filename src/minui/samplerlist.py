"""The samplers on offer, their names, and how names in requests are read (A1111 v1.10.1 modules/sd_samplers*.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from minui import samplers, samplers_ddim
from minui.schedules import SCHEDULERS, Scheduler, find


@dataclass(frozen=True)
class Sampler:
    """One sampler: ``options`` as the API lists them; ``knobs`` are the noise settings that it obeys."""

    name: str
    run: Callable[[Any], Any]
    aliases: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    knobs: tuple[str, ...] = ()
    over_timesteps: bool = False
    uses_eta: bool = False

    @property
    def scheduler(self) -> str | None:
        """Schedule type behind "Automatic"."""
        return self.options.get("scheduler")

    def calls(self, steps: int) -> int:
        """Expected number of model calls."""
        return steps * 2 if self.options.get("second_order") else steps


_CHURN = ("s_churn", "s_tmin", "s_tmax", "s_noise")
_KARRAS = {"scheduler": "karras"}
_SECOND = {"second_order": True}
_ENSD = {"uses_ensd": True}
_DISCARD = {"discard_next_to_last_sigma": True}

SAMPLERS = (
    Sampler("DPM++ 2M", samplers.dpmpp_2m, ("k_dpmpp_2m",), _KARRAS),
    Sampler(
        "DPM++ 2S a",
        samplers.dpmpp_2s_ancestral,
        ("k_dpmpp_2s_a",),
        _KARRAS | _ENSD | _SECOND,
        ("s_noise",),
        uses_eta=True,
    ),
    Sampler("Euler a", samplers.euler_ancestral, ("k_euler_a", "k_euler_ancestral"), _ENSD, uses_eta=True),
    Sampler("Euler", samplers.euler, ("k_euler",), {}, _CHURN),
    Sampler("LMS", samplers.lms, ("k_lms",)),
    Sampler("Heun", samplers.heun, ("k_heun",), _SECOND, _CHURN),
    Sampler("DPM2", samplers.dpm2, ("k_dpm_2",), _KARRAS | _DISCARD | _SECOND, _CHURN),
    Sampler(
        "DPM2 a",
        samplers.dpm2_ancestral,
        ("k_dpm_2_a",),
        _KARRAS | _DISCARD | _ENSD | _SECOND,
        ("s_noise",),
        uses_eta=True,
    ),
    Sampler("DDIM", samplers_ddim.ddim, ("ddim",), over_timesteps=True, uses_eta=True),
    Sampler("DDIM CFG++", samplers_ddim.ddim_cfgpp, ("ddim_cfgpp",), over_timesteps=True, uses_eta=True),
    Sampler("PLMS", samplers_ddim.plms, ("plms",), over_timesteps=True),
)


def by_name(name: str | None) -> Sampler | None:
    """A sampler by its exact name."""
    return next((sampler for sampler in SAMPLERS if sampler.name == name), None)


def _ending(name: str, scheduler: Scheduler) -> str | None:
    """The part of ``name`` before a schedule type that it ends with."""
    for spelling in (scheduler.label, scheduler.name, *(scheduler.aliases or ())):
        if name.endswith(" " + spelling):
            return name[: -len(spelling) - 1]
    return None


def read_names(sampler: str | None, scheduler: str | None, *, back_to_automatic: bool = True) -> tuple[str, str]:
    """Sampler name and schedule label that a request means.

    Unknown samplers become the first one, unknown schedule types Automatic; ``DPM++ 2M Karras`` is split. With
    ``back_to_automatic`` a schedule type that is the sampler's own is called Automatic.
    """
    name, found = sampler or SAMPLERS[0].name, find(scheduler) or SCHEDULERS[0]
    for candidate in SCHEDULERS:
        rest = _ending(name, candidate)
        if rest is not None:
            name, found = rest, candidate
    chosen = by_name(name) or SAMPLERS[0]
    if back_to_automatic and chosen.scheduler == found.name:
        found = SCHEDULERS[0]
    return chosen.name, found.label
