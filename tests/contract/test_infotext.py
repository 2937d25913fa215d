"""The generation parameters: exact layout, key order, number formats.

Order on the last line, as observed: Steps, Sampler, Schedule type, CFG scale, Seed, Size, Model hash, Model, VAE hash, VAE,
Denoising strength, Clip skip, ENSD, Hires upscale (or Hires resize), Hires steps, Hires upscaler, Downcast alphas_cumprod,
Version. CFG scale and Hires upscale are floats ("7.0", "2.0") when the request came through the API. "VAE hash" and "VAE" only
if a separate VAE is loaded; "Clip skip" only above 1; "ENSD" only if not 0 and the sampler is ancestral; "Negative prompt"
line only if it is not empty; an empty prompt leaves an empty first line.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from .client import Client
from .conftest import SMALL

if TYPE_CHECKING:
    from .targets import Models

ENSD = 31337


def _sha(path: object) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]  # type: ignore[attr-defined]


@pytest.fixture
def model(models: Models) -> str:
    return f"Model hash: {_sha(models.checkpoint)}, Model: {models.checkpoint.stem}"


@pytest.fixture
def vae(models: Models) -> str:
    return f"VAE hash: {_sha(models.vae)}, VAE: {models.vae.name}"


def _version(api: Client) -> str:
    version: str = api.txt2img(**SMALL, send_images=False).info["version"]
    return version


START = "Steps: 6, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.0, Seed: 3287962209, Size: 64x96"


def test_plain(api: Client, model: str) -> None:
    assert api.txt2img(**SMALL).infotext == (
        f"red fox, sitting, (snow:1.2)\nNegative prompt: blurry\n{START}, {model}, Version: {_version(api)}"
    )


def test_everything_the_guide_sets(api: Client, models: Models, model: str, vae: str) -> None:
    api.set_options(CLIP_stop_at_last_layers=2, eta_noise_seed_delta=ENSD, sd_vae=models.vae.name)
    version = _version(api)
    line = api.txt2img(**SMALL).parameter_line
    assert line == f"{START}, {model}, {vae}, Clip skip: 2, Version: {version}"
    euler = api.txt2img(**{**SMALL, "sampler_name": "Euler a", "scheduler": None}).parameter_line
    expected = START.replace("DPM++ 2M, Schedule type: Karras", "Euler a, Schedule type: Automatic")
    assert euler == f"{expected}, {model}, {vae}, Clip skip: 2, ENSD: {ENSD}, Version: {version}"


def test_downcast(api: Client, model: str) -> None:
    api.set_options(use_downcasted_alpha_bar=True)
    line = api.txt2img(**SMALL).parameter_line
    assert line == f"{START}, {model}, Downcast alphas_cumprod: True, Version: {_version(api)}"


def test_an_empty_negative_prompt_has_no_line(api: Client) -> None:
    lines = api.txt2img(**{**SMALL, "negative_prompt": ""}).infotext.splitlines()
    assert len(lines) == 2


def test_fractions(api: Client) -> None:
    assert "CFG scale: 7.5, " in api.txt2img(**{**SMALL, "cfg_scale": 7.5}).parameter_line


def test_the_automatic_schedule_of_a_sampler_is_resolved(api: Client) -> None:
    resolved = api.txt2img(**{**SMALL, "scheduler": "Automatic"})
    assert resolved.png == api.txt2img(**SMALL).png
    assert "Schedule type: Karras" in resolved.parameter_line


def test_hires(api: Client, model: str) -> None:
    fields = {**SMALL, "enable_hr": True, "hr_scale": 2, "hr_upscaler": "Latent", "denoising_strength": 0.6}
    line = api.txt2img(**fields).parameter_line
    end = "Denoising strength: 0.6, Hires upscale: 2.0, Hires upscaler: Latent"
    assert line == f"{START}, {model}, {end}, Version: {_version(api)}"


def test_hires_with_everything(api: Client, models: Models, model: str, vae: str) -> None:
    api.set_options(CLIP_stop_at_last_layers=2, eta_noise_seed_delta=ENSD, sd_vae=models.vae.name)
    fields = {"enable_hr": True, "hr_scale": 1.5, "hr_upscaler": "Lanczos", "hr_second_pass_steps": 5}
    line = api.txt2img(**SMALL, **fields, denoising_strength=0.5).parameter_line
    end = "Denoising strength: 0.5, Clip skip: 2, Hires upscale: 1.5, Hires steps: 5, Hires upscaler: Lanczos"
    assert line == f"{START}, {model}, {vae}, {end}, Version: {_version(api)}"


def test_an_upscaler_that_was_not_named_is_not_printed(api: Client, model: str) -> None:
    line = api.txt2img(**SMALL, enable_hr=True, denoising_strength=0.6).parameter_line
    assert line == f"{START}, {model}, Denoising strength: 0.6, Hires upscale: 2.0, Version: {_version(api)}"


def test_hires_resize(api: Client) -> None:
    fields = {"enable_hr": True, "hr_resize_x": 96, "hr_resize_y": 128, "hr_upscaler": "Latent (nearest)"}
    made = api.txt2img(**SMALL, **fields, denoising_strength=0.6)
    assert ", Hires resize: 96x128, Hires upscaler: Latent (nearest), " in made.parameter_line
    assert made.pixels.shape == (128, 96, 3)
