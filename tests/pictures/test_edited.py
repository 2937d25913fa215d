"""What was done to one of two pictures outside of the web UI is no fault of its settings."""

from __future__ import annotations

import numpy as np
import pytest
import scenes

from foxup.pictures import judge, load
from foxup.profile import profiles_folder

SEEDS = (3, 11, 24)
FOX = load.load(profiles_folder() / "smoke" / "references" / "fox.png").rgb
PICTURES = [FOX, *(scenes.scene(seed) for seed in SEEDS)]


def judged(rgb: np.ndarray, base: np.ndarray, kind: str = "PNG", **options):
    return judge.judge(
        load.from_bytes(scenes.encoded(np.ascontiguousarray(rgb))),
        load.from_bytes(scenes.encoded(np.ascontiguousarray(base), kind, **options)),
    )


def codes(found) -> list[str]:
    return [cause.code for cause in found.causes]


@pytest.mark.parametrize("sigma", [1.2, 3, 6])
@pytest.mark.parametrize("base", PICTURES)
def test_grain_of_one_of_the_two_is_no_grid_and_no_blur(base, sigma):
    grainy = scenes.to_bytes(base + np.random.default_rng(1).normal(0, sigma, base.shape))
    for one, other in ((base, grainy), (grainy, base)):
        found = judged(one, other)
        assert (found.verdict, codes(found)) == ("same", [])
    assert codes(judged(base, grainy, "JPEG", quality=92)) == []


@pytest.mark.parametrize("radius", [1, 2, 3])
@pytest.mark.parametrize("base", PICTURES)
def test_a_blurred_reference_blames_no_vae(base, radius):
    assert "img-other-vae" not in codes(judged(base, scenes.blurred(base, radius)))


@pytest.mark.parametrize("base", PICTURES)
def test_blur_grid_and_vae_are_still_named(base):
    assert codes(judged(scenes.blurred(base), base))[0] == "img-blurry"
    assert codes(judged(scenes.other_vae(base), base))[0] == "img-other-vae"


@pytest.mark.parametrize("base", PICTURES)
def test_a_picture_made_grey_misses_no_vae(base):
    grey = np.repeat((base @ (0.299, 0.587, 0.114)).round().astype(np.uint8)[..., None], 3, axis=2)
    found = judged(grey, base)
    assert (found.verdict, codes(found)) == ("drifted", ["img-greyscale"])
    jpeg = load.from_bytes(scenes.encoded(grey, "JPEG", quality=85))
    assert codes(judge.judge(jpeg, load.from_bytes(scenes.encoded(base)))) == ["img-greyscale"]
    assert codes(judged(scenes.washed(base, 3), base))[0] == "img-washed-out-no-vae"
    assert codes(judged(grey, grey)) == []


@pytest.mark.parametrize("base", PICTURES)
def test_a_picture_upside_down_is_known(base):
    for edited, code, words in (
        (base[::-1], "img-upside-down", "top to bottom"),
        (base[::-1, ::-1], "img-upside-down", "180"),
        (base[:, ::-1], "img-mirrored", "mirror"),
    ):
        found = judged(scenes.noise(np.ascontiguousarray(edited), 1), base)
        assert (found.verdict, codes(found)) == ("different", [code])
        assert words in found.causes[0].message
