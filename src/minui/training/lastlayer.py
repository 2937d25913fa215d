"""Two changes to the trained text encoder that make the checkpoint behave as large ones do.

Nobody trains the last layer: the UNet reads the one before it (clip skip 2). Fresh layers hardly change what passes
through them, so a forgotten clip skip would not show; strong random weights make it draw another picture.

The web UI restores the mean of the conditioning after emphasis (``z.mean() / weighted.mean()``). With a mean of nearly
zero that quotient is chance, so the mean is raised, and the UNet told to take it off again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from minui.training.shapes import CLIP_LAYERS

if TYPE_CHECKING:
    from torch import Tensor

_SEED = 5
STRENGTH = 40.0
"""How much the last layer adds, in units of what it is given; at 6 the picture hardly changed, at 40 it is another."""
RISE = 0.5
"""Added to every number of the conditioning, whose spread is about one."""


def unsettled(clip: Mapping[str, Tensor], strength: float = STRENGTH) -> dict[str, Tensor]:
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


def raised(
    unet: Mapping[str, Tensor], clip: Mapping[str, Tensor], rise: float = RISE
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The same pair with ``rise`` added to the conditioning, and its effect taken off behind the cross attention.

    Exact: the same number for every token leaves the attention's weights alone, and adds one constant to its result.
    """
    unet, clip = dict(unet), dict(clip)
    bias = next(key for key in clip if key.endswith("final_layer_norm.bias"))
    clip[bias] = clip[bias] + rise
    for key in [key for key in unet if key.endswith("attn2.to_v.weight")]:
        stem = key.removesuffix("to_v.weight")
        constant = unet[f"{stem}to_out.0.weight"] @ (unet[key].sum(1) * rise)
        unet[f"{stem}to_out.0.bias"] = unet[f"{stem}to_out.0.bias"] - constant
    return unet, clip
