"""Explain a file: a picture by what it says of itself, anything else as a console log."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foxup.errors import UsageError
from foxup.finding import Finding
from foxup.i18n import _

_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8")
_HEAD = 16


@dataclass(frozen=True, slots=True)
class Told:
    """What a file told: lines for people, findings, the JSON data, and whether it tells of a problem."""

    lines: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    problem: bool = False


def explain(path: Path, profile: str | None = None) -> Told:
    """Explain a log or picture; `-` is a log on standard input. Raises UsageError (`file-unreadable`)."""
    if str(path) == "-":
        return _log(path)
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        message = _("{path} cannot be read.").format(path=path)
        raise UsageError("file-unreadable", message, cause=error.strerror or "") from None
    return _picture(path, profile) if head.startswith(_PICTURES) else _log(path)


def _log(path: Path) -> Told:
    from foxup import signatures

    source = sys.stdin.buffer if str(path) == "-" else path
    told = signatures.explain_log(source)
    return Told(
        lines=tuple(signatures.describe(told)),
        findings=told.findings,
        data=told.to_document(),
        problem=bool(told.findings) or not told.known,
    )


def _picture(path: Path, profile: str | None) -> Told:
    from foxup.pictures import standalone

    told = standalone.explain_picture(path, profile)
    return Told(told.lines, told.findings, told.data, told.problem)
