"""From the sizes in a checkpoint's YAML and its ldm weights to diffusers and transformers modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import yaml
from diffusers import AutoencoderKL
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

UNET, VAE, TEXT = "model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer."
IGNORED_VAE_KEYS = ("loss", "model_ema.decay", "model_ema.num_updates")
Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Config:
    """What the YAML says; ``text`` is a folder (relative to the working directory) or a hub name."""

    unet: dict[str, Any]
    vae: dict[str, Any]
    text: str
    scale_factor: float
    beta_start: float
    beta_end: float
    timesteps: int


def read_config(file: str) -> Config:
    """Read a checkpoint's YAML. Raises KeyError for a model of another kind."""
    with open(file, encoding="utf-8") as stream:
        params = yaml.safe_load(stream)["model"]["params"]
    encoder = params["cond_stage_config"].get("params") or {}
    return Config(
        unet=params["unet_config"]["params"],
        vae=params["first_stage_config"]["params"]["ddconfig"],
        text=encoder.get("version", "openai/clip-vit-large-patch14"),
        scale_factor=float(params.get("scale_factor", 0.18215)),
        beta_start=float(params["linear_start"]),
        beta_end=float(params["linear_end"]),
        timesteps=int(params.get("timesteps", 1000)),
    )


def _blocks(unet: dict[str, Any]) -> tuple[list[str], list[str]]:
    with_attention = [2**level in unet["attention_resolutions"] for level in range(len(unet["channel_mult"]))]
    down = ["CrossAttnDownBlock2D" if attention else "DownBlock2D" for attention in with_attention]
    up = ["CrossAttnUpBlock2D" if attention else "UpBlock2D" for attention in reversed(with_attention)]
    return down, up


def _heads(unet: dict[str, Any], widths: list[int]) -> int | list[int]:
    per_head = unet.get("num_head_channels", -1)
    return int(unet["num_heads"]) if per_head == -1 else [width // per_head for width in widths]


def make_unet(config: Config) -> UNet2DConditionModel:
    """An untrained UNet of the YAML's sizes."""
    unet = config.unet
    widths = [unet["model_channels"] * factor for factor in unet["channel_mult"]]
    down, up = _blocks(unet)
    model = UNet2DConditionModel(
        in_channels=unet["in_channels"],
        out_channels=unet["out_channels"],
        down_block_types=tuple(down),
        up_block_types=tuple(up),
        block_out_channels=tuple(widths),
        layers_per_block=unet["num_res_blocks"],
        cross_attention_dim=unet["context_dim"],
        attention_head_dim=_heads(unet, widths),
        transformer_layers_per_block=unet.get("transformer_depth", 1),
        use_linear_projection=unet.get("use_linear_in_transformer", False),
    )
    for block in model.up_blocks:
        for upsampler in block.upsamplers or []:
            _resize_after_convolution(upsampler)
    return model


def _resize_after_convolution(upsampler: nn.Module) -> None:
    """Fit odd sizes after the upsampler's convolution as A1111 does; diffusers would do it before."""
    plain = upsampler.forward

    def forward(hidden: Tensor, output_size: tuple[int, int] | None = None, *_: Any, **__: Any) -> Tensor:
        doubled = plain(hidden)
        if output_size is None or doubled.shape[-2:] == tuple(output_size):
            return doubled
        return nn.functional.interpolate(doubled, size=tuple(output_size), mode="nearest")

    upsampler.forward = forward


def make_vae(config: Config) -> AutoencoderKL:
    """An untrained VAE of the YAML's sizes."""
    vae = config.vae
    levels = len(vae["ch_mult"])
    return AutoencoderKL(
        in_channels=vae["in_channels"],
        out_channels=vae["out_ch"],
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=tuple(vae["ch"] * factor for factor in vae["ch_mult"]),
        latent_channels=vae["z_channels"],
        layers_per_block=vae["num_res_blocks"],
        scaling_factor=config.scale_factor,
    )


def _fill(module: nn.Module, weights: Weights) -> None:
    """Load weights; a missing tensor is an error in upstream's words, a surplus one is not."""
    missing = module.load_state_dict(dict(weights), strict=False).missing_keys
    if missing:
        raise NotImplementedError(f"Cannot copy out of meta tensor; no data! ({len(missing)} tensors are missing)")


def _below(weights: Weights, prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value.float() for key, value in weights.items() if key.startswith(prefix)}


def fill_unet(unet: UNet2DConditionModel, weights: Weights) -> None:
    """Load the UNet's part of a checkpoint."""
    part = {UNET + key: value for key, value in _below(weights, UNET).items()}
    _fill(unet, convert_ldm_unet_checkpoint(part, unet.config) if part else {})


def fill_vae(vae: AutoencoderKL, weights: Weights) -> None:
    """Load a VAE from its own file's weights, or from a checkpoint's with the prefix cut off."""
    part = {key: value.float() for key, value in weights.items() if not key.startswith(IGNORED_VAE_KEYS)}
    _fill(vae, convert_ldm_vae_checkpoint(part, vae.config) if part else {})


def vae_weights(weights: Weights) -> dict[str, Tensor]:
    """The VAE's part of a checkpoint."""
    return _below(weights, VAE)


def make_text_model(config: Config) -> tuple[CLIPTokenizer, CLIPTextModel]:
    """Tokenizer and untrained text model that the YAML names. Raises OSError when they are not there."""
    tokenizer = CLIPTokenizer.from_pretrained(config.text)
    sizes = CLIPTextConfig.from_pretrained(config.text)
    return tokenizer, CLIPTextModel(sizes)


def fill_text_model(model: CLIPTextModel, weights: Weights) -> Tensor | None:
    """Load the text model's part of a checkpoint; its position ids (1, 77) if it carries some."""
    part = _below(weights, TEXT)
    if not hasattr(model, "text_model"):
        part = {key.removeprefix("text_model."): value for key, value in part.items()}
    positions = [part.pop(key) for key in list(part) if key.endswith("position_ids")]
    own = {key for key in model.state_dict() if key.endswith("position_ids")}
    part.update({key: value for key, value in model.state_dict().items() if key in own})
    _fill(model, part)
    return positions[0].to(torch.int64).reshape(1, -1) if positions else None
