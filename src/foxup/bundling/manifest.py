"""What a bundle says of itself: who made it for what, and the hash of every file in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.step import PackedFile
from foxup.system import packed

SCHEMA = 1
FILES, GIT, PICTURES, PYTHON, WHEELS = "files", "git", "pictures", "python", "wheels"
"""The folders inside: files by their path in the install, repositories, published pictures, interpreters, packages."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The first thing in a bundle.

    `foxup` is the version that made it, `package_set` the digest of the packages for the machine `system` (family and
    architecture) with the build `torch`. `python_needs` is the range of interpreters that serve, `python` the version
    that is inside (None: none is). `repositories` maps destinations in the install to folders of the bundle.
    """

    foxup: str
    profile: str
    package_set: str
    system: str
    torch: str
    python_needs: str
    python: str | None
    repositories: Mapping[str, str]
    content: tuple[PackedFile, ...]

    def below(self, folder: str) -> dict[str, PackedFile]:
        """Return what lies in one folder of the bundle, by its path there."""
        start = f"{folder}/"
        return {item.path.removeprefix(start): item for item in self.content if item.path.startswith(start)}

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.content)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"schema": SCHEMA, **asdict(self), "content": [asdict(entry) for entry in self.content]}

    def to_bytes(self) -> bytes:
        """Return what is written into the bundle."""
        return (json.dumps(self.to_document(), indent=1, sort_keys=True) + "\n").encode()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle on this machine."""

    path: Path
    manifest: Manifest


def open_bundle(path: Path) -> Bundle:
    """Read what a bundle says of itself; its files are checked when they are unpacked.

    Raises FoxupError (`bundle-unreadable`, `bundle-newer`).
    """
    path = path.expanduser().absolute()
    try:
        document = json.loads(packed.manifest(path))
        if document["schema"] != SCHEMA:
            raise _newer(path, str(document.get("foxup")))
        content = tuple(PackedFile(**entry) for entry in document.pop("content"))
        del document["schema"]
        return Bundle(path, Manifest(**document, content=content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise packed.unreadable(path, str(error)) from None


def _newer(path: Path, version: str) -> FoxupError:
    return FoxupError(
        "bundle-newer",
        _("{path} was made by another version of foxup ({version}).").format(path=path.name, version=version),
        hint=_("Use that version here, or make the bundle again with this one."),
    )
