"""The second pass.

==========================================  ============================================================================
request                                     observed
==========================================  ============================================================================
Latent, scale 2, denoise 0.6                twice the size; steps 0 means as many as the first pass
no hr_upscaler                              Latent is used; byte-equal picture but for the infotext
unknown hr_upscaler                         500 Exception "could not find upscaler named X", before sampling
listed upscaler whose file is missing       200; console "Unable to load"; pixels as with Lanczos; infotext still names it
denoise left out                            0.75? no: 200 with null -> see test
==========================================  ============================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .client import Client
from .conftest import SMALL

if TYPE_CHECKING:
    from .targets import Server

HIRES = {**SMALL, "enable_hr": True, "hr_scale": 2, "denoising_strength": 0.6}


def test_latent_doubles_the_size_and_differs_from_pixel_upscaling(api: Client) -> None:
    latent = api.txt2img(**HIRES, hr_upscaler="Latent")
    lanczos = api.txt2img(**HIRES, hr_upscaler="Lanczos")
    assert latent.pixels.shape == lanczos.pixels.shape == (192, 128, 3)
    assert (latent.pixels != lanczos.pixels).any()
    assert latent.png == api.txt2img(**HIRES, hr_upscaler="Latent").png
    assert (latent.info["width"], latent.info["height"]) == (64, 96)


def test_latent_is_used_when_no_upscaler_is_named(api: Client) -> None:
    assert (api.txt2img(**HIRES).pixels == api.txt2img(**HIRES, hr_upscaler="Latent").pixels).all()


def test_denoising_strength_and_steps_act(api: Client) -> None:
    base = api.txt2img(**HIRES, hr_upscaler="Latent")
    weaker = api.txt2img(**{**HIRES, "denoising_strength": 0.3}, hr_upscaler="Latent")
    fewer = api.txt2img(**HIRES, hr_upscaler="Latent", hr_second_pass_steps=3)
    same = api.txt2img(**HIRES, hr_upscaler="Latent", hr_second_pass_steps=SMALL["steps"])
    assert (base.pixels != weaker.pixels).any()
    assert (base.pixels != fewer.pixels).any()
    assert (base.pixels == same.pixels).all()


def test_an_unknown_upscaler_is_an_error(api: Client) -> None:
    status, answer = api.refused("txt2img", {**HIRES, "hr_upscaler": "Nope"})
    assert (status, answer) == (
        500,
        {"error": "Exception", "detail": "", "body": "", "errors": "could not find upscaler named Nope"},
    )


def test_an_upscaler_whose_file_is_missing_is_silently_lanczos(api: Client, shared_server: Server | None) -> None:
    name = "R-ESRGAN 4x+ Anime6B"
    missing, lanczos = api.txt2img(**HIRES, hr_upscaler=name), api.txt2img(**HIRES, hr_upscaler="Lanczos")
    assert (missing.pixels == lanczos.pixels).all()
    assert f"Hires upscaler: {name}" in missing.parameter_line
    if shared_server:
        assert "*** Unable to load RealESRGAN model " in shared_server.console


def test_the_second_pass_of_an_ancestral_sampler_uses_ensd(api: Client) -> None:
    fields = {**HIRES, "sampler_name": "Euler a", "scheduler": "Automatic", "hr_upscaler": "Latent"}
    plain = api.txt2img(**fields)
    api.set_options(eta_noise_seed_delta=31337)
    assert (api.txt2img(**fields).pixels != plain.pixels).any()
