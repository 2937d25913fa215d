"""Where the web UI is going to live: free space, the kind of disk, the right to write."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from foxup.facts import DiskFacts
from foxup.system.knowledge import known

_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Mount:
    """The mounted file system a path lies on. `device` is `major:minor`; 0 as major means no block device."""

    point: str
    filesystem: str
    source: str
    device: str = "0:0"


def nearest(path: Path) -> Path:
    """Return the deepest folder of `path` that exists already."""
    for candidate in (path, *path.parents):
        with suppress(OSError):
            if candidate.is_dir():
                return candidate
    return Path(path.anchor or ".")


def read(target: Path, temp: str | None = None) -> DiskFacts:
    """Return the disk facts of `target`, which need not exist. Raises OSError, FoxupError."""
    folder = nearest(target)
    system = _system_folder()
    kind, filesystem = _kind(folder)
    return DiskFacts(
        target_free_gib=free_gib(folder),
        system_free_gib=free_gib(system),
        target_kind=kind,
        same_drive=folder.stat().st_dev == system.stat().st_dev,
        filesystem=filesystem,
        temp_free_gib=free_gib(Path(temp)) if temp else None,
    )


def free_gib(folder: Path) -> float:
    """Return what this user may still write there, in GiB. Raises OSError."""
    import psutil

    return round(psutil.disk_usage(str(folder)).free / _GIB, 1)


def temp_folder() -> str | None:
    """Return the folder for temporary files, None when not one can be written."""
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:
        return None


def writable(target: Path) -> bool:
    """Tell whether something can be created in `target`, or where it would be created.

    Windows does not tell rights reliably, so there a file without a name is tried.
    """
    folder = nearest(target)
    if os.name != "nt":
        return os.access(folder, os.W_OK | os.X_OK)
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _system_folder() -> Path:
    return Path(os.environ.get("SystemDrive", "C:") + "\\") if os.name == "nt" else Path("/")  # noqa: SIM112


def _kind(folder: Path) -> tuple[str, str | None]:
    if sys.platform == "win32":
        return windows_kind(str(folder.absolute()), _partitions())
    if sys.platform == "darwin":
        return _macos_kind(folder)
    mount = mount_of(str(folder.resolve()), Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace"))
    return linux_kind(mount) if mount else ("unknown", None)


def mount_of(path: str, mountinfo: str) -> Mount | None:
    """Return the mount that holds `path` out of /proc/self/mountinfo: the longest one, the last of equal ones."""
    best: Mount | None = None
    for line in mountinfo.splitlines():
        left, separator, right = line.partition(" - ")
        if not separator or len(left.split()) < 5 or len(right.split()) < 2:
            continue
        device, point = left.split()[2], _unescaped(left.split()[4])
        holds = path == point or path.startswith(point.rstrip("/") + "/")
        if holds and (best is None or len(point) >= len(best.point)):
            filesystem, source = right.split()[:2]
            windows_drive = filesystem == "9p" and ("drvfs" in right or re.match(r"[A-Za-z]:", source))
            best = Mount(point, "drvfs" if windows_drive else filesystem, _unescaped(source), device)
    return best


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def linux_kind(mount: Mount, root: Path = Path("/")) -> tuple[str, str]:
    """Return (`ssd`, `hdd`, `network` or `unknown`, file system), asking sysfs below `root` about the block device.

    Virtual disks call themselves rotational whatever lies below, so their word for it is not taken.
    """
    rules = known()["disk"]
    if mount.filesystem in rules["network_filesystems"] or mount.filesystem == "9p":
        return "network", mount.filesystem
    disk = _block_device(mount, root)
    spins = _line(disk / "queue/rotational") if disk else None
    if disk is None or spins not in {"0", "1"}:
        return "unknown", mount.filesystem
    if spins == "0":
        return "ssd", mount.filesystem
    maker = _line(disk / "device/vendor").lower()
    virtual = disk.name.startswith(tuple(rules["virtual_names"])) or maker.startswith(tuple(rules["virtual_vendors"]))
    return "unknown" if virtual else "hdd", mount.filesystem


def _block_device(mount: Mount, root: Path) -> Path | None:
    """Return the sysfs folder of the whole disk. btrfs and others have no number of their own: go by the source."""
    places = [root / "sys/dev/block" / mount.device, root / "sys/class/block" / Path(mount.source).name]
    for place in places:
        folder = place.resolve()
        for candidate in (folder, folder.parent):
            if (candidate / "queue").is_dir():
                return candidate
    return None


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _partitions() -> list[Mount]:
    """Return psutil's list; on Windows the options hold the drive's type (fixed, removable, remote)."""
    import psutil

    return [Mount(part.mountpoint, part.fstype, part.opts) for part in psutil.disk_partitions(all=True)]


def windows_kind(path: str, partitions: list[Mount]) -> tuple[str, str | None]:
    """Return (`network` or `unknown`, file system) for a Windows path; PowerShell alone knows which disks spin."""
    if path.startswith(("\\\\", "//")) and not path.startswith(("\\\\?\\", "\\\\.\\")):
        return "network", None
    letter = path.removeprefix("\\\\?\\")[:1].upper()
    drive = next((each for each in partitions if each.point[:1].upper() == letter), None)
    filesystem = drive.filesystem if drive else None
    if drive and "remote" in drive.source.split(","):
        return "network", filesystem or None
    return "unknown", filesystem or None


def _macos_kind(folder: Path) -> tuple[str, str | None]:
    from foxup.system import macos

    path = str(folder.resolve())
    held = [each for each in _partitions() if path == each.point or path.startswith(each.point.rstrip("/") + "/")]
    mount = max(held, key=lambda each: len(each.point), default=None)
    if mount is None:
        return "unknown", None
    if mount.filesystem in known()["disk"]["network_filesystems"]:
        return "network", mount.filesystem
    return macos.parse_disk_kind(macos.read_disk(Path(mount.point))) or "unknown", mount.filesystem
