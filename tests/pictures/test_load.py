"""Reading pictures: the bytes decide, not the name; nothing odd or broken gets through."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
import scenes
from PIL import Image

from foxup.errors import FoxupError
from foxup.pictures import load

PICTURE = scenes.scene(1, size=(64, 96))


def code_of(data: bytes) -> str:
    with pytest.raises(FoxupError) as caught:
        load.from_bytes(data, "x.png")
    assert caught.value.message
    return caught.value.code


@pytest.mark.parametrize(("kind", "lossy"), [("PNG", False), ("JPEG", True), ("WEBP", True), ("BMP", False)])
def test_reads_each_format_whatever_the_name_says(tmp_path, kind, lossy):
    path = tmp_path / "picture.gif"
    path.write_bytes(scenes.encoded(PICTURE, kind))
    picture = load.load(path)
    assert picture.format == kind
    assert picture.size == (64, 96)
    assert picture.lossy is lossy
    assert (picture.jpeg is not None) is (kind == "JPEG")
    assert np.abs(picture.rgb.astype(int) - PICTURE).mean() < 12


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "I;16", "1"])
def test_any_mode_becomes_rgb_without_alpha(mode):
    image = Image.fromarray(PICTURE)
    if mode == "RGBA":
        image = image.convert("RGBA")
        image.putalpha(0)  # fully transparent: the colours below must stay as they are
    elif mode == "I;16":
        image = Image.fromarray(PICTURE[..., 0].astype(np.uint16) * 257)
    else:
        image = image.convert(mode)
    rgb = load.from_bytes(_png(image)).rgb
    assert rgb.shape == (96, 64, 3)
    if mode == "RGBA":
        assert np.array_equal(rgb, PICTURE)
    if mode == "I;16":
        assert np.array_equal(rgb[..., 0], PICTURE[..., 0])


def _png(image: Image.Image) -> bytes:
    from io import BytesIO

    store = BytesIO()
    image.save(store, "PNG")
    return store.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_cut_off_files_are_refused(kind, share):
    data = scenes.encoded(PICTURE, kind)
    assert code_of(data[: int(len(data) * share)]) == "picture-truncated"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "BMP", "GIF"])
def test_damaged_bytes_never_raise_anything_else(kind):
    random = np.random.default_rng(7)
    whole = scenes.encoded(PICTURE, kind)
    told = 0
    for _ in range(150):
        data = bytearray(whole)
        for place in random.integers(0, min(len(data), 400), 5):
            data[place] = random.integers(0, 256)
        try:
            load.from_bytes(bytes(data))
        except FoxupError:
            told += 1
    assert told > 5


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_animations_are_refused(kind):
    from io import BytesIO

    frames = [Image.fromarray(PICTURE), Image.fromarray(255 - PICTURE)]
    store = BytesIO()
    frames[0].save(store, kind, save_all=True, append_images=frames[1:], duration=100)
    assert code_of(store.getvalue()) == "picture-animated"


@pytest.mark.parametrize("side", [8_500, 60_000])  # above our own limit, and above Pillow's
def test_a_bomb_is_refused_before_it_is_decoded(side):
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )
    assert code_of(data) == "picture-too-large"


def test_a_text_chunk_that_unpacks_to_a_flood_is_refused():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("parameters", "x" * 80_000_000, zip=True)
    from io import BytesIO

    store = BytesIO()
    Image.fromarray(PICTURE).save(store, "PNG", pnginfo=info)
    assert code_of(store.getvalue()) == "picture-truncated"


@pytest.mark.parametrize(
    ("data", "word"),
    [(b"<!DOCTYPE html><html>", "web page"), (b"", "empty"), (b"\0\1\2\3 not a picture", "first bytes")],
)
def test_what_is_no_picture_is_named(data, word):
    with pytest.raises(FoxupError) as caught:
        load.from_bytes(data, "KAKRmBD.png")
    assert caught.value.code == "picture-not-a-picture"
    assert word in caught.value.cause


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FoxupError) as caught:
        load.load(tmp_path / "no.png")
    assert caught.value.code == "picture-missing"
