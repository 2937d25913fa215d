"""What a file is that is no log: told from its first bytes, so that nobody waits for a log to be found in a model."""

from __future__ import annotations

import re
import struct
from typing import Literal

from foxup.signatures.decode import sniff

Kind = Literal["model", "program", "archive", "zeros", "report", "facts", "other"]

HEAD = 1 << 16
"""Bytes that are looked at."""
_SAFETENSORS_HEADER = 100_000_000
"""The format's own limit for its header, in bytes."""
_TORCH = re.compile(rb"^PK\x03\x04.{26}[^/\x00]{1,200}/(?:data\.pkl|byteorder|version|\.format_version)", re.DOTALL)
_BEGINNINGS: tuple[tuple[bytes, Kind], ...] = (
    (b"GGUF", "model"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"PK\x03\x04", "archive"),
    (b"PK\x05\x06", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"BZh", "archive"),
    (b"%PDF-", "other"),
)
_OURS: tuple[tuple[re.Pattern[bytes], Kind], ...] = (
    (re.compile(rb'\s*{\s*"schema":\s*\d+,\s*"kind":\s*"foxup-report"'), "report"),
    (re.compile(rb'\s*{\s*"schema":\s*\d+,\s*"command":\s*"probe"'), "facts"),
)
_ODD = re.compile("[\x01-\x06\x0b\x0e-\x1a\x1c-\x1f\x7f\ue000-\uf8ff\ufffd]")
"""Signs that neither a text nor a terminal writes. NUL is left out: a crash of the machine leaves it in logs."""
_MOST = 0.03
"""Share of them from which it is no text: random bytes hold a tenth, a torn log next to none."""


def recognise(head: bytes) -> Kind | None:
    """Return what the file that begins with these bytes is, or None when it may be a log."""
    if not head.strip(b"\x00"):
        return "zeros" if head else None
    if _model(head):
        return "model"
    for document, kind in _OURS:
        if document.match(head):
            return kind
    encoding = sniff(head[:4096])
    text = head.rstrip(b"\x00").decode(encoding or "latin-1", "ignore")
    odd = len(_ODD.findall(text)) + (text.count("\x00") if encoding else 0)
    strange = odd > _MOST * len(text)
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning) and (strange or b"\x00" in head[:512] or not beginning.isalnum()):
            return kind
    return "other" if strange else None


def _model(head: bytes) -> bool:
    """Whether it is a safetensors file, torch's zip or its bare pickle."""
    if _TORCH.match(head) or head[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        return True
    return (
        len(head) > 9 and 0 < struct.unpack("<Q", head[:8])[0] <= _SAFETENSORS_HEADER and head[8:10] in (b'{"', b"{}")
    )
