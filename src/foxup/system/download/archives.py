"""Archives: names inside that would write outside, or not be files at all."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from foxup.errors import FoxupError
from foxup.i18n import _


def check_archive(path: Path) -> None:
    """Refuse a zip or tar archive of which a member would land outside the folder it is unpacked to.

    Raises FoxupError (`archive-traversal`, `archive-unreadable`).
    """
    try:
        members = _members(path)
    except (OSError, zipfile.BadZipFile, tarfile.TarError, ValueError) as error:
        raise FoxupError(
            "archive-unreadable",
            _("{name} is not a readable archive.").format(name=path.name),
            cause=str(error),
        ) from error
    links = {name.rstrip("/") for name, target in members if target}
    outside = [name for name, target in members if escapes(name) or _through(name, links) or _leads_out(name, target)]
    if outside:
        raise FoxupError(
            "archive-traversal",
            _("{name} would write outside its folder and is refused.").format(name=path.name),
            cause=outside[0],
        )


def escapes(name: str) -> bool:
    """Say whether a member's name leads out of the folder, on any system: absolute, a drive, or too many `..`."""
    windows = PureWindowsPath(name)
    if windows.drive or windows.root or PurePosixPath(name).is_absolute() or "\0" in name:
        return True
    depth = 0
    for part in windows.parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return True
    return False


def _through(name: str, links: set[str]) -> bool:
    """Say whether a member would be written through a link of the same archive."""
    return any(str(parent) in links for parent in PurePosixPath(name).parents)


def _leads_out(name: str, target: str) -> bool:
    """Say whether a link inside an archive points out of it; it is relative to where it lies."""
    if not target:
        return False
    return escapes(target) if PurePosixPath(target).is_absolute() else escapes(str(PurePosixPath(name).parent / target))


def _members(path: Path) -> list[tuple[str, str]]:
    """Return names and, for links, their targets. Raises ValueError for special files such as devices."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return [(name, "") for name in archive.namelist()]
    with tarfile.open(path) as archive:
        members = archive.getmembers()
    if any(member.isdev() for member in members):
        raise ValueError("it holds a device")
    return [(member.name, _target(member)) for member in members]


def _target(member: tarfile.TarInfo) -> str:
    """Return where a link points; a hard link's target counts from the root of the archive."""
    if member.issym():
        return member.linkname
    return f"{'../' * len(PurePosixPath(member.name).parent.parts)}{member.linkname}" if member.islnk() else ""
