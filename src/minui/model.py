"""One loaded model: the denoiser's eps, the VAE both ways, the text encoder, the noise table."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from minui import layers
from minui.checkpoints import Checkpoint
from minui.discrete import alphas_cumprod, with_overrides
from minui.embeddings import Embeddings
from minui.textencoder import TextEncoder
from minui.weights import read_weights

DOWN = 8
"""Pixels per latent cell."""
CHANNELS = 4
"""Channels of a latent."""


class Model:
    """Modules of one YAML with one checkpoint's weights in them."""

    def __init__(self, config_file: str, embeddings: Embeddings) -> None:
        self.config_file = config_file
        self.config = layers.read_config(config_file)
        self.unet = layers.make_unet(self.config).eval()
        self.vae = layers.make_vae(self.config).eval()
        self._tokenizer, self._text_model = layers.make_text_model(self.config)
        self._text_model.eval()
        self._embeddings = embeddings
        self.encoder: TextEncoder
        self.checkpoint: Checkpoint
        self.hash: str | None = None
        self.base_vae: dict[str, Tensor] = {}
        self.table = alphas_cumprod(self.config.beta_start, self.config.beta_end, self.config.timesteps)
        self.alphas = self.table
        self._convolutions = [
            part for module in (self.unet, self.vae) for part in module.modules() if isinstance(part, nn.Conv2d)
        ]

    def fill(self, checkpoint: Checkpoint, weights: dict[str, Tensor]) -> None:
        """Put a checkpoint's weights in. Raises NotImplementedError or RuntimeError when they do not fit."""
        layers.fill_unet(self.unet, weights)
        self.base_vae = layers.vae_weights(weights)
        layers.fill_vae(self.vae, self.base_vae)
        positions = layers.fill_text_model(self._text_model, weights)
        self.encoder = TextEncoder(self._tokenizer, self._text_model, positions, self._embeddings)
        self.checkpoint = checkpoint
        self.hash = checkpoint.shorthash

    def use_vae(self, file: str | None) -> None:
        """Put a separate VAE in, or the checkpoint's own back with None."""
        layers.fill_vae(self.vae, read_weights(file) if file else self.base_vae)

    def use_noise_table(self, options: Any, extra: dict[str, Any] | None = None) -> None:
        """Apply the compatibility settings to the noise table; notes them in ``extra`` for the infotext."""
        self.alphas = with_overrides(self.table, options, extra)

    def set_tiling(self, tiling: bool) -> None:
        """Let pictures continue at the opposite edge."""
        for convolution in self._convolutions:
            convolution.padding_mode = "circular" if tiling else "zeros"

    def eps(self, x: Tensor, timestep: Tensor, context: Tensor) -> Tensor:
        """Predicted noise (b, 4, h, w) at fractional timesteps (b,) under conditioning (b, tokens, width)."""
        return self.unet(x, timestep, encoder_hidden_states=context, return_dict=False)[0]

    def decode(self, latent: Tensor) -> Tensor:
        """Latent (1, 4, h, w) to picture (1, 3, 8h, 8w) in about -1..1."""
        return self.vae.decode(latent.float() / self.config.scale_factor, return_dict=False)[0]

    def encode(self, picture: Tensor) -> Tensor:
        """Pictures (b, 3, h, w) in 0..1 to latents, each drawn from its posterior with torch's own random state."""
        return torch.cat([self._encode_one(one.unsqueeze(0)) for one in picture])

    def _encode_one(self, picture: Tensor) -> Tensor:
        posterior = self.vae.encode(picture * 2 - 1).latent_dist
        sample = posterior.mean + posterior.std * torch.randn(posterior.mean.shape)
        return self.config.scale_factor * sample

    def refresh_embeddings(self, *, force: bool = False) -> None:
        """List embeddings again if their folder changed."""

        def tokenize(text: str) -> list[int]:
            return list(self._tokenizer([text], truncation=False, add_special_tokens=False)["input_ids"][0])

        self._embeddings.refresh(self.encoder.width, tokenize, force=force)
