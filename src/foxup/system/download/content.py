"""What a file is, by what is in it: a name proves nothing, and hosts answer with pages."""

from __future__ import annotations

import json
import math
import zipfile
from typing import TYPE_CHECKING, Any

from foxup.i18n import _
from foxup.system.download.failures import DownloadError

if TYPE_CHECKING:
    from pathlib import Path

HEAD_BYTES = 512
_LONGEST_HEADER = 100_000_000  # the limit of the safetensors library itself
_LARGEST_JSON = 64 * 1024 * 1024
_PAGES = (b"<!doctype html", b"<html", b"<head>", b"<script")
_LFS = b"version https://git-lfs.github.com/spec/"
_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM")
# bits of one element; the formats of the safetensors specification
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


def stranger(head: bytes, kind: str) -> bool:
    """Say whether the first bytes are those of a page, an error message or a git-lfs pointer, not of such a file."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((_LFS, *_PAGES)):
        return True
    return kind in {"safetensors", "pickle", "image"} and text.startswith((b'{"', b"{ ", b"{\n", b"[{"))


def check(path: Path, kind: str, name: str) -> None:
    """Prove that a file is of its kind. Raises DownloadError with a code of the failure catalogue."""
    size = path.stat().st_size
    if size == 0:
        raise _not("safetensors-empty-file" if kind == "safetensors" else "download-empty", name, _("It is empty."))
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if head.lstrip().lower().startswith(_LFS):
        raise _not("download-lfs-pointer", name, _("It is a git-lfs pointer: the host sent the label, not the file."))
    if kind == "safetensors":
        _check_safetensors(path, size, name)
    elif stranger(head, kind):
        raise _not("download-page-instead", name, _("It is a page or a message of the host."))
    elif kind == "pickle":
        _check_pickle(path, head, name)
    elif kind == "image" and not (head.startswith(_IMAGES) or head[8:12] == b"WEBP"):
        raise _not("download-not-an-image", name, _("It is no picture in a known format."))
    elif kind == "json":
        _check_json(path, size, name)


def whole(path: Path) -> bool | None:
    """Whether a safetensors file is all that its header promises; None for other files and unreadable ones."""
    if path.suffix != ".safetensors":
        return None
    try:
        check(path, "safetensors", path.name)
    except DownloadError:
        return False
    except OSError:
        return None
    return True


def _check_pickle(path: Path, head: bytes, name: str) -> None:
    if not any(head):
        raise _not("ckpt-not-a-model", name, _("It is filled with zeros."))
    if head.startswith(b"PK") and not zipfile.is_zipfile(path):
        raise _not("ckpt-corrupt-zip", name, _("It is a zip archive without its end: it was cut short."))


def _check_json(path: Path, size: int, name: str) -> None:
    try:
        if size <= _LARGEST_JSON:
            json.loads(path.read_bytes())
    except ValueError as error:
        raise _not("download-not-json", name, str(error)) from None


def _check_safetensors(path: Path, size: int, name: str) -> None:
    """Read the header as the format's specification has it: 8 bytes of length, JSON, tensors without a gap to the end.

    https://github.com/huggingface/safetensors#format
    """
    with path.open("rb") as stream:
        start = stream.read(8)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or not any(start):
            code = "safetensors-zero-filled" if len(start) == 8 else "safetensors-empty-file"
            raise _not(code, name, _("Its first bytes are missing."))
        if start.startswith(b"PK"):
            raise _not("safetensors-wrong-format", name, _("It is a zip archive, most likely a renamed .ckpt."))
        if length > _LONGEST_HEADER:
            raise _not("safetensors-not-a-model", name, _("It is no safetensors file: its header would be too large."))
        if length + 8 > size:
            raise _not("safetensors-incomplete", name, _("It ends within its header."))
        header = stream.read(length)
    try:
        tensors = json.loads(header)
        end = _data_end(tensors)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _not("safetensors-zero-filled", name, _("Its header is damaged: {detail}").format(detail=error)) from None
    if end != size - 8 - length:
        raise _not(
            "safetensors-incomplete",
            name,
            _("Its header describes {expected} bytes, there are {got}.").format(expected=end + 8 + length, got=size),
        )


def _data_end(tensors: Any) -> int:
    """Return where the data ends; checks that tensors follow each other. Raises ValueError, KeyError, TypeError."""
    entries = [entry for key, entry in tensors.items() if key != "__metadata__"]
    entries.sort(key=lambda entry: (int(entry["data_offsets"][0]), int(entry["data_offsets"][1])))
    position = 0
    for entry in entries:
        begin, end = map(int, entry["data_offsets"])
        bits = _BITS.get(entry["dtype"])
        if begin != position or end < begin:
            raise ValueError("tensors overlap or leave a gap")
        if bits is not None and math.prod(entry["shape"]) * bits != (end - begin) * 8:
            raise ValueError("a tensor's size does not fit its shape")
        position = end
    return position


def _not(code: str, name: str, cause: str) -> DownloadError:
    return DownloadError(
        code,
        _("{name} is not what it should be.").format(name=name),
        cause=cause,
        hint=_("Try another source; foxup fetch --from FOLDER takes a file that was got elsewhere."),
    )
