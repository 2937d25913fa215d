"""What the readers of hardware sources know by heart: the content of `sources.toml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any


@cache
def known() -> dict[str, Any]:
    """Return the tables of `sources.toml`."""
    import tomllib

    return tomllib.loads(Path(__file__).with_name("sources.toml").read_text(encoding="utf-8"))
