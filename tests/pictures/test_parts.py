"""Parts that are missing beside the reference, and what only looks like it."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
import scenes
from PIL import Image, ImageFile

from foxup import i18n
from foxup.pictures import fingerprint, judge, load

SEEDS = (3, 11, 24)
BOXES = {
    "lower right quarter": [np.s_[192:, 128:]],
    "middle tile": [np.s_[128:256, 90:200]],
    "one tile of sixteen": [np.s_[96:192, 64:128]],
    "two tiles across": [np.s_[:192, :128], np.s_[192:, 128:]],
    "three of four": [np.s_[:192, :128], np.s_[192:, :]],
    "right half": [np.s_[:, 128:]],
}


def picture(rgb: np.ndarray, kind: str = "PNG", **options) -> load.Picture:
    return load.from_bytes(scenes.encoded(rgb, kind, **options))


def judged(rgb: np.ndarray, base: np.ndarray):
    return judge.judge(picture(rgb), picture(base))


def black(rgb: np.ndarray, name: str) -> np.ndarray:
    copy = rgb.copy()
    for box in BOXES[name]:
        copy[box] = 0
    return copy


@pytest.mark.parametrize("name", BOXES)
@pytest.mark.parametrize("seed", SEEDS)
def test_black_tiles_are_no_picture(name, seed):
    base = scenes.scene(seed)
    for whole in (base, scenes.noise(base, 2), scenes.scene(seed, moved=0.5, drift_seed=seed)):
        found = judged(black(whole, name), base)
        assert (found.verdict, found.causes[0].code) == ("broken", "img-partly-black")
        assert "rows" not in found.causes[0].message


@pytest.mark.parametrize("name", BOXES)
def test_so_they_are_beside_a_fingerprint_and_as_a_jpeg(name):
    base = scenes.scene(3)
    kept = fingerprint.read(fingerprint.write(fingerprint.make(picture(base))))
    assert judge.judge_fingerprint(picture(black(base, name)), kept).verdict == "broken"
    assert judge.judge(picture(black(base, name), "JPEG", quality=90), picture(base)).verdict == "broken"


def cut_off(rgb: np.ndarray, share: float) -> np.ndarray:
    """A JPEG that broke off, opened and saved by a program that does not mind."""
    data = scenes.encoded(rgb, "JPEG", quality=90)
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        with Image.open(BytesIO(data[: int(len(data) * share)])) as image:
            image.load()
            return np.asarray(image.convert("RGB"))
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_file_that_broke_off_and_was_saved_again(seed, share):
    base = scenes.scene(seed)
    for kind, options in (("PNG", {}), ("JPEG", {"quality": 85})):
        found = judge.judge(picture(cut_off(base, share), kind, **options), picture(base))
        assert (found.verdict, found.causes[0].code) == ("broken", "img-partly-black")
        assert "ends early" in found.causes[0].message


def test_a_lower_half_of_one_colour():
    base = scenes.scene(3)
    copy = base.copy()
    copy[200:] = (30, 140, 60)
    found = judged(copy, base)
    assert (found.verdict, found.causes[0].code) == ("broken", "img-partly-black")
    i18n.use("ru")
    assert "обрывается" in judged(copy, base).causes[0].message


def test_a_subject_that_ends_higher_up_on_a_plain_ground_is_not_cut_off():
    base = np.full((384, 256, 3), 255, np.uint8)
    base[40:372, 100:150] = scenes.scene(3)[40:372, 100:150]
    shorter = base.copy()
    shorter[300:] = 255
    assert judged(shorter, base).verdict != "broken"


def test_stronger_contrast_makes_dark_places_black_and_is_no_missing_part():
    base = scenes.to_bytes(scenes.scene(8) * 0.7)
    base[100:250, 30:200] = scenes.to_bytes(base[100:250, 30:200] * 0.15)
    crushed = scenes.to_bytes((base.astype(np.float32) - 22) * 1.1)
    assert judged(crushed, base).verdict != "broken"


def test_another_picture_with_black_in_it_is_another_picture():
    other = scenes.scene(1003)
    other[scenes.scene(1003).mean(axis=2) < 90] = 0
    assert judged(other, scenes.scene(3)).verdict == "different"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda base: scenes.flat((0, 0, 0)), "is black"),
        (lambda base: scenes.flat((90, 90, 120)), "one flat colour"),
        (scenes.half_black, "missing"),
        (lambda base: black(base, "middle tile"), "missing"),
        (lambda base: cut_off(base, 0.4), "missing"),
        (lambda base: scenes.white_noise(), "noise"),
        (lambda base: scenes.latent_noise(), "noise"),
    ],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_broken_reference_is_said_first_and_nothing_is_blamed(make, words, seed):
    base = scenes.scene(seed)
    for whole in (base, scenes.resized(base, 128, 192)):
        found = judged(whole, make(base))
        assert [cause.code for cause in found.causes] == ["reference-picture-broken"]
        assert words in found.causes[0].message
        assert found.verdict in {"different", "drifted"}


def test_two_broken_pictures_are_both_said_to_be_so():
    found = judged(scenes.flat((0, 0, 0)), scenes.flat((1, 1, 1)))
    assert found.verdict == "broken"
    assert [cause.code for cause in found.causes] == ["img-black", "reference-picture-broken"]
