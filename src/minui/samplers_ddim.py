"""Samplers over timesteps as A1111 v1.10.1 runs them: DDIM (Song et al. 2020), CFG++, PLMS (Liu et al. 2022)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

CFG_PLUS_PLUS_SCALE = 12.5
"""CFG++ divides the CFG scale by this, so that 12.5 means full guidance."""


@dataclass
class TimeWalk:
    """One run: eps model ``(x, t (b,)) -> eps``, latent, rising timesteps, cumulative alphas, noise, eta.

    ``uncond`` gives the unconditional eps of the last model call (for CFG++).
    """

    model: Callable[[Tensor, Tensor], Tensor]
    x: Tensor
    timesteps: Tensor
    alphas: Tensor
    noise: Callable[[], Tensor]
    progress: Callable[[int], None]
    uncond: Callable[[], Tensor]
    eta: float = 0.0


def _tables(walk: TimeWalk) -> tuple[Tensor, Tensor, Tensor]:
    """alphas, previous alphas (float64) and DDIM sigmas for each timestep."""
    alphas = walk.alphas[walk.timesteps]
    before = torch.nn.functional.pad(walk.timesteps[:-1], pad=(1, 0))
    previous = walk.alphas[before].to(torch.float64)
    sigmas = walk.eta * ((1 - previous) / (1 - alphas) * (1 - alphas / previous)).sqrt()
    return alphas, previous, sigmas


def _step(x: Tensor, eps: Tensor, alpha: float, previous: float, sigma: float, direction: Tensor) -> Tensor:
    """One DDIM update without its noise."""
    one = x.new_ones((x.shape[0], 1, 1, 1))
    predicted = (x - (1 - alpha * one).sqrt() * eps) / (alpha * one).sqrt()
    return (previous * one).sqrt() * predicted + (1.0 - previous * one - (sigma * one) ** 2).sqrt() * direction


def _ddim(walk: TimeWalk, *, plus_plus: bool) -> Tensor:
    alphas, previous, sigmas = _tables(walk)
    x = walk.x
    for done in range(len(walk.timesteps) - 1):
        index = len(walk.timesteps) - 1 - done
        eps = walk.model(x, walk.timesteps[index].item() * x.new_ones((x.shape[0],)))
        direction = walk.uncond() if plus_plus else eps
        sigma = float(sigmas[index])
        x = _step(x, eps, float(alphas[index]), float(previous[index]), sigma, direction)
        x = x + sigma * walk.noise()
        walk.progress(done)
    return x


def ddim(walk: TimeWalk) -> Tensor:
    """Deterministic for eta 0."""
    return _ddim(walk, plus_plus=False)


def ddim_cfgpp(walk: TimeWalk) -> Tensor:
    """CFG++: the direction comes from the unconditional answer."""
    return _ddim(walk, plus_plus=True)


_ADAMS_BASHFORTH = {
    1: (1.0,),
    2: (3 / 2, -1 / 2),
    3: (23 / 12, -16 / 12, 5 / 12),
    4: (55 / 24, -59 / 24, 37 / 24, -9 / 24),
}


def plms(walk: TimeWalk) -> Tensor:
    """Pseudo linear multistep; the first step looks ahead once."""
    alphas, previous, _ = _tables(walk)
    x = walk.x
    answers: list[Tensor] = []
    for done in range(len(walk.timesteps) - 1):
        index = len(walk.timesteps) - 1 - done
        ones = x.new_ones((x.shape[0],))
        alpha, before = float(alphas[index]), float(previous[index])
        eps = walk.model(x, walk.timesteps[index].item() * ones)
        if answers:
            weights = _ADAMS_BASHFORTH[len(answers) + 1]
            weighted = [weight * answer for weight, answer in zip(weights, [eps, *answers], strict=True)]
            mixed = torch.stack(weighted).sum(0)
        else:
            ahead = _step(x, eps, alpha, before, 0.0, eps)
            mixed = (eps + walk.model(ahead, walk.timesteps[max(index - 1, 0)].item() * ones)) / 2
        x = _step(x, eps=mixed, alpha=alpha, previous=before, sigma=0.0, direction=mixed)
        answers = [eps, *answers][:3]
        walk.progress(done)
    return x
