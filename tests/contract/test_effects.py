"""Settings that must really act on the picture, and those that must not.

=========================  =============================================================================================
setting                    observed
=========================  =============================================================================================
clip skip 1 / 2            different pictures; 2 twice: the same
VAE None / separate        different pictures of the same composition
ENSD 0 / 31337             Euler a: different pictures; DPM++ 2M: the same bytes, and nothing is printed
alphas downcast            different picture, slightly
sd_vae Automatic           none is loaded unless a VAE's name starts with the checkpoint's name
=========================  =============================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .client import Client
from .conftest import SMALL

if TYPE_CHECKING:
    from .client import Generation
    from .targets import Models

ANCESTRAL = {**SMALL, "sampler_name": "Euler a", "scheduler": "Automatic"}


def _same(one: Generation, two: Generation) -> bool:
    return bool((one.pixels == two.pixels).all())


def test_clip_skip(api: Client) -> None:
    one = api.txt2img(**SMALL)
    api.set_options(CLIP_stop_at_last_layers=2)
    two = api.txt2img(**SMALL)
    assert not _same(one, two)
    assert two.png == api.txt2img(**SMALL).png
    assert two.info["clip_skip"] == 2


def test_vae(api: Client, models: Models) -> None:
    without = api.txt2img(**SMALL)
    api.set_options(sd_vae=models.vae.name)
    separate = api.txt2img(**SMALL)
    assert not _same(without, separate)
    assert separate.info["sd_vae_name"] == models.vae.name
    api.set_options(sd_vae="None")
    assert api.txt2img(**SMALL).png == without.png


def test_automatic_finds_no_vae_of_another_name(api: Client) -> None:
    without = api.txt2img(**SMALL)
    api.set_options(sd_vae="Automatic")
    assert api.txt2img(**SMALL).png == without.png


def test_ensd_acts_on_ancestral_samplers_only(api: Client) -> None:
    plain, ancestral = api.txt2img(**SMALL), api.txt2img(**ANCESTRAL)
    api.set_options(eta_noise_seed_delta=31337)
    assert api.txt2img(**SMALL).png == plain.png
    shifted = api.txt2img(**ANCESTRAL)
    assert not _same(shifted, ancestral)
    assert "ENSD: 31337" in shifted.parameter_line
    assert shifted.png == api.txt2img(**ANCESTRAL).png


def test_downcast_moves_the_picture_a_little(api: Client) -> None:
    plain = api.txt2img(**SMALL).pixels.astype(int)
    api.set_options(use_downcasted_alpha_bar=True)
    moved = np.abs(api.txt2img(**SMALL).pixels - plain)
    assert 0 < moved.mean() < 20
