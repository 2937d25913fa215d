"""minui draws what A1111 draws: the same requests on the same checkpoint, compared by PSNR.

Needs both: minui's interpreter and FOXUP_A1111_DIR (or FOXUP_A1111_URL, holding the same models). The two run different
versions of torch on the CPU, so bytes differ; both compute in fp32. Numbers of the last run are in README.md.
"""

from __future__ import annotations

import base64
import math
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from .client import Client, Generation
from .conftest import NEUTRAL
from .targets import REPOSITORY, Models, Server, Target, a1111_target, minui_target

if TYPE_CHECKING:
    from pathlib import Path

LEAST_DB = 60.0
"""Rounding stays far above (75 dB and more were measured, no value of a channel off by more than 1); any other setting,
even the smallest (downcast, 43 dB), far below: see the last test."""
SMOKE = REPOSITORY / "profiles" / "smoke.toml"

BASE = {
    "prompt": "red fox, sitting, forest, (masterpiece:1.2)",
    "negative_prompt": "blurry, [snow]",
    "seed": 3287962209,
    "steps": 12,
    "width": 128,
    "height": 160,
    "cfg_scale": 7,
    "sampler_name": "DPM++ 2M",
    "scheduler": "Karras",
}


def _reference() -> dict[str, Any]:
    """The request of the smoke profile's reference picture."""
    (published,) = tomllib.loads(SMOKE.read_text(encoding="utf-8"))["references"]
    names = ("prompt", "negative_prompt", "steps", "scheduler", "cfg_scale", "seed", "width", "height")
    overrides = {"CLIP_stop_at_last_layers": published["clip_skip"], "eta_noise_seed_delta": published["ensd"]}
    return {
        **{name: published[name] for name in names},
        "sampler_name": published["sampler"],
        "override_settings": {**overrides, "sd_vae": "VAE"},
    }


GUIDE = {"CLIP_stop_at_last_layers": 2, "eta_noise_seed_delta": 31337}
REQUESTS: dict[str, dict[str, Any]] = {
    "plain": BASE,
    "guide": {**BASE, "override_settings": {**GUIDE, "sd_vae": "VAE"}},
    "euler-a-ensd": {**BASE, "sampler_name": "Euler a", "scheduler": None, "override_settings": GUIDE},
    "euler": {**BASE, "sampler_name": "Euler", "scheduler": None, "cfg_scale": 3},
    "downcast": {**BASE, "override_settings": {"use_downcasted_alpha_bar": True}},
    "hires-latent": {**BASE, "enable_hr": True, "hr_upscaler": "Latent", "denoising_strength": 0.6},
    "hires-lanczos": {**BASE, "enable_hr": True, "hr_scale": 1.5, "hr_upscaler": "Lanczos", "denoising_strength": 0.5},
    "long-prompt": {**BASE, "prompt": ", ".join(["red fox", "sitting", "(forest:0.8)", "[snow]"] * 12)},
    "second-of-batch": {**BASE, "batch_size": 2},
    "img2img": {**BASE, "denoising_strength": 0.5},
    "reference": _reference(),
}

Pictures = dict[str, np.ndarray[Any, Any]]


def psnr(one: np.ndarray[Any, Any], two: np.ndarray[Any, Any]) -> float:
    """Peak signal-to-noise ratio in dB of two uint8 pictures."""
    error = float(((one.astype(float) - two.astype(float)) ** 2).mean())
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def _init_image() -> str:
    """A picture that needs no generator: two colour ramps and a disc."""
    rows, columns = np.mgrid[0:160, 0:128]
    disc = ((rows - 80) ** 2 + (columns - 64) ** 2 < 40**2) * 90
    pixels = np.stack([rows + disc, columns + 40, 200 - rows], axis=-1).clip(0, 255).astype(np.uint8)
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def _one(client: Client, name: str, vae: str) -> np.ndarray[Any, Any]:
    fields = dict(REQUESTS[name])
    overrides = fields.get("override_settings", {})
    if "sd_vae" in overrides:
        fields["override_settings"] = {**overrides, "sd_vae": vae}
    if name == "img2img":
        return client.img2img(**fields, init_images=[_init_image()]).pixels
    made = client.txt2img(**fields)
    last = Generation({**made.answer, "images": made.answer["images"][-1:]})
    return last.pixels


@contextmanager
def _client(target: Target, folder: Path, models: Models) -> Iterator[Client]:
    target.lay_out(folder, models)
    server = Server(target, folder)
    try:
        server.wait_api()
        yield server.client
    finally:
        server.stop()


def _all(client: Client, models: Models) -> Pictures:
    client.set_options(**NEUTRAL)
    return {name: _one(client, name, models.vae.name) for name in REQUESTS}


@pytest.fixture(scope="module")
def minui_pictures(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    target = minui_target()
    if target is None:
        pytest.skip("minui needs an interpreter with torch: FOXUP_MINUI_PYTHON")
    with _client(target, tmp_path_factory.mktemp("pictures") / "minui", models) as client:
        return _all(client, models)


@pytest.fixture(scope="module")
def a1111_pictures(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    target, address = a1111_target(), os.environ.get("FOXUP_A1111_URL")
    if address:
        client = Client(address)
        try:
            return _all(client, models)
        finally:
            client.close()
    if target is None:
        pytest.skip("no real web UI named: FOXUP_A1111_DIR or FOXUP_A1111_URL")
    with _client(target, tmp_path_factory.mktemp("pictures") / "a1111", models) as client:
        return _all(client, models)


@pytest.mark.parametrize("name", REQUESTS)
def test_minui_draws_what_a1111_draws(
    name: str, a1111_pictures: Pictures, minui_pictures: Pictures, record_property: Any
) -> None:
    assert minui_pictures[name].shape == a1111_pictures[name].shape
    measured = psnr(minui_pictures[name], a1111_pictures[name])
    record_property("psnr_db", measured)
    print(f"{name}: {measured:.1f} dB")
    assert measured >= LEAST_DB


@pytest.mark.skipif("FOXUP_CONTRACT_MODELS" in os.environ, reason="the shipped picture is of the shipped models")
@pytest.mark.parametrize("target_name", ["minui", "a1111"])
def test_the_shipped_reference_is_drawn(target_name: str, request: pytest.FixtureRequest) -> None:
    pictures: Pictures = request.getfixturevalue(f"{target_name}_pictures")
    with Image.open(SMOKE.parent / "smoke" / "references" / "fox.png") as shipped:
        measured = psnr(np.asarray(shipped.convert("RGB")), pictures["reference"])
    print(f"shipped reference, {target_name}: {measured:.1f} dB")
    assert measured >= LEAST_DB


def test_the_bound_tells_requests_apart(minui_pictures: Pictures) -> None:
    """The comparison can fail: other settings on the same web UI stay below the bound."""
    plain = minui_pictures["plain"]
    for other in ["guide", "downcast", "euler-a-ensd", "euler", "long-prompt", "second-of-batch", "img2img"]:
        assert psnr(plain, minui_pictures[other]) < LEAST_DB, other
