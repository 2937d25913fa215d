"""Reading a picture from a file or from bytes, without trusting its name, its size or its end."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from foxup.errors import FoxupError, UsageError
from foxup.i18n import _
from foxup.pictures import metadata

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from foxup.pictures.metadata import Metadata

MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_PIXELS = 64_000_000  # ten times the largest reference of the guide (2944x2112)
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", 0, "PNG"),
    (b"\xff\xd8\xff", 0, "JPEG"),
    (b"WEBP", 8, "WEBP"),
    (b"ftypavif", 4, "AVIF"),
    (b"GIF8", 0, "GIF"),
    (b"BM", 0, "BMP"),
)
_ORIENTATION = 0x0112
# what Pillow's decoders raise on damaged files; AVIF a plain RuntimeError, a build without it a KeyError
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, RuntimeError, MemoryError)


@dataclass(frozen=True, slots=True)
class JpegCoding:
    """How a JPEG was compressed: quantisation tables, and subsampling as Pillow numbers it (0: 4:4:4, 2: 4:2:0)."""

    tables: dict[int, list[int]]
    subsampling: int


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture.

    `rgb` is height x width x 3 of uint8 with alpha dropped and no colour management; `sha256` is of the file's bytes.
    `jpeg` is set for JPEG files only; `alpha` (height x width, 0: transparent) only where something is transparent.
    """

    rgb: NDArray[np.uint8]
    format: str
    sha256: str
    metadata: Metadata
    jpeg: JpegCoding | None = None
    name: str = ""
    alpha: NDArray[np.uint8] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return int(self.rgb.shape[1]), int(self.rgb.shape[0])

    @property
    def on_grey(self) -> NDArray[np.uint8]:
        """The picture as laid over middle grey: below transparency files mostly hold black, which nobody sees."""
        if self.alpha is None:
            return self.rgb
        share = self.alpha[..., None] / 255.0
        return (self.rgb * share + 128.0 * (1.0 - share)).round().astype("uint8")

    @property
    def parameters(self) -> str | None:
        """The generation parameters the file carries."""
        return self.metadata.parameters

    @property
    def lossy(self) -> bool:
        """Whether the format loses pixels. WebP and AVIF may not, but do not say so cheaply."""
        return self.format in {"JPEG", "WEBP", "AVIF"}


def load(path: Path) -> Picture:
    """Read the picture at `path`. Raises FoxupError: `picture-missing`, or what `from_bytes` raises."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _too_large(path.name)
        data = path.read_bytes()
    except OSError as error:
        message = _("The picture {name} cannot be read.").format(name=path.name)
        raise FoxupError("picture-missing", message, cause=str(error.strerror or error)) from None
    return from_bytes(data, path.name)


def given(path: Path) -> Picture:
    """Read a picture that somebody named. Raises UsageError with the codes of `load`: the input is wrong."""
    try:
        return load(path)
    except FoxupError as error:
        raise UsageError(error.code, error.message, cause=error.cause, hint=error.hint) from None


def from_bytes(data: bytes, name: str = "") -> Picture:
    """Decode a picture, the format told by its first bytes.

    Raises FoxupError: `picture-not-a-picture`, `picture-animated`, `picture-too-large`, `picture-truncated`.
    """
    import numpy as np
    from PIL import Image as Pillow

    kind = sniff(data)
    if not kind:
        raise _not_a_picture(data, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of bombs (our own limit is below) and of odd metadata, which is not asked for
        try:
            with Pillow.open(BytesIO(data), formats=[kind]) as image:
                _refuse_odd(image, name)
                image.load()
                found, coding = metadata.read(image), _jpeg_coding(image)
                upright = _upright(image)
                rgb, alpha = np.asarray(_to_rgb(upright), dtype=np.uint8), _alpha(upright)
        except Pillow.DecompressionBombError:
            raise _too_large(name) from None
        except DAMAGE:
            raise _damaged(name, early=_ends_early(data, kind)) from None
    coding = coding if upright is image else None  # a turned picture cannot go through the same blocks again
    return Picture(rgb, kind, hashlib.sha256(data).hexdigest(), found, coding, name, alpha)


def sniff(data: bytes) -> str:
    """Return the format that the first bytes show, or an empty string. A file name's ending proves nothing."""
    for signature, offset, kind in _SIGNATURES:
        if data[offset : offset + len(signature)] == signature:
            return kind
    return ""


def _refuse_odd(image: Image, name: str) -> None:
    if getattr(image, "is_animated", False):
        message = _("The picture {name} is animated; only still pictures can be compared.").format(name=name)
        raise FoxupError("picture-animated", message, hint=_("Save one frame as PNG and give that file."))
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(name)


def _upright(image: Image) -> Image:
    """Turn a picture as its EXIF says it is to be shown; the picture itself when there is nothing to turn."""
    from PIL import ImageOps

    try:
        return image if image.getexif().get(_ORIENTATION, 1) == 1 else ImageOps.exif_transpose(image)
    except metadata.ODD_EXIF:
        return image


def _to_rgb(image: Image) -> Image:
    if image.mode.startswith("I;16"):  # 16 bit grey: the upper byte, where a plain conversion would clip
        import numpy as np
        from PIL import Image as Pillow

        return Pillow.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    return image.convert("RGB")


def _alpha(image: Image) -> NDArray[np.uint8] | None:
    """Return how opaque each pixel is; None where all are."""
    if not image.has_transparency_data:
        return None
    import numpy as np

    alpha = np.asarray(image.convert("RGBA").getchannel("A"), dtype=np.uint8)
    return alpha if alpha.min() < 255 else None


def _jpeg_coding(image: Image) -> JpegCoding | None:
    if image.format != "JPEG":
        return None
    from PIL import JpegImagePlugin

    tables: dict[int, Any] = getattr(image, "quantization", {})
    sampling = JpegImagePlugin.get_sampling(image)
    return JpegCoding({key: list(table) for key, table in tables.items()}, sampling)


def _not_a_picture(data: bytes, name: str) -> FoxupError:
    head = data[:512].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html")):
        cause = _("It is a web page: the address answered with a page instead of the picture.")
    elif not data:
        cause = _("The file is empty.")
    else:
        cause = _("Its first bytes belong to none of PNG, JPEG, WebP, AVIF, GIF and BMP.")
    message = _("{name} is not a picture.").format(name=name or _("The data"))
    return FoxupError("picture-not-a-picture", message, cause=cause)


def _ends_early(data: bytes, kind: str) -> bool:
    """Whether a file ends before its format says it does; what is inside it is another matter."""
    if kind == "PNG":
        return b"IEND" not in data
    if kind == "JPEG":
        return b"\xff\xd9" not in data[-64:]  # some cameras and hosts write a little behind the end
    if kind == "WEBP":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    return kind == "GIF" and not data.endswith(b";")


def _damaged(name: str, *, early: bool) -> FoxupError:
    message = _("The picture {name} is cut off or damaged.").format(name=name)
    cause = _("The file ends before the picture does.") if early else _("What is inside does not fit its format.")
    return FoxupError("picture-truncated", message, cause=cause, hint=_("Download or save it again."))


def _too_large(name: str) -> FoxupError:
    message = _("The picture {name} is too large to be a generation.").format(name=name)
    return FoxupError("picture-too-large", message, cause=_("More than 64 megapixels or 256 MiB are not decoded."))
