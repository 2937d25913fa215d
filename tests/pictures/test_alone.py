"""A picture with nothing to compare with: what may be meant so is a note, and hides nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import scenes
from PIL import Image
from test_any_picture import TEXT, codes, png, saved, told  # noqa: F401 - a fixture

from foxup.pictures import judge, load

SCENE = scenes.scene(3)
NO_NEGATIVE = "1girl, best quality\n" + TEXT.partition("\n")[2].partition("\n")[2]


def letterbox() -> np.ndarray:
    copy = SCENE.copy()
    copy[:50], copy[-50:] = 0, 0
    return copy


def cut_out() -> Image.Image:
    """A subject on transparency, as tools that remove backgrounds save it: black below."""
    image = Image.fromarray(SCENE).convert("RGBA")
    alpha = np.zeros(SCENE.shape[:2], np.uint8)
    alpha[120:300, 60:200] = 255
    array = np.asarray(image).copy()
    array[..., 3], array[alpha == 0, :3] = alpha, 0
    return Image.fromarray(array)


def with_text(image: Image.Image) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("parameters", NO_NEGATIVE)
    return saved(image=image, pnginfo=info)


def test_black_bars_are_a_note_and_hide_no_advice(told):  # noqa: F811
    found = told(with_text(Image.fromarray(letterbox())))
    assert codes(found)[0] == "img-partly-black"
    assert "img-ugly-missing-settings" in codes(found)
    note = found.findings[0]
    assert (note.severity, "may be meant so" in note.message) == ("info", True)
    assert found.data["parameters"] == NO_NEGATIVE
    assert not told(saved(image=Image.fromarray(letterbox()))).problem


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_not_black(told, mode):  # noqa: F811
    image = cut_out() if mode == "RGBA" else cut_out().convert("LA") if mode == "LA" else cut_out().quantize(64)
    assert codes(told(with_text(image))) == ["img-ugly-missing-settings"]


def test_black_ink_on_transparency_is_a_picture():
    array = np.zeros((*SCENE.shape[:2], 4), np.uint8)
    array[..., 3] = SCENE.mean(axis=2)
    picture = load.from_bytes(saved(image=Image.fromarray(array)))
    assert not picture.rgb.any()
    assert judge.broken_picture(picture) is None


def test_beside_a_reference_black_rows_are_a_fault_as_before():
    one, other = (load.from_bytes(scenes.encoded(item)) for item in (letterbox(), SCENE))
    found = judge.judge(one, other)
    assert (found.verdict, found.causes[0].code, found.causes[0].severity) == ("broken", "img-partly-black", "error")
    assert judge.judge(one, one).verdict == "identical"
