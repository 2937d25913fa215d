"""Training the autoencoder on drawn pictures and whitening its latents.

Each step sees one picture at half its size and one crop of another; the last steps see whole pictures, because the attention
in the middle and the normalisations must have met the real size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from minui.training import shapes, world
from minui.training.mosaic import skip_fine_encoding, start_as_mosaic
from minui.training.state import Run, rate

if TYPE_CHECKING:
    from diffusers import AutoencoderKL
    from torch import Tensor

_NOISE = 0.08
"""Noise added to latents while training, so that the decoder forgives what a small UNet gets wrong."""
_WHOLE_SHARE = 0.12
"""Share of the steps, the last ones, that see whole pictures."""
_LOG_VARIANCE = -12.0
"""What the trained encoder says about its own uncertainty: practically none."""


@dataclass(frozen=True)
class Settings:
    """How long and on what the autoencoder is trained."""

    steps: int = 1200
    pool: int = 600
    seed: int = 7
    peak: float = 2e-4
    floor: float = 2e-5


def train(folder: Path, settings: Settings) -> AutoencoderKL:
    """Train (or go on training) the autoencoder; its state lies in ``folder/vae.pt``."""
    torch.manual_seed(settings.seed)
    run, model = Run(folder, "vae"), shapes.vae().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    start_as_mosaic(model)
    skip_fine_encoding(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.peak, betas=(0.9, 0.97), weight_decay=1e-4)
    if state := run.load():
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    pool, found = pictures(range(settings.pool)), list[tuple[float, float]]()
    while run.step < settings.steps:
        chance = torch.Generator().manual_seed(settings.seed * 1_000_003 + run.step)
        for group in optimizer.param_groups:
            group["lr"] = rate(run.step, settings.steps, settings.peak, settings.floor, 50)
        whole = run.step >= settings.steps * (1 - _WHOLE_SHARE)
        found.append(_step(model, optimizer, _batch(pool, whole, chance)))
        run.step += 1
        if run.step % 20 == 0:
            run.log(loss=sum(loss for loss, _ in found) / 20, psnr=_psnr(sum(error for _, error in found) / 20))
            found.clear()
        if run.due() or run.step == settings.steps:
            run.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()})
    return model


def _step(model: AutoencoderKL, optimizer: torch.optim.Optimizer, batch: Tensor) -> tuple[float, float]:
    """One step; returns the loss and the mean squared error in -1..1."""
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16):
        mean = model.encode(batch).latent_dist.mean
        redrawn = model.decode(mean + _NOISE * torch.randn_like(mean)).sample.float()
    error = torch.nn.functional.mse_loss(redrawn, batch)
    loss = torch.nn.functional.l1_loss(redrawn, batch) + error + 1e-3 * mean.float().square().mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item(), error.item()


def pictures(seeds: range) -> Tensor:
    """The scenes with these numbers as bytes [n, 3, HEIGHT, WIDTH]."""
    pool = torch.empty(len(seeds), 3, shapes.HEIGHT, shapes.WIDTH, dtype=torch.uint8)
    for index, seed in enumerate(seeds):
        raw = torch.frombuffer(bytearray(world.picture(world.scene(seed)).tobytes()), dtype=torch.uint8)
        pool[index] = raw.view(shapes.HEIGHT, shapes.WIDTH, 3).permute(2, 0, 1)
    return pool


def signal(pool: Tensor) -> Tensor:
    """Bytes -> floats in -1..1, laid out for fast convolutions."""
    return (pool.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def _batch(pool: Tensor, whole: bool, chance: torch.Generator) -> Tensor:
    """One whole picture, or two of half that size: one reduced, one cut out."""
    first, second = torch.randint(len(pool), (2,), generator=chance).tolist()
    if whole:
        return signal(pool[first : first + 1])
    height, width = shapes.HEIGHT // 2, shapes.WIDTH // 2
    top = int(torch.randint(height + 1, (), generator=chance))
    left = int(torch.randint(width + 1, (), generator=chance))
    reduced = torch.nn.functional.avg_pool2d(pool[first].float(), 2)
    return signal(torch.stack([reduced, pool[second, :, top : top + height, left : left + width].float()]))


def _psnr(error: float) -> float:
    """Peak signal-to-noise ratio in dB of a mean squared error of pictures in -1..1."""
    return float(10 * torch.log10(torch.tensor(4.0 / max(error, 1e-9))))


@torch.no_grad()
def latents(model: AutoencoderKL, seeds: range, batch: int = 8) -> Tensor:
    """The scenes' latents, scaled as the UNet sees them: [n, 4, HEIGHT / 8, WIDTH / 8]."""
    parts = []
    for start in range(seeds.start, seeds.stop, batch):
        part = signal(pictures(range(start, min(start + batch, seeds.stop))))
        with torch.autocast("cpu", torch.bfloat16):
            parts.append(model.encode(part).latent_dist.mean.float() * shapes.SCALE_FACTOR)
    return torch.cat(parts)


@torch.no_grad()
def whiten(model: AutoencoderKL, seeds: range) -> None:
    """Fold a linear map into the two 1x1 convolutions around the latent, so that scaled latents have mean 0 and covariance 1."""
    raw = latents(model, seeds).transpose(0, 1).flatten(1) / shapes.SCALE_FACTOR
    mean = raw.mean(1)
    values, vectors = torch.linalg.eigh(torch.cov(raw))
    into = torch.diag(values.rsqrt()) @ vectors.T / shapes.SCALE_FACTOR
    back = vectors @ torch.diag(values.sqrt()) * shapes.SCALE_FACTOR
    quant, post, channels = model.quant_conv, model.post_quant_conv, shapes.LATENT_CHANNELS
    head, bias = quant.weight[:channels, :, 0, 0].clone(), quant.bias[:channels].clone()
    quant.weight.zero_()
    quant.weight[:channels, :, 0, 0] = into @ head
    quant.bias[:channels] = into @ (bias - mean)
    quant.bias[channels:] = _LOG_VARIANCE
    matrix = post.weight[:, :, 0, 0].clone()
    post.bias += matrix @ mean
    post.weight[:, :, 0, 0] = matrix @ back


@torch.no_grad()
def quality(model: AutoencoderKL, seeds: range) -> float:
    """Mean PSNR in dB over whole pictures that were encoded and decoded."""
    found = []
    for seed in seeds:
        picture = signal(pictures(range(seed, seed + 1)))
        redrawn = model.decode(model.encode(picture).latent_dist.mean).sample.clamp(-1, 1)
        found.append(_psnr(torch.nn.functional.mse_loss(redrawn, picture).item()))
    return sum(found) / len(found)
