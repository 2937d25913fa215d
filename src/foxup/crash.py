"""The log of our own mistakes, in Markdown, ready to paste."""

from __future__ import annotations

import platform
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from foxup import __version__
from foxup.paths import log_folder
from foxup.system.text import mask


def write_log(error: BaseException, argv: Sequence[str]) -> Path:
    """Write versions, command line and traceback; return the file. Raises OSError."""
    folder = log_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"crash-{datetime.now(UTC):%Y%m%d-%H%M%S}.md"
    trace = "".join(traceback.format_exception(error))
    text = (
        f"### foxup {__version__}\n\n"
        f"- Python {platform.python_version()} on {platform.platform()}\n"
        f"- command: `{' '.join(argv[1:])}`\n\n"
        f"```\n{trace}```\n"
    )
    path.write_text(mask(text.replace(str(Path.home()), "~")), encoding="utf-8")
    return path
