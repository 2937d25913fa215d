"""The sizes of the tiny checkpoint, said once, and the models built from them.

The layout is that of Stable Diffusion 1.x as the web UI's ``ldm`` code builds it (v1-inference.yaml): a UNet with spatial
transformers, a factor-8 autoencoder with four levels (the factor is hard-wired in the web UI) and a CLIP text encoder.
Both normalisations of ``ldm`` always use 32 groups, so every channel count is a multiple of 32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

WIDTH, HEIGHT = 256, 320
"""Picture size in pixels; both multiples of 64, as the web UI asks for."""
LATENT_FACTOR = 8
LATENT_CHANNELS = 4
SCALE_FACTOR = 0.18215
"""Latents are multiplied by this before they are noised (v1-inference.yaml)."""
LINEAR_START, LINEAR_END, TIMESTEPS = 0.00085, 0.0120, 1000

UNET_CHANNELS = 64
UNET_MULT = (1, 1, 2)
UNET_ATTENTION = (4,)
"""Down-sampling factors of the latent at which the levels carry attention; the middle always does."""
UNET_HEADS = 4

VAE_CHANNELS = 96
"""Three channels to each of the 32 groups of ``ldm``: with one or two, normalising a picture takes its mean colour away."""
VAE_MULT = (1, 1, 1, 1)

CLIP_WIDTH = 96
CLIP_LAYERS = 5
"""The last one is random: the UNet is trained on the output of the one before it (clip skip 2)."""
CLIP_HEADS = 4
CLIP_TOKENS = 77


def unet() -> UNet2DConditionModel:
    """The noise predictor: latents [n, 4, h, w], time steps [n], context [n, 77, CLIP_WIDTH] -> noise [n, 4, h, w]."""
    from diffusers import UNet2DConditionModel

    attended = [2**level in UNET_ATTENTION for level in range(len(UNET_MULT))]
    return UNet2DConditionModel(
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=tuple(UNET_CHANNELS * mult for mult in UNET_MULT),
        down_block_types=tuple("CrossAttnDownBlock2D" if yes else "DownBlock2D" for yes in attended),
        up_block_types=tuple("CrossAttnUpBlock2D" if yes else "UpBlock2D" for yes in reversed(attended)),
        layers_per_block=1,
        attention_head_dim=UNET_HEADS,  # diffusers keeps the number of heads of SD 1.x under this name
        cross_attention_dim=CLIP_WIDTH,
    )


def vae() -> AutoencoderKL:
    """The autoencoder: pictures [n, 3, 8h, 8w] in -1..1 <-> latents [n, 4, h, w]."""
    from diffusers import AutoencoderKL

    levels = len(VAE_MULT)
    return AutoencoderKL(
        block_out_channels=tuple(VAE_CHANNELS * mult for mult in VAE_MULT),
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        layers_per_block=1,
        latent_channels=LATENT_CHANNELS,
        sample_size=max(WIDTH, HEIGHT),
        scaling_factor=SCALE_FACTOR,
    )


def clip_config(vocabulary: int) -> CLIPTextConfig:
    """The text encoder's configuration for a vocabulary of that many tokens; the two highest ids are start and end."""
    from transformers import CLIPTextConfig

    return CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=CLIP_WIDTH,
        intermediate_size=4 * CLIP_WIDTH,
        projection_dim=CLIP_WIDTH,
        num_hidden_layers=CLIP_LAYERS,
        num_attention_heads=CLIP_HEADS,
        max_position_embeddings=CLIP_TOKENS,
        hidden_act="quick_gelu",
        bos_token_id=vocabulary - 2,
        eos_token_id=vocabulary - 1,
        pad_token_id=vocabulary - 1,
    )


def clip(vocabulary: int) -> CLIPTextModel:
    """The text encoder: token ids [n, 77] -> hidden states [n, 77, CLIP_WIDTH]."""
    from transformers import CLIPTextModel

    return CLIPTextModel(clip_config(vocabulary))
