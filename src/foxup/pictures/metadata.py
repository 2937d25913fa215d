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
        return Metadata(comment, "exif", _program(image, comment) if _is_object(comment) else "")
    if image.info.get("Software") == "NovelAI":
        translated = _from_novelai(image.info, image.size)
        if translated:
            return Metadata(translated, "novelai", model=_novelai_model(image.info))
    text = image.info.get("parameters")
    if isinstance(text, str) and text.strip():
        return Metadata(text, "png", _program(image, text) if _is_object(text) else "")
    note = image.info.get("comment")
    if isinstance(note, bytes):
        note = note.decode("utf-8", errors="ignore")
    if isinstance(note, str) and "Steps: " in note:
        return Metadata(note, "comment")
    return Metadata(program=_program(image))


def _is_object(text: str) -> bool:
    return text.lstrip().startswith("{")


def _program(image: Image, text: str = "") -> str:
    """Name the program that stored a picture's making in its own form, `text` where the web UI's would stand, or ''."""
    known = table("programs")
    for chunk in known["chunk"]:
        value = image.info.get(chunk["key"])
        if value and (_is_object(str(value)) or not chunk.get("json")):
            return str(chunk["program"])
    for entry in known["object"]:
        if any(word in text for word in entry["words"]):
            return str(entry["program"])
    try:
        texts = [value for value in image.getexif().values() if isinstance(value, str)]
    except ODD_EXIF:
        return ""
    starts = tuple(known["exif"]["starts"])
    return str(known["exif"]["program"]) if any(value.startswith(starts) for value in texts) else ""


def _user_comment(image: Image) -> str:
    """Return the UserComment; Fooocus writes it beside the EXIF block's own tags, not below them."""
    try:
        exif = image.getexif()
        value = exif.get_ifd(EXIF_IFD).get(USER_COMMENT) or exif.get(USER_COMMENT, b"")
    except ODD_EXIF:
        return ""
    if isinstance(value, str):
        return value.strip("\0 ")
    return decode_user_comment(bytes(value)) if isinstance(value, (bytes, bytearray)) else ""


def decode_user_comment(value: bytes) -> str:
    """Decode an EXIF UserComment, whose first eight bytes name the code.

    Writers disagree on the byte order of UNICODE, and some write UTF-8 there. Parameters always hold ASCII (`Steps: `),
    whose zero bytes show it.
    """
    code, body = value[:_CODE_BYTES], value[_CODE_BYTES:]
    if code == b"UNICODE\0" and 0 in body.strip(b"\0"):
        order = "utf-16-le" if body[1::2].count(0) > body[0::2].count(0) else "utf-16-be"
        return body.decode(order, errors="ignore").strip("\0\ufeff ")
    if code in (b"UNICODE\0", b"ASCII\0\0\0", b"\0" * _CODE_BYTES):
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
