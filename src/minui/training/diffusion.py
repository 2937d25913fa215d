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
    earliest: int = 0
    """First time step that is trained; the words show where the noise is strong."""
    boost: float = 1.0
    """Cap of the weight of strong noise: above 1 the error counts in the picture's units instead of the noise's."""
    reading: float = 1.0
    """Factor of the learning rate for what reads the words: the text encoder and the cross attention."""


WORDS = Settings(steps=1000, seed=12, peak=4e-4, floor=2e-5, earliest=350, boost=25.0, reading=4.0)
"""The second half of the training: what the words ask for."""


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


def train(
    folder: Path, tokenizer: Any, latents: Tensor, settings: Settings, stage: str = "unet", start: str | None = None
) -> dict[str, Tensor]:
    """Train (or go on training) on latents of the scenes 0, 1, ...; returns the averaged weights of the pair.

    A stage begins with the averaged weights of the stage ``start``.
    """
    torch.manual_seed(settings.seed)
    run, pair = Run(folder, stage), Pair(len(tokenizer))
    if start:
        pair.load_state_dict(torch.load(Run(folder, start).checkpoint, weights_only=True)["average"])
    optimizer = torch.optim.AdamW(_groups(pair, settings), lr=settings.peak, betas=(0.9, 0.99), weight_decay=1e-3)
    average = {name: value.detach().clone() for name, value in pair.state_dict().items()}
    if state := run.load():
        pair.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average = state["average"]
    losses: list[float] = []
    while run.step < settings.steps:
        for group in optimizer.param_groups:
            group["lr"] = group["factor"] * rate(run.step, settings.steps, settings.peak, settings.floor, 100)
        losses.append(_step(pair, optimizer, *_batch(latents, tokenizer, settings, run.step), boost=settings.boost))
        _follow(average, pair, run.step)
        run.step += 1
        if run.step % 25 == 0:
            run.log(loss=sum(losses) / len(losses))
            losses.clear()
        if run.due() or run.step == settings.steps:
            run.save({"model": pair.state_dict(), "optimizer": optimizer.state_dict(), "average": average})
    return average


def _groups(pair: Pair, settings: Settings) -> list[dict[str, Any]]:
    """Part the weights into those that read the words and all others."""
    reading = [value for name, value in pair.named_parameters() if name.startswith("clip.") or "attn2" in name]
    known = {id(value) for value in reading}
    others = [value for value in pair.parameters() if id(value) not in known]
    return [{"params": others, "factor": 1.0}, {"params": reading, "factor": settings.reading}]


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
    steps = settings.earliest + (slices * (shapes.TIMESTEPS - settings.earliest)).long()
    return clean, torch.randn(clean.shape, generator=chance), steps, ids


def _step(
    pair: Pair,
    optimizer: torch.optim.Optimizer,
    clean: Tensor,
    noise: Tensor,
    steps: Tensor,
    ids: Tensor,
    *,
    boost: float,
) -> float:
    optimizer.zero_grad(set_to_none=True)
    share = schedule.signal_share()[steps].view(-1, 1, 1, 1)
    noisy = (share.sqrt() * clean + (1 - share).sqrt() * noise).contiguous(memory_format=torch.channels_last)
    error = (pair(noisy, steps, ids) - noise).square().mean((1, 2, 3))
    ratio = (share / (1 - share)).flatten()
    weight = (ratio.clamp(max=_SNR_CAP) / ratio) * (1 / ratio).clamp(1.0, boost)
    loss = (error * weight).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(pair.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())


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
