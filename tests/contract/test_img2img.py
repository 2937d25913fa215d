"""img2img.

==========================================  ============================================================================
request                                     observed
==========================================  ============================================================================
one picture, denoise 0.5                    "Denoising strength: 0.5" before Clip skip; init_images null in the echo
no denoise                                  0.75
include_init_images true                    init_images echoed as sent
no init_images                              404 HTTPException "Init image not found"
not a picture                               500 HTTPException "Invalid encoded image"
==========================================  ============================================================================
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from .client import Client
from .conftest import SMALL

if TYPE_CHECKING:
    from .targets import Models


@pytest.fixture
def first(api: Client) -> str:
    return base64.b64encode(api.txt2img(**SMALL).png).decode()


def test_a_picture_from_a_picture(api: Client, first: str) -> None:
    made = api.img2img(**SMALL, init_images=[first], denoising_strength=0.5)
    assert made.pixels.shape == (96, 64, 3)
    assert ", Denoising strength: 0.5, Version: " in made.parameter_line
    assert made.answer["parameters"]["init_images"] is None
    assert made.info["denoising_strength"] == 0.5


def test_less_denoising_stays_closer(api: Client, models: Models) -> None:
    """With the separate VAE and another seed: the pale VAE's loss and the same seed's noise would hide the difference."""
    api.set_options(sd_vae=models.vae.name)
    made = api.txt2img(**SMALL)
    start, text = made.pixels.astype(int), base64.b64encode(made.png).decode()

    def distance(strength: float) -> float:
        fields = {**SMALL, "seed": 5, "denoising_strength": strength}
        return float(np.abs(api.img2img(**fields, init_images=[text]).pixels - start).mean())

    assert distance(0.1) < distance(0.9)


def test_the_default_strength(api: Client, first: str) -> None:
    made = api.img2img(**SMALL, init_images=[first])
    assert "Denoising strength: 0.75" in made.parameter_line


def test_a_data_address_is_understood(api: Client, first: str) -> None:
    plain = api.img2img(**SMALL, init_images=[first], denoising_strength=0.5)
    address = api.img2img(**SMALL, init_images=[f"data:image/png;base64,{first}"], denoising_strength=0.5)
    assert plain.pixels.shape == address.pixels.shape


def test_the_picture_is_resized_to_the_request(api: Client, first: str) -> None:
    fields: dict[str, Any] = {**SMALL, "width": 96, "height": 64}
    assert api.img2img(**fields, init_images=[first], denoising_strength=0.5).pixels.shape == (64, 96, 3)


def test_init_images_can_be_echoed(api: Client, first: str) -> None:
    made = api.img2img(**SMALL, init_images=[first], denoising_strength=0.5, include_init_images=True)
    assert made.answer["parameters"]["init_images"] == [first]


def test_no_picture(api: Client) -> None:
    assert api.refused("img2img", SMALL) == (
        404,
        {"error": "HTTPException", "detail": "Init image not found", "body": "", "errors": ""},
    )


def test_not_a_picture(api: Client) -> None:
    assert api.refused("img2img", {**SMALL, "init_images": ["AAAA"]}) == (
        500,
        {"error": "HTTPException", "detail": "Invalid encoded image", "body": "", "errors": ""},
    )
