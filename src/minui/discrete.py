"""The discrete noise schedule of an eps-model: 1000 levels and the way between sigma and timestep (k-diffusion)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

ZERO_SNR_LAST = 4.8973451890853435e-08
"""alphas_cumprod of the last timestep after rescaling to zero terminal SNR."""


def alphas_cumprod(start: float, end: float, timesteps: int = 1000) -> Tensor:
    """Cumulative alphas of the "scaled linear" beta schedule, computed in float64, returned as float32 (timesteps,)."""
    betas = torch.linspace(start**0.5, end**0.5, timesteps, dtype=torch.float64) ** 2
    return torch.cumprod(1.0 - betas, dim=0).to(torch.float32)


def with_overrides(alphas: Tensor, options: Any, extra: dict[str, Any] | None = None) -> Tensor:
    """Alphas after the compatibility settings; notes them for the infotext in ``extra``.

    The half-precision table (before 1.8.0) stays half precision, as upstream's does.
    """
    if options.use_downcasted_alpha_bar:
        if extra is not None:
            extra["Downcast alphas_cumprod"] = options.use_downcasted_alpha_bar
        alphas = alphas.half()
    if options.sd_noise_schedule == "Zero Terminal SNR":
        if extra is not None:
            extra["Noise Schedule"] = options.sd_noise_schedule
        alphas = _zero_terminal_snr(alphas)
    return alphas


def _zero_terminal_snr(alphas: Tensor) -> Tensor:
    root = alphas.sqrt()
    first, last = root[0].clone(), root[-1].clone()
    rescaled = ((root - last) * (first / (first - last))) ** 2
    rescaled[-1] = ZERO_SNR_LAST
    return rescaled


class Levels:
    """Sigmas of all timesteps, ascending (n,), and conversions by linear interpolation of their logarithms."""

    def __init__(self, alphas: Tensor, *, quantize: bool = False) -> None:
        self.sigmas = ((1 - alphas) / alphas) ** 0.5
        self.log_sigmas = self.sigmas.log()
        self._quantize = quantize

    @property
    def smallest(self) -> float:
        """Sigma of timestep 0."""
        return float(self.sigmas[0].item())

    @property
    def largest(self) -> float:
        """Sigma of the last timestep."""
        return float(self.sigmas[-1].item())

    def to_timestep(self, sigma: Tensor) -> Tensor:
        """Fractional timesteps of sigmas, same shape."""
        log_sigma = sigma.log()
        distance = log_sigma - self.log_sigmas[:, None]
        if self._quantize:
            return distance.abs().argmin(dim=0).view(sigma.shape)
        low = distance.ge(0).cumsum(dim=0).argmax(dim=0).clamp(max=len(self.log_sigmas) - 2)
        below, above = self.log_sigmas[low], self.log_sigmas[low + 1]
        share = ((below - log_sigma) / (below - above)).clamp(0, 1)
        return ((1 - share) * low + share * (low + 1)).view(sigma.shape)

    def to_sigma(self, timestep: Tensor) -> Tensor:
        """Sigmas of fractional timesteps, same shape."""
        timestep = timestep.float()
        low, high, share = timestep.floor().long(), timestep.ceil().long(), timestep.frac()
        return ((1 - share) * self.log_sigmas[low] + share * self.log_sigmas[high]).exp()

    def evenly(self, steps: int) -> Tensor:
        """``steps`` sigmas at even timesteps from the last to 0, then zero: (steps + 1,)."""
        timesteps = torch.linspace(len(self.sigmas) - 1, 0, steps, device=self.sigmas.device)
        return with_zero(self.to_sigma(timesteps))


def with_zero(sigmas: Tensor) -> Tensor:
    """Sigmas followed by the final zero."""
    return torch.cat([sigmas, sigmas.new_zeros([1])])
