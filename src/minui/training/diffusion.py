"""Training the UNet and the text encoder together on the latents of drawn pictures."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from minui.training import schedule, shapes, world
from minui.training.prompts import Reader, hidden_state
from minui.training.state import Run, rate, start_quietly

if TYPE_CHECKING:
    from torch import Tensor

_UNCONDITIONAL = 0.1
"""Share of empty captions, which guidance needs."""
_SNR_CAP = 5.0
"""Min-SNR weighting, Hang et al. 2023: clean latents count less."""
_EMA = 0.998
_SKIP = 2


@dataclass(frozen=True)
class Settings:
    """How long and on what the UNet is trained."""

    steps: int = 2000
    batch: int = 16
    seed: int = 11
    peak: float = 1e-3
    floor: float = 4e-5


class Pair(torch.nn.Module):
    """UNet and text encoder, trained and averaged as one."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.unet = shapes.unet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.clip = shapes.clip(vocabulary)
        start_quietly(self.unet)
        inner = getattr(self.clip, "text_model", self.clip)
        torch.nn.init.normal_(inner.embeddings.token_embedding.weight, std=0.2)

    def forward(self, noisy: Tensor, steps: Tensor, ids: Tensor) -> Tensor:
        """The noise in ``noisy``."""
        found: Tensor = self.unet(noisy, steps, hidden_state(self.clip, ids, _SKIP)).sample
        return found


def train(folder: Path, tokenizer: Any, latents: Tensor, settings: Settings) -> dict[str, Tensor]:
    """Train (or go on training) on latents of the scenes 0, 1, ...; returns the averaged weights of the pair."""
    torch.manual_seed(settings.seed)
    run, pair = Run(folder, "unet"), Pair(len(tokenizer))
    optimizer = torch.optim.AdamW(pair.parameters(), lr=settings.peak, betas=(0.9, 0.99), weight_decay=1e-3)
    average = {name: value.detach().clone() for name, value in pair.state_dict().items()}
    if state := run.load():
        pair.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average = state["average"]
    losses: list[float] = []
    while run.step < settings.steps:
        for group in optimizer.param_groups:
            group["lr"] = rate(run.step, settings.steps, settings.peak, settings.floor, 100)
        losses.append(_step(pair, optimizer, *_batch(latents, tokenizer, settings, run.step)))
        _follow(average, pair, run.step)
        run.step += 1
        if run.step % 25 == 0:
            run.log(loss=sum(losses) / len(losses))
            losses.clear()
        if run.due() or run.step == settings.steps:
            run.save({"model": pair.state_dict(), "optimizer": optimizer.state_dict(), "average": average})
    return average


def _batch(latents: Tensor, tokenizer: Any, settings: Settings, step: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Clean latents, noise, time steps and token ids of one step; all follow from the seed and the step's number."""
    chance = torch.Generator().manual_seed(settings.seed * 1_000_003 + step)
    chosen = torch.randint(len(latents), (settings.batch,), generator=chance)
    words = random.Random(settings.seed * 7_000_003 + step)
    captions = [
        world.caption(world.scene(seed), words) if words.random() > _UNCONDITIONAL else "" for seed in chosen.tolist()
    ]
    ids = tokenizer(
        captions, padding="max_length", max_length=shapes.CLIP_TOKENS, truncation=True, return_tensors="pt"
    )["input_ids"]
    clean = latents[chosen]
    # One time step out of each equal slice: less chance in the loss than with independent ones.
    slices = (torch.arange(settings.batch) + torch.rand(settings.batch, generator=chance)) / settings.batch
    return clean, torch.randn(clean.shape, generator=chance), (slices * shapes.TIMESTEPS).long(), ids


def _step(
    pair: Pair, optimizer: torch.optim.Optimizer, clean: Tensor, noise: Tensor, steps: Tensor, ids: Tensor
) -> float:
    optimizer.zero_grad(set_to_none=True)
    share = schedule.signal_share()[steps].view(-1, 1, 1, 1)
    noisy = (share.sqrt() * clean + (1 - share).sqrt() * noise).contiguous(memory_format=torch.channels_last)
    error = (pair(noisy, steps, ids) - noise).square().mean((1, 2, 3))
    ratio = (share / (1 - share)).flatten()
    loss = (error * ratio.clamp(max=_SNR_CAP) / ratio).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(pair.parameters(), 1.0)
    optimizer.step()
    return float(loss)


@torch.no_grad()
def _follow(average: dict[str, Tensor], pair: Pair, step: int) -> None:
    """Exponential moving average, quicker at the start."""
    share = 1 - min(_EMA, (1 + step) / (10 + step))
    for name, value in pair.state_dict().items():
        if value.is_floating_point():
            average[name].lerp_(value, share)


def reader(pair: Pair, tokenizer: Any) -> Reader:
    """The pair's text side."""
    return Reader(tokenizer, pair.clip)
