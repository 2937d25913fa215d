"""Schedule types: how the sigmas of a run are spread (A1111 v1.10.1 modules/sd_schedulers.py, k-diffusion).

Every function takes a ``Range`` and returns (steps + 1,) falling sigmas, ending in zero (KL Optimal: in the smallest).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from minui.discrete import Levels, with_zero

ALIGN_YOUR_STEPS = (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029)
"""Sigmas for SD 1.5 published by Align Your Steps (NVIDIA, 2024)."""


@dataclass(frozen=True)
class Range:
    """What a schedule is made from; ``rho`` is None for schedules without one, ``beta`` the shape of Beta."""

    steps: int
    smallest: float
    largest: float
    levels: Levels
    rho: float | None = None
    beta: tuple[float, float] = (0.6, 0.6)


def uniform(given: Range) -> Tensor:
    """Even timesteps from the last to the first."""
    return given.levels.evenly(given.steps)


def karras(given: Range) -> Tensor:
    """Even in sigma^(1/rho) (Karras et al. 2022, equation 5)."""
    rho = given.rho or 7.0
    ramp = torch.linspace(0, 1, given.steps)
    low, high = given.smallest ** (1 / rho), given.largest ** (1 / rho)
    return with_zero((high + ramp * (low - high)) ** rho)


def exponential(given: Range) -> Tensor:
    """Even in log sigma."""
    return with_zero(torch.linspace(math.log(given.largest), math.log(given.smallest), given.steps).exp())


def polyexponential(given: Range) -> Tensor:
    """A power of the ramp in log sigma."""
    ramp = torch.linspace(1, 0, given.steps) ** (given.rho or 1.0)
    low, high = math.log(given.smallest), math.log(given.largest)
    return with_zero(torch.exp(ramp * (high - low) + low))


def _ends(given: Range) -> tuple[float, float]:
    both = given.levels.to_timestep(torch.tensor([given.largest, given.smallest]))
    return float(both[0]), float(both[1])


def _at_timesteps(levels: Levels, timesteps: Tensor) -> Tensor:
    return torch.FloatTensor([*(float(levels.to_sigma(step)) for step in timesteps), 0.0])


def sgm_uniform(given: Range) -> Tensor:
    """Even timesteps that leave out the first level."""
    start, end = _ends(given)
    return _at_timesteps(given.levels, torch.linspace(start, end, given.steps + 1)[:-1])


def normal(given: Range) -> Tensor:
    """Even timesteps between the two ends."""
    start, end = _ends(given)
    return _at_timesteps(given.levels, torch.linspace(start, end, given.steps))


def simple(given: Range) -> Tensor:
    """Every n-th level from the top."""
    stride = len(given.levels.sigmas) / given.steps
    picked = [float(given.levels.sigmas[-(1 + int(step * stride))]) for step in range(given.steps)]
    return torch.FloatTensor([*picked, 0.0])


def ddim(given: Range) -> Tensor:
    """Every n-th level from level 1 upwards; may give one sigma more than asked."""
    stride = max(len(given.levels.sigmas) // given.steps, 1)
    picked = [float(sigma) for sigma in given.levels.sigmas[1::stride]]
    return torch.FloatTensor([*reversed(picked), 0.0])


def kl_optimal(given: Range) -> Tensor:
    """Even in arctan sigma."""
    low, high = torch.arctan(torch.tensor(given.smallest)), torch.arctan(torch.tensor(given.largest))
    index = torch.arange(given.steps + 1)
    return torch.tan(index / given.steps * low + (1.0 - index / given.steps) * high)


def align_your_steps(given: Range) -> Tensor:
    """The published sigmas, log-linearly interpolated to the number of steps."""
    sigmas = np.array(ALIGN_YOUR_STEPS)
    if given.steps != len(sigmas):
        places = np.linspace(0, 1, given.steps)
        rising = np.interp(places, np.linspace(0, 1, len(sigmas)), np.log(sigmas[::-1]))
        sigmas = np.exp(rising)[::-1].copy()
    return torch.FloatTensor([*sigmas, 0.0])


def _beta_share(place: float, alpha: float, beta: float) -> float:
    """Regularised incomplete beta function at ``place`` <= 1/2 (substitution removes the pole at zero)."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    top = place**alpha
    values = (1 - ((nodes + 1) / 2 * top) ** (1 / alpha)) ** (beta - 1)
    whole = math.gamma(alpha) * math.gamma(beta) / math.gamma(alpha + beta)
    return float(np.sum(weights * values) * top / 2 / alpha / whole)


def beta_quantile(share: float, alpha: float, beta: float) -> float:
    """Inverse of the beta distribution's cumulative function, by bisection to double precision."""
    if share <= 0 or share >= 1:
        return min(max(share, 0.0), 1.0)
    if share > _beta_share(0.5, alpha, beta):
        return 1 - _lower_quantile(1 - share, beta, alpha)
    return _lower_quantile(share, alpha, beta)


def _lower_quantile(share: float, alpha: float, beta: float) -> float:
    """The quantile where it is at most 1/2."""
    low, high = 0.0, 0.5
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _beta_share(middle, alpha, beta) < share else (low, middle)
    return (low + high) / 2


def beta(given: Range) -> Tensor:
    """Sigmas at quantiles of a beta distribution (arXiv:2407.12173)."""
    shares = 1 - np.linspace(0, 1, given.steps)
    spread = given.largest - given.smallest
    return torch.FloatTensor([*(given.smallest + beta_quantile(x, *given.beta) * spread for x in shares), 0.0])


@dataclass(frozen=True)
class Scheduler:
    """A schedule type as the API lists it; ``default_rho`` -1 means that it has none."""

    name: str
    label: str
    spread: Callable[[Range], Tensor] | None
    default_rho: float = -1
    need_inner_model: bool = False
    aliases: tuple[str, ...] | None = None


SCHEDULERS = (
    Scheduler("automatic", "Automatic", None),
    Scheduler("uniform", "Uniform", uniform, need_inner_model=True),
    Scheduler("karras", "Karras", karras, default_rho=7.0),
    Scheduler("exponential", "Exponential", exponential),
    Scheduler("polyexponential", "Polyexponential", polyexponential, default_rho=1.0),
    Scheduler("sgm_uniform", "SGM Uniform", sgm_uniform, need_inner_model=True, aliases=("SGMUniform",)),
    Scheduler("kl_optimal", "KL Optimal", kl_optimal),
    Scheduler("align_your_steps", "Align Your Steps", align_your_steps),
    Scheduler("simple", "Simple", simple, need_inner_model=True),
    Scheduler("normal", "Normal", normal, need_inner_model=True),
    Scheduler("ddim", "DDIM", ddim, need_inner_model=True),
    Scheduler("beta", "Beta", beta, need_inner_model=True),
)


def find(name: str | None) -> Scheduler | None:
    """A schedule type by name or label (aliases only count at the end of a sampler's name)."""
    return next((item for item in SCHEDULERS if name in (item.name, item.label)), None)
