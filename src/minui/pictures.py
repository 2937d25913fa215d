"""Pictures in and out: base64, PNG text and EXIF, saving with a number, grids, resizing."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import io
import json
import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import ExifTags, Image, ImageColor
from PIL.PngImagePlugin import PngInfo

from minui.errors import HTTPException

if TYPE_CHECKING:
    from torch import Tensor

    from minui.options import Options

NOT_SHOWN = frozenset(
    {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "dpi",
        "exif",
        "loop",
        "background",
        "timestamp",
        "duration",
        "progressive",
        "progression",
        "icc_profile",
        "chromaticity",
        "photoshop",
    }
)
"""Keys of a picture that png-info leaves out."""
USER_COMMENT = 0x9286
UNICODE_MARK, ASCII_MARK = b"UNICODE\0", b"ASCII\0\0\0"
_FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}


def from_tensor(picture: Tensor) -> Image.Image:
    """A (3, h, w) tensor in 0..1 as a picture; values are cut, not rounded."""
    pixels = 255.0 * np.moveaxis(picture.cpu().numpy(), 0, 2)
    return Image.fromarray(pixels.astype(np.uint8))


def to_array(picture: Image.Image) -> np.ndarray:
    """A picture as float32 (3, h, w) in 0..1."""
    return np.moveaxis(np.array(picture).astype(np.float32) / 255.0, 2, 0)


def decode(text: str) -> Image.Image:
    """A picture from base64 or a data URL. Raises HTTPException 500 for anything else; addresses are refused."""
    if text.startswith(("http://", "https://")):
        raise HTTPException(500, "Requests not allowed")
    if text.startswith("data:image/"):
        text = text.split(";")[1].split(",")[1]
    try:
        picture = Image.open(io.BytesIO(base64.b64decode(text)))
        picture.load()
    except (OSError, ValueError, binascii.Error, SyntaxError) as error:
        raise HTTPException(500, "Invalid encoded image") from error
    return picture


def _exif(text: str) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[USER_COMMENT] = UNICODE_MARK + text.encode("utf-16-be")
    return exif.tobytes()


def write_to(stream: Any, picture: Image.Image, ending: str, text: str | None, options: Options) -> None:
    """Write a picture with its parameters inside. Raises HTTPException 500 for an unknown ending."""
    kind = _FORMATS.get(ending.lower())
    if kind is None:
        raise HTTPException(500, "Invalid image format")
    if kind == "PNG":
        info = PngInfo()
        if text is not None:
            info.add_text("parameters", text)
        picture.save(stream, format=kind, pnginfo=info if text is not None else None)
        return
    flat = picture.convert("RGB") if picture.mode in ("RGBA", "P") else picture
    extra = {"exif": _exif(text)} if text is not None else {}
    flat.save(stream, format=kind, quality=int(options.jpeg_quality), **extra)


def encode(picture: Image.Image, options: Options) -> str:
    """A picture as base64 in the format of the settings, with its parameters if it carries some."""
    stream = io.BytesIO()
    write_to(stream, picture, options.samples_format, picture.info.get("parameters"), options)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def encode_plain(picture: Image.Image) -> str:
    """A picture as base64 PNG without any text."""
    stream = io.BytesIO()
    picture.save(stream, format="PNG", compress_level=1)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def _comment(data: bytes) -> str:
    if data.startswith(UNICODE_MARK):
        return data[len(UNICODE_MARK) :].decode("utf-16-be", errors="ignore")
    return data.removeprefix(ASCII_MARK).decode("utf-8", errors="ignore")


def _novelai(items: dict[str, Any], picture: Image.Image) -> str | None:
    try:
        told = json.loads(items["Comment"])
        return (
            f"{items['Description']}\nNegative prompt: {told['uc']}\nSteps: {told['steps']}, Sampler: Euler a, "
            f"CFG scale: {told['scale']}, Seed: {told['seed']}, Size: {picture.width}x{picture.height}, "
            "Clip skip: 2, ENSD: 31337"
        )
    except (KeyError, ValueError, TypeError):
        return None


def read_info(picture: Image.Image) -> tuple[str | None, dict[str, Any]]:
    """Parameters of a picture (EXIF wins over PNG text) and its other texts."""
    items = {str(key): value for key, value in (picture.info or {}).items()}
    text = items.pop("parameters", None)
    if "exif" in items:
        comment = picture.getexif().get_ifd(ExifTags.IFD.Exif).get(USER_COMMENT, b"")
        text = _comment(comment if isinstance(comment, bytes) else str(comment).encode()) or text
    elif "comment" in items:
        comment = items["comment"]
        text = comment.decode("utf-8", errors="ignore") if isinstance(comment, bytes) else comment
    shown = {key: value for key, value in items.items() if key not in NOT_SHOWN}
    if shown.get("Software") == "NovelAI":
        text = _novelai(shown, picture) or text
    return text, shown


def flatten(picture: Image.Image, colour: str) -> Image.Image:
    """RGB with transparency filled by ``colour``."""
    if picture.mode == "RGBA":
        background = Image.new("RGBA", picture.size, colour)
        background.paste(picture, mask=picture)
        picture = background
    return picture.convert("RGB")


def grid(pictures: list[Image.Image], options: Options, batch_size: int) -> Image.Image:
    """All pictures of a job in one."""
    rows = (
        options.n_rows if options.n_rows > 0 else batch_size if options.n_rows == 0 else _rows(len(pictures), options)
    )
    rows = min(int(rows), len(pictures))
    columns = math.ceil(len(pictures) / rows)
    width, height = (max(sizes) for sizes in zip(*(picture.size for picture in pictures), strict=True))
    colour = ImageColor.getcolor(options.grid_background_color, "RGB")
    sheet = Image.new("RGB", (columns * width, rows * height), colour)
    for index, picture in enumerate(pictures):
        left = index % columns * width + (width - picture.width) // 2
        sheet.paste(picture, (left, index // columns * height + (height - picture.height) // 2))
    return sheet


def _rows(count: int, options: Options) -> int:
    if not options.grid_prevent_empty_spots:
        return round(math.sqrt(count))
    rows = math.floor(math.sqrt(count))
    while count % rows:
        rows -= 1
    return rows


def _next_number(folder: Path, prefix: str) -> int:
    start = f"{prefix}-" if prefix else ""
    numbers = [-1]
    for name in os.listdir(folder):
        if name.startswith(start):
            found = re.match(r"\d+", os.path.splitext(name[len(start) :])[0])
            numbers.append(int(found.group(0)) if found else -1)
    return max(numbers) + 1


def save(picture: Image.Image, folder: str, options: Options, *, text: str, seed: int, prefix: str = "") -> Path:
    """Save below ``folder``/date/ as ``00000-seed.png`` (grids: ``grid-0000.png``); temp name first."""
    by_date = options.grid_save_to_dirs if prefix else options.save_to_dirs
    place = Path(folder) / dt.date.today().isoformat() if by_date else Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    number = _next_number(place, prefix)
    ending = options.grid_format if prefix else options.samples_format
    name = f"{prefix}-{number:04}" if prefix else f"{number:05}-{seed}"
    file, temporary = place / f"{name}.{ending}", place / f"{name}.tmp"
    with open(temporary, "wb") as stream:
        write_to(stream, picture, ending, text if options.enable_pnginfo else None, options)
    os.replace(temporary, file)
    if options.save_txt:
        file.with_suffix(".txt").write_text(f"{text}\n", encoding="utf-8")
    return file
