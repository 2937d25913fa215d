"""Files whose pixels cannot be read still say what they were made with."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
import scenes
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from test_any_picture import SCENE, TEXT, codes, exif, png, saved, told  # noqa: F401 - a fixture

from foxup.errors import FoxupError, UsageError
from foxup.pictures import load, unread

COMMENT = b"UNICODE\0" + TEXT.encode("utf-16-be")


def animated(kind: str, **options) -> bytes:
    frames = [Image.fromarray(SCENE), Image.fromarray(255 - SCENE)]
    store = BytesIO()
    frames[0].save(store, kind, save_all=True, append_images=frames[1:], duration=100, **options)
    return store.getvalue()


def with_comment() -> bytes:
    data = Image.Exif()
    data.get_ifd(0x8769)[0x9286] = COMMENT
    return data.tobytes()


def with_text(**options) -> PngInfo:
    info = PngInfo()
    info.add_text("parameters", TEXT, **options)
    return info


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def huge(side: int) -> bytes:
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"tEXt", b"parameters\0" + TEXT.encode())
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts) + chunk(b"IEND", b"")


def bad_checksum() -> bytes:
    data = bytearray(saved(pnginfo=with_text()))
    data[data.index(b"Version: v1.10.1") + len("Version: v1.10.1")] ^= 0xFF
    return bytes(data)


CASES = {
    "GIF": lambda: animated("GIF", comment=TEXT.encode()),
    "WebP": lambda: animated("WEBP", exif=with_comment()),
    "APNG": lambda: animated("PNG", pnginfo=with_text()),
    "above our limit": lambda: huge(8_500),
    "above Pillow's": lambda: huge(60_000),
    "a PNG cut off": lambda: png(parameters=TEXT)[:20_000],
    "one with packed text": lambda: saved(pnginfo=with_text(zip=True))[:20_000],
    "a JPEG cut off": lambda: saved("JPEG", exif=with_comment(), quality=95)[:-9_000],
    "a bad checksum": bad_checksum,
}


@pytest.mark.parametrize("name", CASES)
def test_parameters_are_shown_where_pixels_cannot_be_read(told, name):  # noqa: F811
    found = told(CASES[name](), "a.png")
    assert found.lines[0] == found.data["parameters"] == TEXT
    assert codes(found) == ["picture-pixels-unread"]
    assert found.problem
    assert found.findings[0].cause.startswith("The picture a.png is")


def test_they_are_compared_and_advised_on(told):  # noqa: F811
    text = TEXT.replace("Negative prompt: (worst quality:1.4)\n", "")
    assert codes(told(png(parameters=text)[:20_000])) == ["picture-pixels-unread", "img-ugly-missing-settings"]
    fox = load.load(load_fox()).parameters.replace("CFG scale: 7.0", "CFG scale: 20")
    found = told(png(parameters=fox)[:20_000], "a.png", "smoke")
    assert codes(found) == ["picture-pixels-unread", "param-cfg", "img-cfg-out-of-range"]
    assert found.data["reference"] == "fox"


def load_fox():
    from foxup.profile import profiles_folder

    return profiles_folder() / "smoke" / "references" / "fox.png"


def test_a_file_larger_than_the_limit_is_not_read_whole(told, monkeypatch):  # noqa: F811
    monkeypatch.setattr(load, "MAX_FILE_BYTES", 1000)
    monkeypatch.setattr(unread, "MAX_FILE_BYTES", 1000)
    assert codes(told(saved(pnginfo=with_text()))) == ["picture-pixels-unread"]
    with pytest.raises(UsageError):
        told(saved("WEBP", exif=with_comment()))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP"])
def test_no_word_of_a_library_reaches_people(kind):
    whole = scenes.encoded(SCENE, kind)
    for data in (whole[: len(whole) // 2], whole[:40], whole[:60] + b"\xff" * 400 + whole[460:]):
        try:
            load.from_bytes(data, "a.png")
        except FoxupError as error:
            words = f"{error.message} {error.cause} {error.hint}"
            assert not any(word in words for word in ("0x", "BytesIO", "image file", "truncated", "decoder"))


def test_random_bytes_after_the_head_are_harmless(tmp_path):
    import numpy as np

    random = np.random.default_rng(3)
    path = tmp_path / "a.png"
    for _ in range(50):
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + random.bytes(300))
        assert unread.read(path).stripped
    for cut in range(8, 400, 7):
        path.write_bytes(saved(pnginfo=with_text(zip=True))[:cut])
        unread.read(path)
