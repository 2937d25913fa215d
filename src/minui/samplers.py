"""Samplers over sigmas, written after their papers with k-diffusion's order of operations (so that pictures match).

Each takes a ``Walk`` and returns the final latent. Karras et al. 2022 (Euler, Heun, DPM2), Lu et al. 2022 (DPM++).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

Model = Callable[[Tensor, Tensor], Tensor]
"""``(x (b,c,h,w), sigma (b,)) -> denoised x``."""


@dataclass
class Walk:
    """One sampling run: start latent, falling sigmas, the model, fresh noise, and the knobs of the settings."""

    model: Model
    x: Tensor
    sigmas: Tensor
    noise: Callable[[], Tensor]
    progress: Callable[[int], None]
    eta: float = 1.0
    s_churn: float = 0.0
    s_tmin: float = 0.0
    s_tmax: float = float("inf")
    s_noise: float = 1.0

    def denoised(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The model's answer at one sigma for the whole batch."""
        return self.model(x, sigma * x.new_ones([x.shape[0]]))

    @property
    def steps(self) -> int:
        """Number of steps (one less than sigmas)."""
        return len(self.sigmas) - 1


def slope(x: Tensor, sigma: Tensor, denoised: Tensor) -> Tensor:
    """dx/dsigma of the probability flow."""
    return (x - denoised) / sigma


def ancestral(sigma: Tensor, following: Tensor, eta: float) -> tuple[Tensor, Tensor]:
    """Sigma to step down to and amount of noise to add back, for noise strength ``eta``."""
    if not eta:
        return following, following.new_zeros([])
    up = torch.minimum(following, eta * (following**2 * (sigma**2 - following**2) / sigma**2) ** 0.5)
    return (following**2 - up**2) ** 0.5, up


def _churned(walk: Walk, x: Tensor, index: int) -> tuple[Tensor, Tensor]:
    """Latent and sigma after the optional extra noise ("sigma churn") of a step."""
    sigma = walk.sigmas[index]
    inside = walk.s_tmin <= sigma <= walk.s_tmax
    gamma = min(walk.s_churn / walk.steps, 2**0.5 - 1) if inside else 0.0
    noise = walk.noise() * walk.s_noise
    raised = sigma * (gamma + 1)
    if gamma > 0:
        x = x + noise * (raised**2 - sigma**2) ** 0.5
    return x, raised


def euler(walk: Walk) -> Tensor:
    """First order."""
    x = walk.x
    for index in range(walk.steps):
        x, sigma = _churned(walk, x, index)
        denoised = walk.denoised(x, sigma)
        walk.progress(index)
        x = x + slope(x, sigma, denoised) * (walk.sigmas[index + 1] - sigma)
    return x


def euler_ancestral(walk: Walk) -> Tensor:
    """First order, noise added back after each step."""
    x, sigmas = walk.x, walk.sigmas
    for index in range(walk.steps):
        denoised = walk.denoised(x, sigmas[index])
        down, up = ancestral(sigmas[index], sigmas[index + 1], walk.eta)
        walk.progress(index)
        x = x + slope(x, sigmas[index], denoised) * (down - sigmas[index])
        if sigmas[index + 1] > 0:
            x = x + walk.noise() * walk.s_noise * up
    return x


def heun(walk: Walk) -> Tensor:
    """Second order: the mean of the slopes at both ends of a step."""
    x, sigmas = walk.x, walk.sigmas
    for index in range(walk.steps):
        x, sigma = _churned(walk, x, index)
        first = slope(x, sigma, walk.denoised(x, sigma))
        walk.progress(index)
        dt = sigmas[index + 1] - sigma
        if sigmas[index + 1] == 0:
            x = x + first * dt
            continue
        ahead = x + first * dt
        second = slope(ahead, sigmas[index + 1], walk.denoised(ahead, sigmas[index + 1]))
        x = x + (first + second) / 2 * dt
    return x


def _midpoint(walk: Walk, x: Tensor, sigma: Tensor, target: Tensor, first: Tensor) -> Tensor:
    """DPM-Solver-2: step by the slope at the geometric middle."""
    middle = sigma.log().lerp(target.log(), 0.5).exp()
    half = x + first * (middle - sigma)
    return x + slope(half, middle, walk.denoised(half, middle)) * (target - sigma)


