"""The stages of a training run, each reading what the one before it left in the run's folder."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from minui.training import autoencoder, diffusion, shapes
from minui.training import export as files
from minui.training.mosaic import skip_fine_encoding
from minui.training.prompts import Reader
from minui.training.sampling import Request, Studio
from minui.training.state import save_whole

if TYPE_CHECKING:
    from diffusers import AutoencoderKL
    from torch import Tensor

VAE_STEPS, UNET_STEPS, PICTURES = 1200, 2000, 3000
_UNSEEN = range(900_000, 900_016)
"""Scenes no stage trains on, for measuring."""
_WHITENING = range(500_000, 500_200)

Options = argparse.Namespace


def vae(options: Options) -> None:
    """Train the autoencoder, whiten its latents, measure it."""
    model = autoencoder.train(options.run, autoencoder.Settings(steps=options.vae_steps)).eval()
    autoencoder.whiten(model, _WHITENING)
    save_whole({"model": model.state_dict()}, options.run / "vae-final.pt")
    print(f"autoencoder: {autoencoder.quality(model, _UNSEEN):.2f} dB on unseen pictures", flush=True)


def latents(options: Options) -> None:
    """Encode the pictures once; their latents are what the UNet learns from."""
    target = options.run / "latents.pt"
    if target.exists():
        return
    model = _vae(options.run)
    skip_fine_encoding(model)
    found = autoencoder.latents(model, range(options.pictures))
    save_whole({"latents": found.half()}, target)
    print(f"latents: {tuple(found.shape)}, mean {found.mean():.3f}, deviation {found.std():.3f}", flush=True)


def unet(options: Options) -> None:
    """Train the UNet and the text encoder."""
    found: Tensor = torch.load(options.run / "latents.pt", weights_only=True)["latents"].float()
    diffusion.train(options.run, _tokenizer(options.run), found, diffusion.Settings(steps=options.unet_steps))


def words(options: Options) -> None:
    """Go on where the noise is strong, so that the words decide more."""
    found: Tensor = torch.load(options.run / "latents.pt", weights_only=True)["latents"].float()
    diffusion.train(options.run, _tokenizer(options.run), found, diffusion.WORDS, "words", start="unet")


def export(options: Options) -> None:
    """Write the web UI's files from the averaged weights."""
    pair = _pair(options.run)
    files.export_all(options.out, pair.unet.state_dict(), _vae(options.run).state_dict(), pair.clip.state_dict())


def draw(options: Options) -> None:
    """Draw the prompts side by side into ``draw.png`` of the run's folder."""
    pair = _pair(options.run)
    studio = Studio(pair.unet, _vae(options.run), Reader(_tokenizer(options.run), pair.clip))
    sheet = Image.new("RGB", (shapes.WIDTH * len(options.prompt), shapes.HEIGHT))
    for index, prompt in enumerate(options.prompt):
        began = time.monotonic()
        sheet.paste(studio.draw(Request(prompt, options.negative, options.seed + index)), (shapes.WIDTH * index, 0))
        print(f"{time.monotonic() - began:.1f} s: {prompt}", flush=True)
    sheet.save(options.run / "draw.png")


def _vae(run: Path) -> AutoencoderKL:
    model = shapes.vae()
    model.load_state_dict(torch.load(run / "vae-final.pt", weights_only=True)["model"])
    return model.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _pair(run: Path) -> diffusion.Pair:
    tokenizer = _tokenizer(run)
    pair = diffusion.Pair(len(tokenizer))
    pair.load_state_dict(torch.load(_last(run), weights_only=True)["average"])
    return pair.eval()


def _last(run: Path) -> Path:
    """The newest stage's weights."""
    return run / "words.pt" if (run / "words.pt").exists() else run / "unet.pt"


def _tokenizer(run: Path) -> Any:
    folder = run / files.CLIP_FOLDER
    if not (folder / "vocab.json").exists():
        files.write_text_encoder(folder)
    return Reader.tokenizer_in(folder)
