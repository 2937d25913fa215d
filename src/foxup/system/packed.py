"""One file that holds many: written with every hash checked, under a temporary name until it was read back.

A zip without compression (models and wheels do not shrink), in the form for files beyond 4 GiB. Nothing is held in
memory but a piece of the file at hand.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.step import PackedFile, Unpack
from foxup.system import files
from foxup.system.download import check_archive

MANIFEST = "foxup-bundle.json"
_CHUNK = 1024 * 1024
_DATE = (1980, 1, 1, 0, 0, 0)  # the same content makes the same file
_OVERHEAD = 1024  # bytes a name costs in the archive at most

Moved = Callable[[int], None]
"""Told the bytes done so far."""


def describe(folder: Path, moved: Moved) -> list[PackedFile]:
    """Return an entry for every file below `folder`, in the order of their names. Raises OSError."""
    entries, done = [], 0
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        size = path.stat().st_size
        entries.append(PackedFile(path.relative_to(folder).as_posix(), size, files.sha256_file(path)))
        done += size
        moved(done)
    return entries


def pack(folder: Path, entries: Sequence[PackedFile], manifest: bytes, destination: Path, moved: Moved) -> None:
    """Write the files of `folder` and the manifest to `destination`, read it back, then give it its name.

    Raises FoxupError (`bundle-changed-meanwhile`, `disk-full`, `file-not-writable`).
    """
    temporary = destination.with_name(f"{destination.name}.part")
    done = 0
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        _check_room(temporary, sum(entry.size + _OVERHEAD for entry in entries))
        with temporary.open("wb") as raw, zipfile.ZipFile(raw, "w") as archive:
            with archive.open(zipfile.ZipInfo(MANIFEST, _DATE), "w") as inside:
                inside.write(manifest)
            for entry in entries:
                with (folder / entry.path).open("rb") as source, _member(archive, entry.path) as inside:
                    _same(entry, _copy(source, inside, partial(_add, moved, done)))
                done += entry.size
        _flush(temporary)
        with zipfile.ZipFile(temporary) as archive:
            for entry in entries:
                with archive.open(entry.path) as inside:
                    _same(entry, _copy(inside, None, lambda _count: None))
        files.replace(temporary, destination)
    except OSError as error:
        raise files.os_error(error, destination) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def manifest(path: Path) -> bytes:
    """Return the manifest of a packed file. Raises FoxupError (`bundle-unreadable`)."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(MANIFEST)
    except FileNotFoundError as error:
        raise unreadable(path, error.strerror or str(error)) from None
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise unreadable(path, str(error)) from None


def unpack(action: Unpack, moved: Moved) -> None:
    """Put every file that the manifest names below the folder, each checked before it gets its name.

    What an interrupted run left there and is right stays. Raises FoxupError (`archive-traversal`, `bundle-unreadable`,
    `bundle-damaged`, `disk-full`, `file-not-writable`).
    """
    path, entries, folder, done = action.bundle, action.content, action.folder, 0
    check_archive(path)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_names(path, archive, entries)
            _check_room(folder, sum(entry.size for entry in entries if not _right(folder, entry)))
            for entry in entries:
                if not _right(folder, entry) or files.sha256_file(folder / entry.path) != entry.sha256:
                    _extract(archive, entry, folder, partial(_add, moved, done))
                done += entry.size
                moved(done)
    except zipfile.BadZipFile as error:
        raise _damaged(path.name, str(error)) from None
    except OSError as error:
        raise files.os_error(error, folder) from error


def _extract(archive: zipfile.ZipFile, entry: PackedFile, folder: Path, moved: Moved) -> None:
    target = folder / PurePosixPath(entry.path)
    temporary = target.with_name(f"{target.name}.foxup-part")
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry.path) as inside, temporary.open("wb") as out:
        got = _copy(inside, out, moved, entry.size)
    if got != (entry.size, entry.sha256):
        files.remove(temporary)
        cause = _("SHA-256 expected {expected}, got {got}.").format(expected=entry.sha256, got=got[1])
        raise _damaged(entry.path, cause)
    files.replace(temporary, target)


def _copy(source: IO[bytes], target: IO[bytes] | None, moved: Moved, most: int | None = None) -> tuple[int, str]:
    """Copy and return size and SHA-256; stops beyond `most` bytes, so that a lie about a size fills no disk."""
    digest, count = hashlib.sha256(), 0
    while (most is None or count <= most) and (data := source.read(_CHUNK)):
        digest.update(data)
        if target:
            target.write(data)
        count += len(data)
        moved(count)
    return count, digest.hexdigest()


def _add(moved: Moved, before: int, count: int) -> None:
    moved(before + count)


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    return archive.open(zipfile.ZipInfo(name, _DATE), "w", force_zip64=True)


def _same(entry: PackedFile, got: tuple[int, str]) -> None:
    if got != (entry.size, entry.sha256):
        raise FoxupError(
            "bundle-changed-meanwhile",
            _("{name} changed while it was being packed.").format(name=entry.path),
            cause=_("SHA-256 expected {expected}, got {got}.").format(expected=entry.sha256, got=got[1]),
            hint=_("Run the same command again."),
        )


def _check_names(path: Path, archive: zipfile.ZipFile, entries: Sequence[PackedFile]) -> None:
    sizes: Mapping[str, int] = {info.filename: info.file_size for info in archive.infolist()}
    for entry in entries:
        if sizes.get(entry.path) != entry.size:
            raise _damaged(path.name, _("{name} is missing or has another size.").format(name=entry.path))


def _check_room(path: Path, needed: int) -> None:
    free = files.free_bytes(path)
    if free < needed:
        raise FoxupError(
            "disk-full",
            _("{path} needs {needed} MiB, the drive has {free} MiB left.").format(
                path=path, needed=-(-needed >> 20), free=free >> 20
            ),
            hint=_("Free some space on this drive, then run the same command again; it goes on where it stopped."),
        )


def _right(folder: Path, entry: PackedFile) -> bool:
    path = folder / PurePosixPath(entry.path)
    return path.is_file() and path.stat().st_size == entry.size


def _flush(path: Path) -> None:
    with path.open("r+b") as stream:
        os.fsync(stream.fileno())


def unreadable(path: Path, cause: str) -> FoxupError:
    """The file is not a bundle, or the end of it is missing."""
    return FoxupError(
        "bundle-unreadable",
        _("{path} is not a whole bundle of foxup.").format(path=path),
        cause=cause,
        hint=_("Copy it again from where it was made; foxup bundle makes a new one."),
    )


def _damaged(name: str, cause: str) -> FoxupError:
    return FoxupError(
        "bundle-damaged",
        _("{name} in the bundle is damaged; nothing of it was taken.").format(name=name),
        cause=cause,
        hint=_("Copy it again from where it was made; foxup bundle makes a new one."),
    )
