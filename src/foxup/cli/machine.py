"""Facts for a command: probed here, or read from a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from foxup.errors import UsageError
from foxup.i18n import _

if TYPE_CHECKING:
    from foxup.facts import Facts
    from foxup.probe import Problem


def windows() -> bool:
    """Whether this machine runs Windows."""
    return sys.platform == "win32"


def probed(target: Path | None) -> tuple[Facts, tuple[Problem, ...]]:
    """Return the facts of this machine and what could not be found out."""
    from foxup.probe import probe

    result = probe(target or Path.cwd())
    return result.facts, result.problems


def from_file(path: Path) -> Facts:
    """Read facts from a JSON file or standard input. Raises UsageError (`facts-unreadable`, `facts-invalid`)."""
    from foxup.facts import from_text
    from foxup.system import text

    try:
        written = text.given(path)
    except OSError as error:
        message = _("The facts file {path} cannot be read.").format(path=path)
        raise UsageError("facts-unreadable", message, cause=str(error)) from None
    return from_text(written)
