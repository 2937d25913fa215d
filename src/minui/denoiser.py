"""Classifier-free guidance around the model (A1111 v1.10.1 modules/sd_samplers_cfg_denoiser.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from minui.errors import Interrupted
from minui.prompts import Timeline, at_step, composed, schedule

Plan = list[tuple[int, Tensor]]
"""Conditioning over time: (last step, (tokens, width)) in rising order."""


def plan_of(encode: Callable[[Sequence[str]], Tensor], text: str, timeline: Timeline) -> Plan:
    """Encode every text of a prompt's schedule together."""
    entries = schedule(text, timeline)
    encoded = encode([entry for _, entry in entries])
    return [(end, encoded[index]) for index, (end, _) in enumerate(entries)]


@dataclass
class Conditioning:
    """Per picture: the positive parts (joined by AND) with weights, and the negative plan."""

    positive: list[list[tuple[Plan, float]]]
    negative: list[Plan]


def conditioning(
    encode: Callable[[Sequence[str]], Tensor], prompts: Sequence[str], negatives: Sequence[str], timeline: Timeline
) -> Conditioning:
    """Encode a batch; equal texts are encoded once."""
    known: dict[str, Plan] = {}

    def plan(text: str) -> Plan:
        if text not in known:
            known[text] = plan_of(encode, text, timeline)
        return known[text]

    negative = [plan(text) for text in negatives]
    return Conditioning([[(plan(part), weight) for part, weight in composed(text)] for text in prompts], negative)


def _same_length(rows: Sequence[Tensor]) -> Tensor:
    """Stack (tokens, width) rows, repeating the last vector of short ones."""
    longest = max(row.shape[0] for row in rows)
    padded = [torch.vstack([row, row[-1:].repeat([longest - row.shape[0], 1])]) for row in rows]
    return torch.stack(padded)


class Guidance:
    """Calls the model with and without the prompt and moves the answer by the CFG scale.

    ``inner`` maps (x, sigma or timestep, context) to the model's answer; ``watch`` tells whether to stop.
    """

    def __init__(
        self,
        inner: Callable[[Tensor, Tensor, Tensor], Tensor],
        conds: Conditioning,
        scale: float,
        options: Any,
        watch: Callable[[], bool],
    ) -> None:
        self._inner, self._conds, self._scale, self._options, self._watch = inner, conds, scale, options, watch
        self._step = 0
        self.total_steps = 1
        self.skip_uncond_below = 0.0
        self.scale_multiplier = 1.0
        self.blend: Callable[[Tensor], Tensor] | None = None
        self.blend_first = False
        self.last_uncond: Tensor | None = None
        self.last_answer: Tensor | None = None
        self.notes: dict[str, Any] = {}

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Guided answer for latents (b, 4, h, w) at sigmas (b,). Raises Interrupted when told to stop."""
        if self._watch():
            raise Interrupted
        if self.blend and self.blend_first:
            x = self.blend(x)
        contexts, weights = self._now()
        negative = _same_length([plan[at_step(plan, self._step)][1] for plan in self._conds.negative])
        skip = self._skips_uncond(sigma)
        owners = [row for row, parts in enumerate(weights) for _ in parts]
        positive_out, negative_out = self._ask(x, sigma, owners, contexts, None if skip else negative)
        first = [owners.index(row) for row in range(len(weights))]
        self.last_answer = positive_out[first]
        uncond = negative_out if negative_out is not None else positive_out[first]
        self.last_uncond = uncond.clone()
        scale = 1.0 if skip else self._scale * self.scale_multiplier
        guided = self._guided(positive_out, uncond, weights, scale)
        self._step += 1
        return self.blend(guided) if self.blend and not self.blend_first else guided

    def _now(self) -> tuple[Tensor, list[list[float]]]:
        """Contexts of all positive parts at this step, and each picture's part weights."""
        rows = [plan[at_step(plan, self._step)][1] for parts in self._conds.positive for plan, _ in parts]
        return _same_length(rows), [[weight for _, weight in parts] for parts in self._conds.positive]

    @staticmethod
    def _guided(positive: Tensor, uncond: Tensor, weights: list[list[float]], scale: float) -> Tensor:
        guided, at = uncond.clone(), 0
        for row, parts in enumerate(weights):
            for weight in parts:
                guided[row] += (positive[at] - uncond[row]) * (weight * scale)
                at += 1
        return guided

    def _skips_uncond(self, sigma: Tensor) -> bool:
        """Whether settings leave the negative prompt out at this step."""
        early, options = self._options.skip_early_cond, self._options
        if early != 0 and self._step / self.total_steps <= early:
            self.notes["Skip Early CFG"] = early
            return True
        below = self.skip_uncond_below
        if below > 0 and sigma[0] < below and (self._step % 2 or options.s_min_uncond_all):
            self.notes["NGMS"] = below
            if options.s_min_uncond_all:
                self.notes["NGMS all steps"] = options.s_min_uncond_all
            return True
        return False

    def _ask(
        self, x: Tensor, sigma: Tensor, owners: list[int], contexts: Tensor, negative: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """Answers for all positive parts and for the negatives, in one model call where their lengths allow."""
        if negative is None:
            return self._inner(x[owners], sigma[owners], contexts), None
        if contexts.shape[1] == negative.shape[1] and self._options.batch_cond_uncond:
            both = self._inner(
                torch.cat([x[owners], x]), torch.cat([sigma[owners], sigma]), torch.cat([contexts, negative])
            )
            return both[: len(owners)], both[len(owners) :]
        return self._inner(x[owners], sigma[owners], contexts), self._inner(x, sigma, negative)
