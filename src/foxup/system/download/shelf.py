"""Partial files and their sidecars: what is kept over a kill, and what of it may be gone on with.

A partial file lies at its full length from the start; only the sidecar says which bytes of it are there. The sidecar
is replaced whole, after the bytes it speaks of were flushed. A second slot exists so that a new version of a file (or
a page that pretends to be one) never overwrites what is already here before it has proved itself.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from foxup.system import files

if TYPE_CHECKING:
    from foxup.step import FileSpec

_SCHEMA = 1
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_REAL_ALLOCATION = {"ext4", "xfs", "btrfs", "tmpfs", "f2fs"}  # elsewhere posix_fallocate writes zeros, at full length
_UNSUPPORTED = {errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}


@dataclass(slots=True)
class Progressed:
    """What a sidecar says: the ranges on disk, of a file of `size` bytes that `source` served with `validator`.

    `source` is a digest of the address (it may hold a key). `sha256` is of the bytes before `front`.
    """

    source: str = ""
    validator: str = ""
    size: int | None = None
    done: list[tuple[int, int]] = field(default_factory=list)
    front: int = 0
    sha256: str = ""

    @property
    def present(self) -> int:
        """Bytes on disk."""
        return sum(end - start for start, end in self.done)


class Slot:
    """One partial file and its sidecar."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sidecar = path.with_name(path.name + ".json")

    def read(self) -> Progressed:
        """Return what is there; anything that does not fit together counts as nothing."""
        document = files.read_json(self.sidecar)
        try:
            state = _parse(document)
            length = self.path.stat().st_size
        except (OSError, ValueError, TypeError, KeyError):
            return Progressed()
        return state if all(end <= length for _start, end in state.done) else Progressed()

    def write(self, state: Progressed) -> None:
        """Store what is there. The caller has flushed the bytes. Raises FoxupError (disk-full, file-not-writable)."""
        document = {
            "schema": _SCHEMA,
            "source": state.source,
            "validator": state.validator,
            "size": state.size,
            "done": [list(pair) for pair in state.done],
            "front": state.front,
            "sha256": state.sha256,
        }
        files.write_json(self.sidecar, document)

    def clear(self) -> None:
        """Forget the bytes: the sidecar goes first, so that a kill in between leaves nothing that looks whole."""
        files.remove(self.sidecar)
        files.remove(self.path)
        for left_by_a_kill in self.path.parent.glob(f".{self.sidecar.name}.*"):
            files.remove(left_by_a_kill)

    def create(self, size: int | None) -> None:
        """Make an empty partial file and reserve its space. Raises OSError when the disk has too little."""
        self.clear()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("wb") as stream:
            if size:
                _reserve(stream, size, self.path)

    def open(self) -> BinaryIO:
        """Open the partial file for writing anywhere in it."""
        return self.path.open("r+b", buffering=0)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The slots of one file, and the lock that keeps two processes from filling them at once."""

    first: Slot
    second: Slot
    lock: Path

    @classmethod
    def of(cls, spec: FileSpec, downloads: Path) -> Shelf:
        """Return the shelf of a file; a pinned file is known by its hash, whatever it is called."""
        name = _UNSAFE.sub("-", spec.id).strip("-.")[:60] or "file"
        mark = spec.sha256 or fingerprint(spec.id + "\n" + "\n".join(source.url for source in spec.sources))
        stem = f"{name}-{mark[:12]}"
        return cls(Slot(downloads / f"{stem}.part"), Slot(downloads / f"{stem}.new.part"), downloads / f"{stem}.lock")

    def best(self) -> tuple[Slot, Progressed]:
        """Return the slot with the most bytes."""
        states = [(slot, slot.read()) for slot in (self.first, self.second)]
        return max(states, key=lambda pair: pair[1].present)

    def matching(self, validator: str, size: int | None, source: str) -> tuple[Slot, Progressed] | None:
        """Return the slot that holds part of exactly this version from this source."""
        for slot in (self.first, self.second):
            state = slot.read()
            same = state.validator == validator and state.source == source
            if state.present and validator and same and state.size == size:
                return slot, state
        return None

    def spare(self) -> Slot:
        """Return the slot that holds less; it is for a new version."""
        return min((self.first, self.second), key=lambda slot: slot.read().present)

    def clear(self) -> None:
        """Forget everything about the file but the lock: removing that would let two processes hold it."""
        for slot in (self.first, self.second):
            slot.clear()


def fingerprint(text: str) -> str:
    """Return a short digest of an address, to know it again without storing it."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _parse(document: Any) -> Progressed:
    """Check a sidecar. Raises ValueError, TypeError or KeyError when it is not one."""
    if document["schema"] != _SCHEMA:
        raise ValueError("another version")
    done = [(int(start), int(end)) for start, end in document["done"]]
    size = None if document["size"] is None else int(document["size"])
    state = Progressed(
        str(document["source"]), str(document["validator"]), size, done, int(document["front"]), str(document["sha256"])
    )
    borders = [border for pair in done for border in pair]
    if borders != sorted(set(borders)) or (borders and (borders[0] < 0 or (size is not None and borders[-1] > size))):
        raise ValueError("ranges overlap or lie outside the file")
    if state.front and (not done or done[0][0] != 0 or state.front > done[0][1]):
        raise ValueError("the hashed part is not present")
    return state


def _reserve(stream: BinaryIO, size: int, path: Path) -> None:
    """Take the space now: a full disk is found before the first byte, and the file lies in one piece."""
    if sys.platform == "linux" and _filesystem(path.parent) in _REAL_ALLOCATION:
        try:
            os.posix_fallocate(stream.fileno(), 0, size)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
        else:
            return
    stream.truncate(size)


def _filesystem(folder: Path) -> str:
    """Return the type of the file system that holds a folder."""
    import psutil

    resolved = folder.resolve()
    mounts = {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}
    return next((mounts[place] for place in (resolved, *resolved.parents) if place in mounts), "")
