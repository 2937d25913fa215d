"""Listing model files in natural order."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

_DIGITS = re.compile("([0-9]+)")


def natural_key(text: str) -> list[int | str]:
    """Sort key in which 2 comes before 10 and case does not matter."""
    return [int(part) if part.isdigit() else part.lower() for part in _DIGITS.split(text)]


def walk(folder: str | Path, endings: Collection[str]) -> Iterator[str]:
    """Files below ``folder`` with one of the endings (lower case, with dot), folders and names in natural order."""
    if not os.path.exists(folder):
        return
    for root, _, names in sorted(os.walk(folder, followlinks=True), key=lambda item: natural_key(item[0])):
        for name in sorted(names, key=natural_key):
            file = os.path.join(root, name)
            if os.path.splitext(name)[1].lower() in endings and os.path.exists(file):
                yield file
