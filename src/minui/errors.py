"""Errors that reach the log or an API client."""

from __future__ import annotations

import sys
import textwrap
import traceback
from typing import Any

KEPT_RECORDS = 5
"""How many past exceptions the system information shows (A1111 keeps five)."""

_records: list[dict[str, Any]] = []


class HTTPException(Exception):  # noqa: N818 - the class name is part of the answer's body
    """An answer with a status other than 200; its text goes to ``detail`` and ``errors`` stays empty."""

    def __init__(self, status_code: int, detail: str) -> None:
        super().__init__()
        self.status_code = status_code
        self.detail = detail


class NansException(Exception):  # noqa: N818 - the class name is part of the answer's body
    """The denoiser or the VAE produced not-a-number."""


class Interrupted(BaseException):
    """Somebody pressed Interrupt or Skip: leave the sampler with the last latent."""


def remember(error: BaseException) -> None:
    """Keep an exception for the system information page."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [[f"{frame.filename}, line {frame.lineno}, {frame.name}", frame.line] for frame in frames]
    _records.append({"exception": str(error), "traceback": lines})
    del _records[:-KEPT_RECORDS]


def records() -> list[dict[str, Any]]:
    """The remembered exceptions, newest first."""
    return list(reversed(_records))


def report(message: str, error: BaseException | None = None) -> None:
    """Print a message in starred lines to stderr, with the traceback of ``error`` below it."""
    for line in message.splitlines():
        print("***", line, file=sys.stderr)
    if error is not None:
        remember(error)
        text = "".join(traceback.format_exception(error))
        print(textwrap.indent(text, "    "), file=sys.stderr)
        print("---", file=sys.stderr)


def display(error: BaseException, task: str) -> None:
    """Print ``task: ErrorName`` and the traceback to stderr."""
    remember(error)
    print(f"{task}: {type(error).__name__}", file=sys.stderr)
    print("".join(traceback.format_exception(error)), file=sys.stderr)
