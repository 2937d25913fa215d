"""A log as blocks of whole lines, in bytes, in one pass and bounded memory."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from foxup.signatures.decode import sniff

BLOCK = 1 << 20
"""Bytes read at a time."""
ESCAPES = 1 << 16
"""Bytes in which signs escaped by a forum are looked for."""
CONTEXT = 4096
"""Bytes of the block before that stay at hand, to see the lines above."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some whole lines. `data[start:]` is new, what stands before it was there already; `line` numbers its first."""

    data: bytes
    start: int
    line: int
    last: bool


def blocks(stream: BinaryIO, size: int = BLOCK) -> Iterator[Block]:
    """Read a log. Line ends become LF, UTF-16 becomes UTF-8; a line longer than a block is cut."""
    rest, context, line = b"", b"", 1
    pieces = _normalised(stream, size)
    piece: bytes | None = next(pieces, None)
    while piece is not None:
        following = next(pieces, None)
        new = rest + piece
        cut = new.rfind(b"\n") + 1
        if following is None or (not cut and len(new) >= size):
            cut = len(new)
        new, rest, piece = new[:cut], new[cut:], following
        if not cut:
            continue
        yield Block(context + new, len(context), line, last=following is None)
        line += new.count(b"\n")
        context = new[-CONTEXT:]


def _normalised(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the stream with LF as the only line end. A lone CR stays: it redraws a line, as progress bars do."""
    head = stream.read(size)
    encoding = sniff(head[:CONTEXT])
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
    escaped = _escaped(head[:ESCAPES])
    only_cr = encoding is None and b"\n" not in head and b"\r" in head
    pending = b""
    while head:
        raw = decoder.decode(head).encode("utf-8", "replace") if decoder else head
        raw = pending + raw
        pending = raw[-1:] if raw.endswith(b"\r") else b""
        raw = raw[: len(raw) - len(pending)]
        raw = raw.replace(b"\\_", b"_").replace(b"\\*", b"*") if escaped else raw
        yield raw.replace(b"\r", b"\n") if only_cr else raw.replace(b"\r\n", b"\n")
        head = stream.read(size)
    if pending:
        yield b"\n"


def _escaped(head: bytes) -> bool:
    r"""Whether a forum wrote `\_` for every underscore, as Markdown does; a path like `pip\_vendor` stands alone."""
    return b"\\_" in head and re.search(rb"\w_", head) is None
