"""Names of the weights: diffusers' spelling -> the spelling of the ``ldm`` code, as SD 1.x checkpoints carry them.

Written for the shapes of this checkpoint: one residual block per level and one transformer per attention.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

UNET_PREFIX = "model.diffusion_model."
VAE_PREFIX = "first_stage_model."
CLIP_PREFIX = "cond_stage_model.transformer.text_model."

Rules = list[tuple[str, str]]

_UNET_RESNET: Rules = [
    (r"\.norm1\.", ".in_layers.0."),
    (r"\.conv1\.", ".in_layers.2."),
    (r"\.time_emb_proj\.", ".emb_layers.1."),
    (r"\.norm2\.", ".out_layers.0."),
    (r"\.conv2\.", ".out_layers.3."),
    (r"\.conv_shortcut\.", ".skip_connection."),
]
_VAE_RULES: Rules = [
    (r"\.mid_block\.resnets\.0\.", ".mid.block_1."),
    (r"\.mid_block\.resnets\.1\.", ".mid.block_2."),
    (r"\.mid_block\.attentions\.0\.", ".mid.attn_1."),
    (r"^encoder\.down_blocks\.(\d+)\.resnets\.(\d+)\.", r"encoder.down.\1.block.\2."),
    (r"^encoder\.down_blocks\.(\d+)\.downsamplers\.0\.", r"encoder.down.\1.downsample."),
    (r"\.attn_1\.group_norm\.", ".attn_1.norm."),
    (r"\.attn_1\.to_([qkv])\.", r".attn_1.\1."),
    (r"\.attn_1\.to_out\.0\.", ".attn_1.proj_out."),
    (r"\.conv_norm_out\.", ".norm_out."),
    (r"\.conv_shortcut\.", ".nin_shortcut."),
]


def unet_key(key: str, attended_up: list[bool]) -> str:
    """One UNet key; ``attended_up`` says for each up block, coarsest first, whether it carries attention."""
    plain = {
        "time_embedding.linear_1.": "time_embed.0.",
        "time_embedding.linear_2.": "time_embed.2.",
        "conv_in.": "input_blocks.0.0.",
        "conv_norm_out.": "out.0.",
        "conv_out.": "out.2.",
    }
    for old, new in plain.items():
        if key.startswith(old):
            return new + key[len(old) :]
    place, rest = _unet_place(key, attended_up)
    if ".resnets." in key:
        rest = _applied(f".{rest}", _UNET_RESNET)[1:]
    return f"{place}.{rest}"


def _unet_place(key: str, attended_up: list[bool]) -> tuple[str, str]:
    """Where a block's part lives in ``ldm``, and what is left of the key behind it."""
    if found := re.match(r"mid_block\.(resnets|attentions)\.(\d)\.(.*)", key):
        kind, index, rest = found.groups()
        return f"middle_block.{1 if kind == 'attentions' else 2 * int(index)}", rest
    found = re.match(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.*)", key)
    if not found:
        raise KeyError(key)
    side, block, kind, index, rest = found.groups()
    if kind == "downsamplers":
        return f"input_blocks.{2 + 2 * int(block)}.0", rest.replace("conv.", "op.")
    if kind == "upsamplers":
        return f"output_blocks.{2 * int(block) + 1}.{2 if attended_up[int(block)] else 1}", rest
    number = 1 + 2 * int(block) if side == "down" else 2 * int(block) + int(index)
    return f"{'input' if side == 'down' else 'output'}_blocks.{number}.{1 if kind == 'attentions' else 0}", rest


def vae_key(key: str, levels: int) -> str:
    """One autoencoder key; the decoder counts its levels from the finest, diffusers from the coarsest."""
    if found := re.match(r"decoder\.up_blocks\.(\d+)\.(resnets|upsamplers)\.(\d+)\.(.*)", key):
        block, kind, index, rest = found.groups()
        part = f"block.{index}" if kind == "resnets" else "upsample"
        key = f"decoder.up.{levels - 1 - int(block)}.{part}.{rest}"
    return _applied(key, _VAE_RULES)


def vae_weights(weights: Mapping[str, Tensor], levels: int) -> dict[str, Tensor]:
    """The autoencoder's weights under ``ldm`` names; its attention is made of 1x1 convolutions there."""
    named = {vae_key(key, levels): value for key, value in weights.items()}
    matrix = re.compile(r"\.attn_1\.(q|k|v|proj_out)\.weight$")
    return {
        key: value[..., None, None] if matrix.search(key) and value.ndim == 2 else value for key, value in named.items()
    }


def unet_weights(weights: Mapping[str, Tensor], attended_up: list[bool]) -> dict[str, Tensor]:
    """The UNet's weights under ``ldm`` names, without prefix."""
    return {unet_key(key, attended_up): value for key, value in weights.items()}


def clip_weights(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The text encoder's weights without prefix, whether or not this transformers version adds ``text_model.``."""
    return {
        key.removeprefix("text_model."): value for key, value in weights.items() if not key.endswith("position_ids")
    }


def _applied(key: str, rules: Rules) -> str:
    for pattern, replacement in rules:
        key = re.sub(pattern, replacement, key)
    return key
