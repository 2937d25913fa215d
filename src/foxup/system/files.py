"""Files: written whole or not at all, hashed once, removed for good."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from foxup.errors import FoxupError
from foxup.i18n import _

_RETRIES_S = (0.05, 0.2, 0.5, 1.0, 2.0)  # Windows virus scanners hold new files for moments
_WRITABLE = 0o644
_RUNNABLE = 0o755


def sha256_bytes(content: bytes) -> str:
    """Return the hex SHA-256 of `content`."""
    return hashlib.sha256(content).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the hex SHA-256 of the file at `path`. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_bytes(path: Path) -> bytes | None:
    """Return the content of `path`, or None when there is no such file."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def read_json(path: Path) -> Any:
    """Return the JSON value in `path`, or None when it is missing or not JSON."""
    content = read_bytes(path)
    if content is None:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return None


def write_atomic(path: Path, content: bytes, *, executable: bool = False, scratch: Path | None = None) -> None:
    """Replace `path` by `content`: a temporary name, flushed to the disk, then renamed.

    The temporary file lies in `scratch` (on the same drive, emptied by whoever owns it) or beside `path`. An existing
    file keeps its mode; of a link, what it leads to is replaced. Raises FoxupError (`disk-full`, `file-not-writable`).
    """
    if path.is_symlink():  # which may lead to another drive
        path, scratch = path.resolve(), None
    temporary = (scratch or path.parent) / f".{path.name}.{os.getpid()}.foxup-tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.parent.mkdir(parents=True, exist_ok=True)
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else (_RUNNABLE if executable else _WRITABLE)
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(mode)
        replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise os_error(error, path) from error


def write_json(path: Path, value: Any, *, scratch: Path | None = None) -> None:
    """Write `value` as JSON with `write_atomic`."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    write_atomic(path, text.encode(), scratch=scratch)


def replace(source: Path, destination: Path) -> None:
    """Rename over an existing file, patiently where a scanner holds one of them. Raises OSError."""
    _patiently(lambda: source.replace(destination))
    sync_folder(destination.parent)


def keep(content: bytes, folder: Path, name: str, *, again: bool = False, scratch: Path | None = None) -> None:
    """Keep a content that is about to be replaced: the first under its name, with `again` others under free names."""
    place = folder / name
    if place.exists():
        if not again or read_bytes(place) == content:
            return
        place = free_name(place)
    write_atomic(place, content, scratch=scratch)


def free_name(path: Path) -> Path:
    """Return a name beside `path` that the web UI does not take for a model."""
    for number in range(1, 10_000):
        candidate = path.with_name(f"{path.name}.kept-{number}")
        if not candidate.exists():
            return candidate
    return path.with_name(f"{path.name}.kept-{os.getpid()}")


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system can."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file or a whole folder; a missing one is fine. Raises FoxupError (`file-not-writable`)."""
    try:
        if path.is_dir() and not path.is_symlink():
            _patiently(lambda: shutil.rmtree(path, onerror=_make_writable))
        else:
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return
    except OSError as error:
        raise os_error(error, path) from error


def free_bytes(path: Path) -> int:
    """Return the free bytes of the drive that holds `path` or its nearest existing parent."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


def os_error(error: OSError, path: Path) -> FoxupError:
    """Turn an OSError about `path` into the words of a FoxupError."""
    if error.errno == 28 or getattr(error, "winerror", 0) == 112:  # ENOSPC, ERROR_DISK_FULL
        return FoxupError(
            "disk-full",
            _("The disk is full while writing {path}.").format(path=path),
            hint=_("Free some space on this drive, then run the same command again; it goes on where it stopped."),
        )
    return FoxupError(
        "file-not-writable",
        _("{path} cannot be written or removed.").format(path=path),
        cause=error.strerror or str(error),
        hint=_("Close programs that use this folder, check your rights on it, then run the same command again."),
    )


def _patiently(act: Callable[[], Any]) -> None:
    """Try again for a while where a virus scanner may hold a file; elsewhere a refusal is final."""
    pauses = _RETRIES_S if os.name == "nt" else ()
    for pause in pauses:
        try:
            act()
        except PermissionError:
            time.sleep(pause)
        else:
            return
    act()


def _make_writable(function: Callable[[str], Any], path: str, _error: object) -> None:
    """Remove read-only marks that git puts on its objects, then try once more (Windows)."""
    Path(path).chmod(stat.S_IWRITE | stat.S_IREAD | stat.S_IEXEC)
    function(path)


class HashCache:
    """Hashes of large files, kept between runs by size and modification time.

    It only saves time: `verify` does not use it, because a file's times can be set back (facts of the web UI's own
    cache show where that leads).
    """

    def __init__(self, path: Path) -> None:
        """Read the cache at `path`; a missing or spoiled one is empty."""
        self._path = path
        known = read_json(path)
        self._known: dict[str, list[Any]] = known if isinstance(known, dict) else {}
        self._changed = False

    def sha256(self, path: Path) -> str:
        """Return the hex SHA-256 of `path`, from the cache when size and times are the same. Raises OSError."""
        status = path.stat()
        mark = [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
        known = self._known.get(str(path))
        if isinstance(known, list) and known[:3] == mark:
            return str(known[3])
        digest = sha256_file(path)
        self._known[str(path)] = [*mark, digest]
        self._changed = True
        return digest

    def save(self) -> None:
        """Write the cache if it learned something and the install exists."""
        if self._changed and self._path.parent.is_dir():
            write_json(self._path, self._known)
