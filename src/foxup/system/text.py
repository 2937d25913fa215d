"""Bytes that programs print, as text; what is printed into logs, without secrets."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SECRET_OPTION = re.compile(r"(?i)^--?[\w-]*(?:token(?!iz)|password|passwd|secret|api-?key|credential)[\w-]*$")
_SECRET_PAIR = re.compile(
    r"(?i)(\b[\w-]*(?:token(?!iz)|password|passwd|secret|api[-_]?key|signature|credential)[\w-]*\s*=\s*)[^\s&\"']+"
)
_SECRET_HEADER = re.compile(r"(?i)(\b(?:authorization|cookie|x-[\w-]*token)\s*:\s*(?:bearer\s+|basic\s+)?)[^\s\"']+")
_ADDRESS_USER = re.compile(r"(\b[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@\"']+@")
HIDDEN = "***"


def decode(data: bytes, legacy: str | None = None) -> str:
    """Read what a program printed: UTF-16 with its mark, UTF-8, else the console's code page `legacy`.

    Windows' own tools print in the OEM code page (866 on a Russian system) when they write into a pipe. Never raises:
    what fits nothing becomes replacement characters.
    """
    if data.startswith(_UTF16_MARKS):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode(legacy or console_encoding(), errors="replace")


def given(path: Path) -> str:
    """Read a text that a person names; `-` is standard input. Raises OSError.

    Windows PowerShell writes UTF-16 when output is redirected into a file, so a document of foxup's may be in it.
    """
    return decode(sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes())


def mask(text: str) -> str:
    """Return `text` without passwords in addresses, tokens in queries, options of the form name=value and headers."""
    text = _ADDRESS_USER.sub(rf"\1{HIDDEN}@", text)
    text = _SECRET_PAIR.sub(rf"\1{HIDDEN}", text)
    return _SECRET_HEADER.sub(rf"\1{HIDDEN}", text)


def shown(argv: Sequence[str]) -> str:
    """Return a command line for people and logs, quoted for a POSIX shell, its secrets hidden."""
    hidden = [
        HIDDEN if _SECRET_OPTION.match(before) else mask(word) for before, word in zip(("", *argv), argv, strict=False)
    ]
    return shlex.join(hidden)


@cache
def console_encoding() -> str:
    """Return the code page that console programs print in; UTF-8 everywhere but on Windows."""
    if os.name != "nt":
        return "utf-8"
    import ctypes

    number = getattr(ctypes, "windll").kernel32.GetOEMCP()  # noqa: B009 - absent from the stubs off Windows
    return f"cp{number}"
