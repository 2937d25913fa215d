"""The generation parameters inside a picture file, wherever the web UI puts them.

PNG: a text chunk `parameters`. JPEG, WebP and AVIF: the EXIF UserComment; it wins over a PNG chunk when both exist, as
in the web UI. Hosts such as imgur remove both, which `Metadata.stripped` tells. Other programs store something else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foxup.pictures.data import table

if TYPE_CHECKING:
    from PIL.Image import Image

EXIF_IFD = 0x8769
USER_COMMENT = 0x9286
_CHUNKS = (
    ("fooocus_scheme", "Fooocus"),
    ("invokeai_metadata", "InvokeAI"),
    ("invokeai_graph", "InvokeAI"),
    ("sd-metadata", "InvokeAI"),
    ("workflow", "ComfyUI"),
    ("prompt", "ComfyUI"),
)
"""PNG text chunks in which other programs keep what a picture was made with, the most telling first."""
_GRAPHS = ("workflow:", "prompt:")
"""How ComfyUI begins the EXIF texts of JPEG and WebP."""
ODD_EXIF = (OSError, ValueError, SyntaxError, KeyError, TypeError)
"""What Pillow raises on a damaged EXIF block, which is no reason to refuse the picture."""
_CODE_BYTES = 8  # an EXIF UserComment begins with eight bytes that name its character code


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a picture says of its making.

    `parameters` is the text as the web UI would show it, or None; `source` is png, exif, comment, novelai or empty;
    `program` names another program whose form, not the web UI's, what is stored has; `model` is what a program calls
    its model beside a text that names none.
    """

    parameters: str | None = None
    source: str = ""
    program: str = ""
    model: str = ""

    @property
    def stripped(self) -> bool:
        """Whether nothing is left that tells how the picture was made."""
        return self.parameters is None and not self.program


def read(image: Image) -> Metadata:
    """Read the parameters of an opened picture; unreadable EXIF counts as none. Raises nothing."""
    comment = _user_comment(image)
    if comment:
        return Metadata(comment, "exif")
    if image.info.get("Software") == "NovelAI":
        translated = _from_novelai(image.info, image.size)
        if translated:
            return Metadata(translated, "novelai", model=_novelai_model(image.info))
    text = image.info.get("parameters")
    if isinstance(text, str) and text.strip():
        return Metadata(text, "png", _program(image) if text.lstrip().startswith("{") else "")
    note = image.info.get("comment")
    if isinstance(note, bytes):
        note = note.decode("utf-8", errors="ignore")
    if isinstance(note, str) and "Steps: " in note:
        return Metadata(note, "comment")
    return Metadata(program=_program(image))


def _program(image: Image) -> str:
    """Name the program that stored a picture's making in its own form, or return an empty text."""
    for key, name in _CHUNKS:
        if image.info.get(key):
            return name
    if "sui_image_params" in str(image.info.get("parameters")):
        return "SwarmUI"
    try:
        texts = [value for value in image.getexif().values() if isinstance(value, str)]
    except ODD_EXIF:
        return ""
    return "ComfyUI" if any(value.startswith(_GRAPHS) for value in texts) else ""


def _user_comment(image: Image) -> str:
    try:
        value = image.getexif().get_ifd(EXIF_IFD).get(USER_COMMENT, b"")
    except ODD_EXIF:
        return ""
    if isinstance(value, str):
        return value.strip("\0 ")
    return decode_user_comment(bytes(value)) if isinstance(value, (bytes, bytearray)) else ""


def decode_user_comment(value: bytes) -> str:
    """Decode an EXIF UserComment, whose first eight bytes name the code.

    Writers disagree on the byte order of UNICODE. Parameters always hold ASCII (`Steps: `), whose zero bytes show it.
    """
    code, body = value[:_CODE_BYTES], value[_CODE_BYTES:]
    if code == b"UNICODE\0":
        order = "utf-16-le" if body[1::2].count(0) > body[0::2].count(0) else "utf-16-be"
        return body.decode(order, errors="ignore").strip("\0 ")
    if code in (b"ASCII\0\0\0", b"\0" * _CODE_BYTES):
        return body.decode("utf-8", errors="ignore").strip("\0 ")
    return value.decode("utf-8", errors="ignore").strip("\0 ")


def _from_novelai(info: dict[Any, Any], size: tuple[int, int]) -> str:
    """Say in the web UI's words what a NovelAI picture holds; its site uses clip skip 2 and ENSD 31337."""
    try:
        settings = json.loads(info["Comment"])
        last = {
            "Steps": settings["steps"],
            "Sampler": table("infotext")["novelai"].get(settings["sampler"], "Euler a"),
            "CFG scale": settings["scale"],
            "Seed": settings["seed"],
            "Size": f"{size[0]}x{size[1]}",
            "Clip skip": 2,
            "ENSD": 31337,
        }
        negative = f"\nNegative prompt: {settings['uc']}" if settings.get("uc") else ""
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""
    return f"{info.get('Description', '')}{negative}\n" + ", ".join(f"{key}: {value}" for key, value in last.items())


def _novelai_model(info: dict[Any, Any]) -> str:
    """Return the model as NovelAI writes it; V4 and later are known by their prompt where the chunk is gone."""
    source = str(info.get("Source") or "")
    return source or ("NovelAI Diffusion V4" if "v4_prompt" in str(info.get("Comment")) else "")
