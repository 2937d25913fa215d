"""The operating system, the processor and the memory."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foxup.facts import OsFacts

_MIB = 1024 * 1024
_LOCALE_VARIABLES = ("LC_ALL", "LC_CTYPE", "LANG")


@dataclass(frozen=True, slots=True)
class Host:
    """What is asked in one go because it costs nothing but a few small files."""

    os: OsFacts
    cpu: str | None = None
    long_paths: bool | None = None


def read() -> Host:
    """Return system and processor of this machine. Raises OSError, FoxupError."""
    if sys.platform == "win32":
        return _windows()
    if sys.platform == "darwin":
        return _macos()
    raw = read_linux()
    return Host(parse_linux(raw), parse_cpu(raw["cpuinfo"]))


def family(platform_name: str = sys.platform) -> str:
    """Return windows, macos or linux for what Python calls the platform."""
    return {"win32": "windows", "darwin": "macos"}.get(platform_name, "linux")


def read_linux(root: Path = Path("/")) -> dict[str, Any]:
    """Return the texts and values that name a Linux system, read below `root`."""
    system = os.uname()
    return {
        "os_release": _content(root / "etc/os-release") or _content(root / "usr/lib/os-release"),
        "debian_version": _content(root / "etc/debian_version"),
        "cpuinfo": _content(root / "proc/cpuinfo"),
        "kernel": system.release,
        "arch": system.machine,
        "libc": _libc(),
        "locale": locale_of(os.environ),
    }


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _libc() -> str | None:
    with suppress(ValueError, OSError):  # musl does not know the name
        return os.confstr("CS_GNU_LIBC_VERSION")
    return None


def parse_linux(raw: Mapping[str, Any]) -> OsFacts:
    """Turn the texts into facts. Debian keeps its point release in a file of its own."""
    values = dict(re.findall(r"""(?m)^([A-Z_]+)=["']?(.*?)["']?\s*$""", raw["os_release"]))
    release = values.get("VERSION_ID", "")
    point = raw["debian_version"].strip()
    exact = point if values.get("ID") == "debian" and point.startswith(f"{release}.") else release
    libc = re.search(r"glibc (\S+)", raw["libc"] or "")
    return OsFacts(
        family="linux",
        name=f"{values.get('NAME', 'Linux')} {release}".strip(),
        version=exact,
        arch=raw["arch"],
        locale=raw["locale"],
        glibc=libc[1] if libc else None,
        wsl=wsl_generation(raw["kernel"]),
        kernel=raw["kernel"],
    )


def wsl_generation(kernel: str) -> int:
    """Return 2 for kernels like `5.15.167.4-microsoft-standard-WSL2`, 1 for `4.4.0-19041-Microsoft`, else 0."""
    if "microsoft" not in kernel.lower():
        return 0
    return 1 if kernel.endswith("-Microsoft") else 2


def parse_cpu(cpuinfo: str) -> str | None:
    """Return the processor's name out of /proc/cpuinfo; ARM machines often give none."""
    found = re.search(r"(?m)^(?:model name|Model|Hardware)\s*:\s*(.+?)\s*$", cpuinfo)
    return found[1] if found else None


def locale_of(environ: Mapping[str, str]) -> str:
    """Return the locale that the variables choose, `C` when none does."""
    return next((environ[name] for name in _LOCALE_VARIABLES if environ.get(name)), "C")


def _windows() -> Host:
    import platform

    from foxup.system import windows

    version: tuple[int, int, int] = getattr(sys, "getwindowsversion")().platform_version  # noqa: B009 - not in stubs
    found = windows.parse_system(windows.read_system(), version)
    # A 32-bit or emulated process sees its own architecture; the second variable names the real one.
    arch = os.environ.get("PROCESSOR_ARCHITEW6432") or platform.machine()
    facts = OsFacts("windows", found["name"], found["version"], arch, windows.read_locale())
    return Host(facts, found["cpu"], found["long_paths"])


def _macos() -> Host:
    import platform

    from foxup.system import macos

    cpu = macos.read_cpu()
    # Under Rosetta everything claims to be Intel, except the processor's name.
    arch = "arm64" if "Apple" in (cpu or "") else platform.machine()
    facts = OsFacts("macos", "macOS", platform.mac_ver()[0], arch, locale_of(os.environ), kernel=os.uname().release)
    return Host(facts, cpu)


def cpu_count() -> int | None:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def ram_mib(root: Path = Path("/")) -> int:
    """Return the memory this process may use in MiB: the machine's, or less where a container sets a limit."""
    import psutil

    total = psutil.virtual_memory().total
    limits = [
        int(text)
        for name in ("memory.max", "memory/memory.limit_in_bytes")
        if (text := _content(root / "sys/fs/cgroup" / name).strip()).isdecimal()
    ]
    return int(min([total, *limits]) // _MIB)  # "no limit" is `max`, or a number beyond any memory


def pagefile_mib() -> int | None:
    """Return the size of Windows' page files in MiB (commit limit less memory); None elsewhere."""
    if os.name != "nt":
        return None
    import psutil

    return int(psutil.swap_memory().total // _MIB)


def elevated() -> bool | None:
    """Tell whether this process is root or an administrator; the web UI's own script refuses root."""
    if hasattr(os, "geteuid"):
        return os.geteuid() == 0
    from foxup.system import windows

    return windows.is_administrator()


def groups() -> tuple[str, ...] | None:
    """Return the names of this process's groups, sorted; None on Windows."""
    try:
        import grp
    except ImportError:
        return None
    names = set()
    for number in {*os.getgroups(), os.getegid()}:
        with suppress(KeyError):  # a number without a name, common in containers
            names.add(grp.getgrgid(number).gr_name)
    return tuple(sorted(names))


def kfd_writable(device: Path = Path("/dev/kfd")) -> bool | None:
    """Tell whether AMD's compute device may be used; None where there is none."""
    return os.access(device, os.R_OK | os.W_OK) if device.exists() else None


def git_version() -> str | None:
    """Return the version of git on PATH, or None when there is none. Raises FoxupError (`command-timeout`)."""
    from foxup.system.commands import find_program, run

    program = find_program("git")
    if program is None or is_apple_stub(program):
        return None
    return parse_git(run([program, "--version"], timeout=4).stdout)


def parse_git(text: str) -> str | None:
    """Return `2.47.0` out of `git version 2.47.0.windows.1`."""
    found = re.search(r"git version (\d+(?:\.\d+)+)", text)
    return found[1] if found else None


def is_apple_stub(program: Path, developer: tuple[Path, ...] | None = None) -> bool:
    """Tell whether a program of /usr/bin on macOS only offers to install developer tools, in a window."""
    if sys.platform != "darwin" and developer is None:
        return False
    tools = developer or (
        Path("/Library/Developer/CommandLineTools"),
        Path("/Applications/Xcode.app/Contents/Developer"),
    )
    return program.parent == Path("/usr/bin") and not any((each / "usr/bin" / program.name).exists() for each in tools)
