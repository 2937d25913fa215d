"""What a file says of its making though its pixels are not read: animated, too large, cut off or damaged."""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from foxup.pictures import metadata
from foxup.pictures.load import DAMAGE, MAX_FILE_BYTES, sniff

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Exif, Image

    from foxup.pictures.metadata import Metadata

_MOST_TEXT = 16 * 1024 * 1024  # bytes of one text, unpacked too
_MOST_CHUNKS = 200_000
_TEXTS = {b"tEXt", b"zTXt", b"iTXt", b"eXIf"}


@dataclass(frozen=True, slots=True)
class _Header:
    """What `metadata.read` asks of an opened picture."""

    info: dict[str, Any] = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)

    def getexif(self) -> Exif:
        """Return the EXIF block. Raises what Pillow raises on a damaged one."""
        from PIL.Image import Exif

        exif = Exif()
        exif.load(self.info.get("exif", b""))
        return exif


def read(path: Path) -> Metadata:
    """Read the parameters alone; what cannot be read counts as none. Raises nothing."""
    try:
        with path.open("rb") as file:
            kind = sniff(file.read(16))
            file.seek(0)
            if kind == "PNG":
                return metadata.read(cast("Image", _png(file)))
            # these two formats are opened by their heads; the others would be read whole
            small = kind in {"JPEG", "GIF"} or path.stat().st_size <= MAX_FILE_BYTES
            return _opened(file, kind) if kind and small else metadata.Metadata()
    except OSError:
        return metadata.Metadata()


def _opened(file: BinaryIO, kind: str) -> Metadata:
    """Let Pillow read the head of a file, never its pixels."""
    from PIL import Image as Pillow

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Pillow.open(file, formats=[kind]) as image:
                return metadata.read(image)
        except (Pillow.DecompressionBombError, *DAMAGE):
            return metadata.Metadata()


def _png(file: BinaryIO) -> _Header:
    """Read the texts of a PNG (RFC 2083, chunks) wherever they stand; checksums are not asked, and it may end early."""
    header = _Header()
    file.seek(8)
    for _number in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8 or not head[4:].isalpha():
            break
        length, kind = struct.unpack(">I4s", head)
        if kind not in _TEXTS or length > _MOST_TEXT:
            file.seek(length + 4, 1)
            continue
        body = file.read(length)
        file.seek(4, 1)
        key, value = (b"exif", b"Exif\0\0" + body) if kind == b"eXIf" else _text(kind, body)
        header.info.setdefault(key.decode("latin-1"), value)
    return header


def _text(kind: bytes, body: bytes) -> tuple[bytes, str]:
    """Return key and text of a text chunk, as much of it as is there."""
    key, _zero, rest = body.partition(b"\0")
    packed, code = kind == b"zTXt", "latin-1"
    if kind == b"iTXt":
        packed, code = rest[:1] == b"\1", "utf-8"
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]  # language and translated key lie before the text
    elif packed:
        rest = rest[1:]
    if packed:
        try:
            rest = zlib.decompressobj().decompress(rest, _MOST_TEXT)
        except zlib.error:
            rest = b""
    return key, rest.decode(code, errors="replace")
