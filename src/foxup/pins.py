"""Pins: the hash of a published picture, learned when it was fetched first, so that another one is noticed later.

They lie in the install, in `.foxup/pins.json`; a profile can hold the same by itself (`foxup profile pin`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foxup.paths import Layout
from foxup.system import files

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Pin:
    """One picture: hash and size of its file, its sides, where it came from and when, and its fingerprint as text."""

    sha256: str
    bytes: int
    width: int
    height: int
    address: str
    at: str
    fingerprint: str

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height


def read(layout: Layout) -> dict[str, Pin]:
    """Return the pins by the reference's id. A file that cannot be read holds none: pictures are then trusted anew."""
    document = files.read_json(layout.pins)
    pictures = document.get("pictures") if isinstance(document, dict) else None
    found = {}
    for name, value in (pictures if isinstance(pictures, dict) else {}).items():
        try:
            found[str(name)] = Pin(**value)
        except TypeError:
            continue
    return found


def add(layout: Layout, name: str, pin: Pin) -> None:
    """Remember one pin beside the others."""
    pictures: dict[str, Any] = {key: asdict(value) for key, value in read(layout).items()}
    pictures[name] = asdict(pin)
    files.write_json(layout.pins, {"schema": _SCHEMA, "pictures": pictures})


def kept(layout: Layout, name: str) -> Path | None:
    """Return the kept picture of a reference, whatever its format."""
    found = sorted(layout.references.glob(f"{name}.*"))
    return found[0] if found else None
