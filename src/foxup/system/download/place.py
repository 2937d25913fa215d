"""Giving a proved file its name: by renaming, cloning, linking or copying; never by writing under the name itself."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from foxup.system import files
from foxup.system.download import failures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_CHUNK = 1024 * 1024
_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file, copied when one of them changes


def move_into_place(partial: Path, destination: Path, sha256: str) -> Path | None:
    """Rename a whole, proved file to its name, and return where another file of that name was put.

    On another drive it is copied to a temporary name there first, and hashed on the way. Raises OSError or
    DownloadError.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    _flush(partial)
    if partial.stat().st_dev == destination.parent.stat().st_dev:
        return _rename(partial, destination)
    temporary = temporary_name(destination)
    try:
        copy(partial, temporary, sha256)
        replaced = _rename(temporary, destination)
    finally:
        with suppress(OSError):
            temporary.unlink()
    files.remove(partial)
    return replaced


def check_space(downloads: Path, destination: Path, size: int) -> None:
    """Say before the download that the drive of the destination, when it is another one, has too little space."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    if destination.parent.stat().st_dev != downloads.stat().st_dev:
        free = files.free_bytes(destination.parent)
        if free < size:
            raise failures.too_little_space(destination, size, free)


def duplicate(source: Path, destination: Path, sha256: str, *, link: bool,
              check: Callable[[Path], None]) -> Path | None:  # fmt: skip
    """Give the content of `source` a second name: shared blocks, else a hard link when allowed, else a copy.

    The hash of what gets the name is `sha256`, whatever happens to `source` meanwhile; `check` raises when it may not.
    Raises OSError or DownloadError.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(destination)
    try:
        if not (_clone(source, temporary) or (link and _link(source, temporary))):
            copy(source, temporary, sha256)
        elif files.sha256_file(temporary) != sha256:
            raise failures.wrong_hash(source.name, sha256, files.sha256_file(temporary))
        check(temporary)
        return _rename(temporary, destination)
    finally:
        with suppress(OSError):
            temporary.unlink()


def copy(source: Path, target: Path, sha256: str) -> None:
    """Copy a file and flush it; the hash is of the bytes that were written. Raises OSError or DownloadError."""
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    if digest.hexdigest() != sha256:
        raise failures.wrong_hash(source.name, sha256, digest.hexdigest())


def temporary_name(destination: Path) -> Path:
    """Return the name a file has beside its destination until it is proved; the same each time, so none pile up."""
    return destination.with_name(f".{destination.name}.foxup-tmp")


def _rename(source: Path, destination: Path) -> Path | None:
    replaced = _set_aside(destination)
    files.replace(source, destination)
    return replaced


def _set_aside(destination: Path) -> Path | None:
    """Keep a file that has the name already: it may be somebody's only copy."""
    if not destination.is_file():
        return None
    aside = next(
        path
        for number in range(1000)
        if not (path := destination.with_name(f"{destination.name}.before-foxup{number or ''}")).exists()
    )
    try:
        aside.hardlink_to(destination)
    except OSError:  # a drive without hard links
        destination.rename(aside)
    return aside


def _flush(path: Path) -> None:
    with path.open("r+b", buffering=0) as stream:
        os.fsync(stream.fileno())


def _clone(source: Path, target: Path) -> bool:
    if sys.platform != "linux":
        return False
    with source.open("rb") as reader, target.open("wb") as writer:
        return _share_blocks(reader, writer)


def _share_blocks(reader: BinaryIO, writer: BinaryIO) -> bool:
    import fcntl

    try:
        fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
    except OSError:  # most file systems cannot
        return False
    os.fsync(writer.fileno())
    return True


def _link(source: Path, target: Path) -> bool:
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source.resolve())
    except OSError:  # another drive, or a drive without hard links
        return False
    return True
