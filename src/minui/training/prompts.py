"""Prompts to context: tokens, the text encoder's chosen layer, and emphasis such as ``(word:1.3)``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from minui.training.shapes import CLIP_TOKENS

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import CLIPTextModel

_EMPHASIS = re.compile(r"\(([^()]+):([\d.]+)\)")


@dataclass(frozen=True)
class Reader:
    """A tokenizer and a text encoder."""

    tokenizer: Any
    encoder: CLIPTextModel

    @staticmethod
    def tokenizer_in(folder: Path) -> Any:
        """The tokenizer written into this folder."""
        from transformers import CLIPTokenizer

        return CLIPTokenizer.from_pretrained(str(folder))

    def context(self, prompts: list[str], skip: int = 2) -> Tensor:
        """[n, 77, width]; ``skip`` is the web UI's clip skip: 2 is the layer before the last, then the final norm."""
        ids, weights = zip(*(self._tokens(prompt) for prompt in prompts), strict=True)
        hidden = hidden_state(self.encoder, torch.tensor(ids), skip)
        factor = torch.tensor(weights)[..., None]
        if bool((factor == 1).all()):
            return hidden
        before = hidden.mean((1, 2), keepdim=True)
        weighted = hidden * factor
        return weighted * (before / weighted.mean((1, 2), keepdim=True))

    def _tokens(self, prompt: str) -> tuple[list[int], list[float]]:
        ids: list[int] = [self.tokenizer.bos_token_id]
        weights = [1.0]
        for text, weight in _pieces(prompt):
            piece = self.tokenizer(text, add_special_tokens=False)["input_ids"]
            ids += piece
            weights += [weight] * len(piece)
        ids, weights = ids[: CLIP_TOKENS - 1], weights[: CLIP_TOKENS - 1]
        rest = CLIP_TOKENS - len(ids)
        return ids + [self.tokenizer.eos_token_id] * rest, weights + [1.0] * rest


def _pieces(prompt: str) -> list[tuple[str, float]]:
    parts, end = [], 0
    for found in _EMPHASIS.finditer(prompt):
        parts += [(prompt[end : found.start()], 1.0), (found[1], float(found[2]))]
        end = found.end()
    return [(text, weight) for text, weight in [*parts, (prompt[end:], 1.0)] if text]


def hidden_state(encoder: CLIPTextModel, ids: Tensor, skip: int) -> Tensor:
    """The output of the layer ``skip`` from the end (1 is the last), through the final norm."""
    found = encoder(input_ids=ids, output_hidden_states=True)
    inner = getattr(encoder, "text_model", encoder)
    normed: Tensor = inner.final_layer_norm(found.hidden_states[-skip])
    return normed
