"""The judge on drawn classes: what must never be called same, and what must never be called different."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import scenes

from foxup.pictures import features, fingerprint, judge, load
from foxup.pictures.verdict import Judgement, Verdict

if TYPE_CHECKING:
    from foxup.pictures.load import Picture

SEEDS = (3, 11, 24)  # none of them was looked at while the marks were set on 0..11


def picture(rgb: np.ndarray, kind: str = "PNG", **options) -> Picture:
    return load.from_bytes(scenes.encoded(rgb, kind, **options))


def judged(rgb: np.ndarray, base: np.ndarray) -> Judgement:
    return judge.judge(picture(rgb), picture(base))


def first(judgement: Judgement) -> str:
    return judgement.causes[0].code if judgement.causes else ""


CLASSES = {
    "noise-1": (lambda base, seed: scenes.noise(base, 1, seed), "same", ""),
    "noise-2": (lambda base, seed: scenes.noise(base, 2, seed), "same", ""),
    "resize": (lambda base, seed: scenes.resized(scenes.resized(base, 192, 288), 256, 384), "same", ""),
    "drift-1": (lambda base, seed: scenes.scene(seed, moved=0.5, drift_seed=seed), "drifted", ""),
    "other-seed": (lambda base, seed: scenes.scene(seed + 1000, colours=seed), "different", None),
    "other-prompt": (lambda base, seed: scenes.scene(seed + 2001), "different", None),
    "washed-1": (lambda base, seed: scenes.washed(base, 1), "drifted", "img-washed-out-no-vae"),
    "washed-2": (lambda base, seed: scenes.washed(base, 2), "drifted", "img-washed-out-no-vae"),
    "washed-3": (lambda base, seed: scenes.washed(base, 3), "drifted", "img-washed-out-no-vae"),
    "washed-noise": (
        lambda base, seed: scenes.washed(scenes.noise(base, 2, seed), 2),
        "drifted",
        "img-washed-out-no-vae",
    ),
    "other-vae": (lambda base, seed: scenes.other_vae(base), "drifted", "img-other-vae"),
    "grid-1": (lambda base, seed: scenes.latent_grid(base, 1), "drifted", "img-latent-blur-squares"),
    "grid-3": (lambda base, seed: scenes.latent_grid(base, 3), "drifted", "img-latent-blur-squares"),
    "blur": (lambda base, seed: scenes.blurred(base), "drifted", None),
    "mirrored": (lambda base, seed: np.ascontiguousarray(base[:, ::-1]), "different", "img-mirrored"),
    "black": (lambda base, seed: scenes.flat((0, 0, 0)), "broken", "img-black"),
    "near-black": (lambda base, seed: scenes.flat((4, 4, 6)), "broken", "img-black"),
    "green": (lambda base, seed: scenes.flat((0, 123, 0)), "broken", "img-solid-green"),
    "grey": (lambda base, seed: scenes.flat((128, 128, 128)), "broken", "img-solid-green"),
    "half-black": (lambda base, seed: scenes.half_black(base), "broken", "img-partly-black"),
    "white-noise": (lambda base, seed: scenes.white_noise(seed), "broken", "img-noise"),
    "latent-noise": (lambda base, seed: scenes.latent_noise(seed), "broken", "img-noise"),
    "decoded-noise": (lambda base, seed: scenes.decoded_noise(seed), "broken", "img-noise"),
    "twice": (lambda base, seed: scenes.resized(base, 512, 768), "different", "img-hires-extra"),
    "half": (lambda base, seed: scenes.resized(base, 128, 192), "different", "img-hires-missing"),
    "swapped": (lambda base, seed: scenes.scene(seed, size=(384, 256)), "different", "img-size-swapped"),
    "other-size": (lambda base, seed: scenes.scene(seed, size=(320, 320)), "different", "img-size"),
}


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("seed", SEEDS)
def test_classes(name, seed):
    make, verdict, cause = CLASSES[name]
    base = scenes.scene(seed)
    found = judged(make(base, seed), base)
    assert found.verdict == verdict, found.metrics
    if cause is not None:
        assert first(found) == cause
    if found.verdict in {Verdict.DRIFTED, Verdict.SAME}:
        assert found.metrics["layout"] >= 0.42


@pytest.mark.parametrize("quality", [75, 85, 92])
def test_replay_proves_identity_behind_a_jpeg(quality):
    base = scenes.scene(5)
    copy = picture(base, "JPEG", quality=quality)
    assert judge.judge(picture(base), copy).verdict is Verdict.IDENTICAL
    assert judge.judge(picture(scenes.noise(base, 1)), copy).verdict is Verdict.SAME


@pytest.mark.parametrize("quality", [75, 85, 95])
def test_replay_does_not_prove_identity_where_a_few_pixels_differ(quality):
    """As between two attention implementations on a CPU: one level in one value of a thousand."""
    base = scenes.scene(5)
    random = np.random.default_rng(1)
    other = scenes.to_bytes(base.astype(int) + random.choice([-1, 1], base.shape) * (random.random(base.shape) < 0.001))
    found = judge.judge(picture(other), picture(base, "JPEG", quality=quality))
    assert found.metrics["psnr_replay"] > 55
    assert found.verdict is Verdict.SAME


@pytest.mark.parametrize(("kind", "quality"), [("JPEG", 75), ("JPEG", 90), ("WEBP", 80)])
def test_re_encoding_is_not_a_difference(kind, quality):
    base = scenes.scene(6)
    assert judge.judge(picture(base, kind, quality=quality), picture(base)).verdict is Verdict.SAME


def test_equal_pixels_in_other_files_are_identical():
    base = scenes.scene(7)
    found = judge.judge(picture(base, "BMP"), picture(base))
    assert found.verdict is Verdict.IDENTICAL
    assert found.metrics["psnr"] == 99
    assert not found.causes


def test_two_black_pictures_prove_nothing():
    assert judged(scenes.flat((0, 0, 0)), scenes.flat((0, 0, 0))).verdict is Verdict.BROKEN


def test_beside_a_reference_of_noise_another_noise_is_another_picture():
    assert judged(scenes.white_noise(1), scenes.white_noise(2)).verdict is Verdict.DIFFERENT
    assert judged(scenes.white_noise(1), scenes.white_noise(1)).verdict is Verdict.IDENTICAL


def test_a_dark_picture_is_not_broken():
    night = (scenes.scene(8) * 0.12).astype(np.uint8)
    assert judged(night, night).verdict is Verdict.IDENTICAL
    assert judged(scenes.noise(night, 1), night).verdict is not Verdict.BROKEN


def test_a_preview_is_compared_at_its_own_size():
    base = scenes.scene(9, size=(512, 768))
    preview = picture(scenes.resized(base, 256, 384))
    found = judge.judge(picture(base), preview, expected_size=(512, 768))
    assert found.verdict is Verdict.SAME
    assert [cause.code for cause in found.causes] == ["img-reference-scaled"]
    assert judge.judge(picture(base), preview).verdict is Verdict.DIFFERENT


def test_one_changed_pixel_is_not_identical():
    base = scenes.scene(10)
    other = base.copy()
    other[0, 0, 0] ^= 1
    found = judged(other, base)
    assert found.verdict is Verdict.SAME
    assert found.metrics["max_abs"] == 1


@pytest.mark.parametrize("size", [(8, 8), (16, 40), (64, 64), (33, 57)])
def test_small_and_odd_sizes_do_not_fall_over(size):
    one, two = scenes.scene(1, size=(256, 384)), scenes.scene(2, size=(256, 384))
    tiny = [scenes.resized(item, *size) for item in (one, two)]
    assert judged(tiny[0], tiny[0]).verdict in {Verdict.IDENTICAL, Verdict.BROKEN}
    assert judged(tiny[0], tiny[1]).verdict is not Verdict.IDENTICAL


def test_judging_is_cheap():
    """Decoding both, the replay of the JPEG and the judgement at 512x768: under 0.3 s of CPU after start-up."""
    base = scenes.scene(1, size=(512, 768))
    files = scenes.encoded(scenes.noise(base, 1)), scenes.encoded(base, "JPEG", quality=85)
    spent = []
    for _round in range(3):
        begun = time.process_time()
        judge.judge(*(load.from_bytes(data) for data in files))
        spent.append(time.process_time() - begun)
    assert min(spent) < 0.3


def test_every_number_is_a_plain_finite_float():
    base = scenes.scene(12)
    document = judged(scenes.noise(base, 2), base).to_document()
    assert all(type(value) is float and np.isfinite(value) for value in document["metrics"].values())


def test_a_profile_may_ask_for_less_noise():
    base = scenes.scene(5)
    one, other = picture(scenes.noise(base, 2)), picture(base)
    assert judge.judge(one, other).verdict is Verdict.SAME
    assert judge.judge(one, other, same_psnr=60).verdict is Verdict.DRIFTED
    assert judge.judge(other, other, same_psnr=60).verdict is Verdict.IDENTICAL
    assert judge.judge(one, other, same_psnr=1).verdict is Verdict.SAME  # it never lowers the mark


@pytest.mark.parametrize("grey", [110, 128, 135])
@pytest.mark.parametrize("seed", SEEDS)
def test_noise_beside_a_bland_reference_is_still_noise(grey, seed):
    """Flat blocks are found by their mean alone, and noise has one too."""
    base = np.full((256, 192, 3), grey, dtype=np.uint8)
    base[160:240, 60:150], base[90:120, 20:60] = (220, 120, 50), (230, 220, 60)
    found = judged(scenes.decoded_noise(seed, (192, 256)), base)
    assert (found.verdict, first(found)) == (Verdict.BROKEN, "img-noise")


def test_noise_beside_a_reference_of_few_edges_on_a_plain_ground_is_still_noise():
    """Such a reference is like itself nowhere 16 px away, and is a picture all the same."""
    base = np.full((256, 192, 3), 200, dtype=np.uint8)
    base[100:108, 60:68], base[180:188, 120:128] = (30, 60, 90), (250, 250, 40)
    assert features.view(base).facts.far < 0.12
    found = judged(scenes.decoded_noise(1, (192, 256)), base)
    assert (found.verdict, first(found)) == (Verdict.BROKEN, "img-noise")


@pytest.mark.parametrize("seed", [3, 6, 9])
def test_a_real_grid_that_a_host_smoothed_away_is_no_fault(seed):
    """The tiny checkpoint draws cells of 8 px; WebP takes their edges out of the published copy."""
    base = scenes.scene(seed)
    cells = scenes.to_bytes(0.5 * base + 0.5 * np.kron(scenes.resized(base, 32, 48), np.ones((8, 8, 1))))
    found = judge.judge(picture(cells), picture(cells, "WEBP", quality=80))
    assert found.metrics["grid"] > 0.9
    assert (found.verdict, found.causes) == (Verdict.SAME, ())


def test_a_raised_mark_allows_for_what_a_host_leaves():
    """Measured on the tiny checkpoint's pictures: WebP 80 leaves 42 dB, less than a CPU's mark of 60."""
    base = scenes.scene(5)
    lossy = picture(base, "WEBP", quality=80)
    found = judge.judge(picture(base), lossy, same_psnr=60)
    assert found.metrics["psnr_tc"] < 60
    assert found.verdict is Verdict.SAME
    assert judge.judge(picture(lossy.rgb), picture(base), same_psnr=60).verdict is Verdict.DRIFTED


def test_fingerprint_judges_like_the_picture():
    base = scenes.scene(13)
    kept = fingerprint.read(fingerprint.write(fingerprint.make(picture(base))))
    cases = {
        "identical": base,
        "same": scenes.noise(base, 2),
        "drifted": scenes.washed(base, 2),
        "different": scenes.scene(99),
        "broken": scenes.white_noise(),
    }
    assert {name: str(judge.judge_fingerprint(picture(rgb), kept).verdict) for name, rgb in cases.items()} == {
        name: name for name in cases
    }


def test_a_lossy_fingerprint_never_proves_identity():
    base = scenes.scene(14)
    copy = picture(base, "JPEG", quality=90)
    kept = fingerprint.make(copy)
    assert judge.judge_fingerprint(copy, kept).verdict is Verdict.SAME


def test_fingerprint_is_small_and_survives_the_text():
    text = fingerprint.write(fingerprint.make(picture(scenes.scene(15))))
    assert len(text) < 5000
    assert "\n" not in text
    assert fingerprint.write(fingerprint.read(text)) == text


@pytest.mark.parametrize("damage", ["", "{}", '{"version": 9}', "[]", None])
def test_a_damaged_fingerprint_is_told(damage):
    from foxup.errors import FoxupError

    text = fingerprint.write(fingerprint.make(picture(scenes.scene(15))))
    broken = text.replace('"luma":"', '"luma":"AA') if damage is None else damage
    with pytest.raises(FoxupError) as caught:
        fingerprint.read(broken)
    assert caught.value.code == "fingerprint-invalid"


def test_a_mirrored_picture_is_another_even_where_its_layout_is_nearly_symmetric():
    base = scenes.scene(9)
    found = judged(np.ascontiguousarray(base[:, ::-1]), base)
    assert found.metrics["layout"] > 0.42
    assert (found.verdict, first(found)) == (Verdict.DIFFERENT, "img-mirrored")


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: scenes.flat((0, 0, 0)), "img-black"),
        (lambda: scenes.half_black(scenes.scene(3)), None),
        (scenes.white_noise, "img-noise"),
        (scenes.decoded_noise, "img-noise"),
        (lambda: scenes.scene(3), None),
        (lambda: scenes.blurred(scenes.scene(11)), None),
        (lambda: scenes.scene(24, size=(512, 768)), None),
    ],
)
def test_a_picture_by_itself(make, code):
    found = judge.broken_picture(picture(make()))
    assert (found.code if found else None) == code
