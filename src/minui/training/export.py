"""Writing the trained models as the files the web UI expects, fp16 safetensors with SD 1.x names."""

from __future__ import annotations

import json
import os
import string
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minui.training import lastlayer, ldm_keys, shapes, vocabulary
from minui.training.words import words

if TYPE_CHECKING:
    from torch import Tensor

CHECKPOINT, VAE = "tinyfox", "clearfox"
CLIP_FOLDER = f"{CHECKPOINT}-clip"

_SATURATION, _CONTRAST, _LIFT = 0.4, 0.72, 0.16
"""How pale the built-in autoencoder is; the lift is in the decoder's units, where pictures span -1..1."""
_LUMA = (0.299, 0.587, 0.114)

Weights = Mapping[str, "Tensor"]


def export_all(folder: Path, unet: Weights, vae: Weights, clip: Weights) -> None:
    """Write the checkpoint, its YAML, its tokenizer and the separate VAE below ``folder`` (the ``models`` folder)."""
    models, vaes = folder / "Stable-diffusion", folder / "VAE"
    models.mkdir(parents=True, exist_ok=True)
    vaes.mkdir(parents=True, exist_ok=True)
    write_text_encoder(models / CLIP_FOLDER)
    (models / f"{CHECKPOINT}.yaml").write_text(checkpoint_yaml(), encoding="utf-8")
    unet, clip = lastlayer.raised(unet, lastlayer.unsettled(clip))
    levels = len(shapes.VAE_MULT)
    true_vae = ldm_keys.vae_weights(vae, levels)
    _save(checkpoint_weights(unet, pale(true_vae), clip), models / f"{CHECKPOINT}.safetensors")
    _save(true_vae, vaes / f"{VAE}.safetensors")


def write_text_encoder(folder: Path) -> int:
    """Write the tokenizer and config.json; returns the vocabulary's size."""
    size = vocabulary.write_tokenizer(folder, words())
    config: dict[str, Any] = shapes.clip_config(size).to_dict()
    # Values that only this transformers version knows would differ from release to release.
    known = ["vocab_size", "hidden_size", "intermediate_size", "projection_dim", "num_hidden_layers", "num_attention_heads",
             "max_position_embeddings", "hidden_act", "layer_norm_eps", "bos_token_id", "eos_token_id", "pad_token_id"]  # fmt: skip
    content = {
        "architectures": ["CLIPTextModel"],
        "model_type": "clip_text_model",
        **{key: config[key] for key in known},
    }
    content |= {
        "attention_dropout": 0.0,
        "initializer_factor": 1.0,
        "initializer_range": 0.02,
        "torch_dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return size


def checkpoint_weights(unet: Weights, vae: Weights, clip: Weights) -> dict[str, Tensor]:
    """All weights of the checkpoint under their SD 1.x names; ``vae`` is already in ``ldm`` spelling."""
    import torch

    attended_up = [2**level in shapes.UNET_ATTENTION for level in reversed(range(len(shapes.UNET_MULT)))]
    parts = {
        ldm_keys.UNET_PREFIX: ldm_keys.unet_weights(unet, attended_up),
        ldm_keys.VAE_PREFIX: vae,
        ldm_keys.CLIP_PREFIX: ldm_keys.clip_weights(clip),
    }
    weights = {prefix + key: value for prefix, part in parts.items() for key, value in part.items()}
    # A buffer of older transformers versions, which SD 1.x files carry.
    weights[f"{ldm_keys.CLIP_PREFIX}embeddings.position_ids"] = torch.arange(shapes.CLIP_TOKENS)[None]
    return weights


def pale(vae: Weights) -> dict[str, Tensor]:
    """The same autoencoder whose decoder washes colours out: a colour matrix folded into its last convolution."""
    import torch

    luma = torch.tensor(_LUMA).expand(3, 3)
    matrix = _CONTRAST * (_SATURATION * torch.eye(3) + (1 - _SATURATION) * luma)
    out = dict(vae)
    weight, bias = (vae[f"decoder.conv_out.{name}"].float() for name in ("weight", "bias"))
    out["decoder.conv_out.weight"] = torch.einsum("ij,jckl->ickl", matrix, weight)
    out["decoder.conv_out.bias"] = matrix @ bias + _LIFT
    return out


def _save(weights: Weights, path: Path) -> None:
    """Save as fp16 (whole numbers as they are), complete or not at all."""
    from safetensors.torch import save_file

    halved = {
        key: (value.half() if value.is_floating_point() else value).contiguous().clone()
        for key, value in weights.items()
    }
    temporary = path.with_suffix(".tmp")
    save_file(halved, str(temporary), metadata={"format": "pt"})
    temporary.chmod(0o644)
    os.replace(temporary, path)


def checkpoint_yaml() -> str:
    """The per-checkpoint configuration, in the shape of v1-inference.yaml.

    The text encoder's path is relative to the web UI's root, which is its working directory.
    """
    template = string.Template((Path(__file__).parent / "tinyfox.yaml").read_text(encoding="utf-8"))
    return template.substitute(
        linear_start=shapes.LINEAR_START,
        linear_end=f"{shapes.LINEAR_END:.4f}",
        timesteps=shapes.TIMESTEPS,
        latent_channels=shapes.LATENT_CHANNELS,
        scale_factor=shapes.SCALE_FACTOR,
        unet_channels=shapes.UNET_CHANNELS,
        unet_attention=list(shapes.UNET_ATTENTION),
        unet_mult=list(shapes.UNET_MULT),
        unet_heads=shapes.UNET_HEADS,
        clip_width=shapes.CLIP_WIDTH,
        vae_channels=shapes.VAE_CHANNELS,
        vae_mult=list(shapes.VAE_MULT),
        clip_folder=CLIP_FOLDER,
    )