def dpm2(walk: Walk) -> Tensor:
    """Second order by the geometric middle."""
    x, sigmas = walk.x, walk.sigmas
    for index in range(walk.steps):
        x, sigma = _churned(walk, x, index)
        first = slope(x, sigma, walk.denoised(x, sigma))
        walk.progress(index)
        if sigmas[index + 1] == 0:
            x = x + first * (sigmas[index + 1] - sigma)
        else:
            x = _midpoint(walk, x, sigma, sigmas[index + 1], first)
    return x


def dpm2_ancestral(walk: Walk) -> Tensor:
    """Second order by the geometric middle, noise added back."""
    x, sigmas = walk.x, walk.sigmas
    for index in range(walk.steps):
        first = slope(x, sigmas[index], walk.denoised(x, sigmas[index]))
        down, up = ancestral(sigmas[index], sigmas[index + 1], walk.eta)
        walk.progress(index)
        if down == 0:
            x = x + first * (down - sigmas[index])
        else:
            x = _midpoint(walk, x, sigmas[index], down, first) + walk.noise() * walk.s_noise * up
    return x


def _multistep_weight(order: int, sigmas: np.ndarray, index: int, back: int) -> float:
    """Integral over the step of the Lagrange polynomial of one earlier slope (exact: its degree is below 4)."""
    nodes, weights = np.polynomial.legendre.leggauss(4)
    start, end = sigmas[index], sigmas[index + 1]
    places = (end - start) / 2 * nodes + (end + start) / 2
    values = np.ones_like(places)
    for other in range(order):
        if other != back:
            values *= (places - sigmas[index - other]) / (sigmas[index - back] - sigmas[index - other])
    return float(np.sum(weights * values) * (end - start) / 2)


def lms(walk: Walk, order: int = 4) -> Tensor:
    """Linear multistep of up to four earlier slopes."""
    x, table = walk.x, walk.sigmas.detach().cpu().double().numpy()
    slopes: list[Tensor] = []
    for index in range(walk.steps):
        slopes.insert(0, slope(x, walk.sigmas[index], walk.denoised(x, walk.sigmas[index])))
        del slopes[order:]
        walk.progress(index)
        now = min(index + 1, order)
        for back in range(now):
            x = x + _multistep_weight(now, table, index, back) * slopes[back]
    return x


def dpmpp_2s_ancestral(walk: Walk) -> Tensor:
    """DPM-Solver++ (2S), noise added back."""
    x, sigmas = walk.x, walk.sigmas
    for index in range(walk.steps):
        denoised = walk.denoised(x, sigmas[index])
        down, up = ancestral(sigmas[index], sigmas[index + 1], walk.eta)
        walk.progress(index)
        if down == 0:
            x = x + slope(x, sigmas[index], denoised) * (down - sigmas[index])
        else:
            now, then = sigmas[index].log().neg(), down.log().neg()
            h = then - now
            middle = (now + 0.5 * h).neg().exp()
            half = (middle / now.neg().exp()) * x - (-h * 0.5).expm1() * denoised
            x = (then.neg().exp() / now.neg().exp()) * x - (-h).expm1() * walk.denoised(half, middle)
        if sigmas[index + 1] > 0:
            x = x + walk.noise() * walk.s_noise * up
    return x


def dpmpp_2m(walk: Walk) -> Tensor:
    """DPM-Solver++ (2M): second order from the previous step's answer."""
    x, sigmas = walk.x, walk.sigmas
    times = sigmas.log().neg()
    previous: Tensor | None = None
    for index in range(walk.steps):
        denoised = walk.denoised(x, sigmas[index])
        walk.progress(index)
        h = times[index + 1] - times[index]
        mixed = denoised
        if previous is not None and sigmas[index + 1] != 0:
            ratio = (times[index] - times[index - 1]) / h
            mixed = (1 + 1 / (2 * ratio)) * denoised - (1 / (2 * ratio)) * previous
        x = (times[index + 1].neg().exp() / times[index].neg().exp()) * x - (-h).expm1() * mixed
        previous = denoised
    return x
