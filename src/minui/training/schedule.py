"""The noise schedule of Stable Diffusion 1.x and its view in k-diffusion's terms."""

from __future__ import annotations

import torch
from torch import Tensor

from minui.training.shapes import LINEAR_END, LINEAR_START, TIMESTEPS


def signal_share() -> Tensor:
    """``alphas_cumprod``: the squared share of the picture left at each of the 1000 steps, fp32 as the web UI has it."""
    roots = torch.linspace(LINEAR_START**0.5, LINEAR_END**0.5, TIMESTEPS, dtype=torch.float64)
    return torch.cumprod(1 - roots**2, 0).float()


def sigmas() -> Tensor:
    """k-diffusion's noise levels of the 1000 steps, rising."""
    share = signal_share()
    return ((1 - share) / share).sqrt()


def karras(steps: int, rho: float = 7.0) -> Tensor:
    """Karras et al. 2022, eq. 5: ``steps`` falling noise levels between the schedule's ends, then zero."""
    levels = sigmas()
    low, high = levels[0] ** (1 / rho), levels[-1] ** (1 / rho)
    ramp = (high + torch.linspace(0, 1, steps) * (low - high)) ** rho
    return torch.cat([ramp, torch.zeros(1)])


def step_of(sigma: Tensor) -> Tensor:
    """The (broken) time step of a noise level: linear between the logarithms of its neighbours."""
    logs = sigmas().log()
    low = torch.searchsorted(logs, sigma.log(), right=True).clamp(1, TIMESTEPS - 1) - 1
    share = ((sigma.log() - logs[low]) / (logs[low + 1] - logs[low])).clamp(0, 1)
    return low + share
