"""Drawing with the trained models: DPM++ 2M Karras and Euler a after k-diffusion, classifier-free guidance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from PIL import Image

from minui.training import schedule, shapes
from minui.training.prompts import Reader

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from torch import Tensor

Denoiser = Callable[["Tensor", "Tensor"], "Tensor"]
"""(noisy latents, noise level) -> clean latents."""


@dataclass(frozen=True)
class Request:
    """What to draw, in the web UI's terms."""

    prompt: str
    negative: str = ""
    seed: int = 1
    steps: int = 24
    sampler: str = "DPM++ 2M Karras"
    guidance: float = 7.0
    width: int = shapes.WIDTH
    height: int = shapes.HEIGHT
    skip: int = 2


@dataclass(frozen=True)
class Studio:
    """The models that draw."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    reader: Reader

    @torch.no_grad()
    def draw(self, request: Request) -> Image.Image:
        """One picture."""
        latent = self.latent(request)
        return self.develop(latent)

    @torch.no_grad()
    def latent(self, request: Request) -> Tensor:
        """The finished latent [1, 4, h, w], scaled."""
        levels = schedule.karras(request.steps)
        noise = first_noise(request.seed, request.width, request.height)
        sampler = {"DPM++ 2M Karras": dpmpp_2m, "Euler a": euler_ancestral}[request.sampler]
        return sampler(self.denoiser(request), noise * levels[0], levels)

    @torch.no_grad()
    def again(self, latent: Tensor, request: Request, scale: float, strength: float) -> Tensor:
        """The web UI's latent hires fix: the latent enlarged, noised to ``strength`` and drawn over with the same seed."""
        size = (round(latent.shape[2] * scale), round(latent.shape[3] * scale))
        large = torch.nn.functional.interpolate(latent, size=size, mode="bilinear", antialias=False)
        levels = schedule.karras(request.steps)[
            request.steps - min(int(strength * request.steps), request.steps - 1) - 1 :
        ]
        noise = first_noise(request.seed, size[1] * shapes.LATENT_FACTOR, size[0] * shapes.LATENT_FACTOR)
        sampler = {"DPM++ 2M Karras": dpmpp_2m, "Euler a": euler_ancestral}[request.sampler]
        return sampler(self.denoiser(request), large + noise * levels[0], levels)

    @torch.no_grad()
    def develop(self, latent: Tensor) -> Image.Image:
        """Latent -> picture."""
        decoded = self.vae.decode(latent / shapes.SCALE_FACTOR).sample[0].clamp(-1, 1)
        return as_image(decoded)

    def denoiser(self, request: Request) -> Denoiser:
        """The guided denoiser for the request's prompts."""
        context = self.reader.context([request.prompt, request.negative], request.skip)

        def clean(noisy: Tensor, sigma: Tensor) -> Tensor:
            step = schedule.step_of(sigma).expand(2)
            scaled = (noisy / (sigma**2 + 1).sqrt()).expand(2, -1, -1, -1)
            wanted, unwanted = self.unet(scaled, step, context).sample.chunk(2)
            return noisy - sigma * (unwanted + request.guidance * (wanted - unwanted))

        return clean


def first_noise(seed: int, width: int, height: int) -> Tensor:
    """The noise a seed stands for, as the web UI draws it on the CPU."""
    torch.manual_seed(seed)
    return torch.randn(1, shapes.LATENT_CHANNELS, height // shapes.LATENT_FACTOR, width // shapes.LATENT_FACTOR)


def dpmpp_2m(clean: Denoiser, noisy: Tensor, levels: Tensor) -> Tensor:
    """DPM-Solver++(2M), Lu et al. 2022, in the variables of k-diffusion (time is minus the logarithm of sigma)."""
    before: Tensor | None = None
    for index, (sigma, following) in enumerate(zip(levels[:-1], levels[1:], strict=True)):
        now = clean(noisy, sigma)
        target = now
        if before is not None and following > 0:
            ratio = (levels[index - 1] / sigma).log() / (sigma / following).log()
            target = (1 + 1 / (2 * ratio)) * now - before / (2 * ratio)
        share = following / sigma
        noisy = share * noisy + (1 - share) * target
        before = now
    return noisy


def euler_ancestral(clean: Denoiser, noisy: Tensor, levels: Tensor) -> Tensor:
    """Euler steps that put fresh noise back, as k-diffusion does with eta 1; goes on from the first noise's generator."""
    for sigma, following in zip(levels[:-1], levels[1:], strict=True):
        now = clean(noisy, sigma)
        fresh = torch.minimum(following, (following**2 * (sigma**2 - following**2) / sigma**2).sqrt())
        down = (following**2 - fresh**2).sqrt()
        noisy = noisy + (noisy - now) / sigma * (down - sigma)
        if following > 0:
            noisy = noisy + torch.randn_like(noisy) * fresh
    return noisy


def as_image(picture: Tensor) -> Image.Image:
    """A picture [3, h, w] in -1..1 as an RGB image."""
    whole = ((picture + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0)
    return Image.fromarray(whole.numpy())
