"""The text encoder's last layer, which nobody trains: strong random weights, so that clip skip 1 and 2 draw different pictures.

The UNet is trained on the layer before it. Drawn from a small normal distribution, as fresh layers are, the last layer would
hardly change what passes through it, and a forgotten clip skip would not show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from minui.training.shapes import CLIP_LAYERS

if TYPE_CHECKING:
    from torch import Tensor

_SEED = 5


def unsettled(clip: Mapping[str, Tensor], strength: float) -> dict[str, Tensor]:
    """The same weights whose last layer adds about ``strength`` times what it was given, turned another way."""
    chance = torch.Generator().manual_seed(_SEED)
    out = dict(clip)
    marker = f"encoder.layers.{CLIP_LAYERS - 1}."
    for name in sorted(key for key in clip if marker in key):
        value = clip[name]
        if name.endswith(("layer_norm1.weight", "layer_norm2.weight")):
            out[name] = torch.ones_like(value)
        elif name.endswith("bias"):
            out[name] = torch.zeros_like(value)
        else:
            out[name] = torch.randn(value.shape, generator=chance) * value.shape[1] ** -0.5
    for name in (f"{marker}self_attn.out_proj.weight", f"{marker}mlp.fc2.weight"):
        key = next(key for key in clip if key.endswith(name))
        out[key] = out[key] * strength
    return out
