"""uv: interpreters, virtual environments, packages."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.system import commands, files
from foxup.system.commands import Log

_SITES = ("lib/python*/site-packages",) if os.name != "nt" else ("Lib/site-packages",)
Started = Callable[[int], None]

MARKER = "foxup-environment.json"
"""Inside an environment: names the package set that was completely installed. Written last."""


def find_uv() -> str:
    """Return the path of the uv program: FOXUP_UV, the one installed with foxup, then PATH.

    Raises FoxupError (`uv-missing`).
    """
    if os.environ.get("FOXUP_UV"):
        return os.environ["FOXUP_UV"]
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found:
        return found
    raise FoxupError(
        "uv-missing",
        _("The program uv is missing; foxup makes environments with it."),
        hint="python -m pip install --force-reinstall uv",
    )


def create_environment(path: Path, python: str | None, requires: str, *, log: Log, started: Started) -> None:
    """Make an empty environment at `path` from the interpreter `python`, or from one uv brings for `requires`.

    Whatever lies at `path` must have been cleared before. `started` is told the process id. Raises FoxupError
    (`python-not-provided`, `environment-failed`).
    """
    arguments = ["venv", "--no-project", "--no-config"]
    arguments += ["--python", python] if python else ["--python", requires, "--managed-python"]
    result = _run([*arguments, str(path)], log=log, started=started)
    if result.rc == 0:
        return
    tail = _last_line(result.stdout)
    if python is None:
        raise FoxupError(
            "python-not-provided",
            _("Python {version} could not be brought.").format(version=requires),
            cause=tail,
            hint=_(
                "Install Python {version} yourself, or set UV_PYTHON_INSTALL_MIRROR to a mirror you can reach."
            ).format(version=requires),
        )
    raise FoxupError(
        "environment-failed",
        _("The environment for the web UI could not be made with {python}.").format(python=python),
        cause=tail,
    )


@dataclass(frozen=True, slots=True)
class Places:
    """Where packages come from.

    `index` is asked beside the default one for locks with hashes, and alone for locks without. `default_index` takes
    the place of the default one. `build_constraints` pins what packages without a wheel are built with.
    """

    index: str | None = None
    find_links: Sequence[str] = ()
    default_index: str | None = None
    build_constraints: Path | None = None
    offline: bool = False


def install(environment_python: Path, locks: Sequence[Path], places: Places, *, log: Log, started: Started) -> None:
    """Install the locked files, each exactly as it is written: those with hashes with hash checking.

    A lock without hashes holds exact pins of builds that only `places.index` has; it is taken from there alone.
    Raises FoxupError (`packages-failed`, `package-hash-mismatch`, `package-index-unreachable`).
    """
    base = ["pip", "install", "--no-config", "--python", str(environment_python), "--no-deps"]
    base += [word for place in places.find_links for word in ("--find-links", place)]
    base += ["--offline"] if places.offline else []
    if places.build_constraints:
        base += ["--build-constraints", str(places.build_constraints)]
    pinned = [lock for lock in locks if not hashed(lock)]
    for arguments in (_of_index_alone(pinned, places), _with_hashes([lock for lock in locks if hashed(lock)], places)):
        if arguments:
            result = _run([*base, *arguments], log=log, started=started)
            if result.rc != 0:
                raise _packages_error(result.stdout)


def hashed(lock: Path) -> bool:
    """Whether a lock file holds hashes, or exact pins of an index that publishes none foxup knows."""
    return "--hash=" in lock.read_text(encoding="utf-8")


def _of_index_alone(locks: Sequence[Path], places: Places) -> list[str]:
    alone = ["--default-index", places.index] if places.index else ["--no-index"] if places.find_links else []
    return [*alone, *_requirements(locks)] if locks else []


def _with_hashes(locks: Sequence[Path], places: Places) -> list[str]:
    arguments = ["--require-hashes", *_requirements(locks)]
    if places.default_index:
        arguments += ["--default-index", places.default_index]
    if places.index:
        arguments += ["--extra-index-url", places.index, "--index-strategy", "unsafe-best-match"]
    return arguments if locks else []


def _requirements(locks: Sequence[Path]) -> list[str]:
    return [word for lock in locks for word in ("-r", str(lock))]


def packages(environment_python: Path) -> dict[str, str]:
    """Return normalised names and versions of what is installed; nothing when it cannot be read."""
    arguments = [find_uv(), "pip", "list", "--no-config", "--python", str(environment_python), "--format", "json"]
    result = commands.run(arguments, env=_environment(), timeout=60)
    if result.rc != 0:
        return {}
    return {item["name"].lower().replace("_", "-"): item["version"] for item in json.loads(result.stdout)}


def locked_count(lock: Path) -> int:
    """Return how many packages a lock file names (markers may leave some out on this system)."""
    return sum(1 for line in lock.read_text(encoding="utf-8").splitlines() if line[:1].isalnum())


def installed_count(environment: Path) -> int:
    """Return how many packages lie in the environment now."""
    try:
        return sum(1 for place in _SITES for _path in environment.glob(f"{place}/*.dist-info"))
    except OSError:  # a folder vanished between being listed and being read
        return 0


def write_marker(environment: Path, digest: str, python: str) -> None:
    """Say that the environment holds the whole package set `digest`. Raises FoxupError like `write_atomic`."""
    files.write_json(environment / MARKER, {"schema": 1, "digest": digest, "python": python})


def read_marker(environment: Path) -> Mapping[str, str] | None:
    """Return the marker of a complete environment, or None."""
    marker = files.read_json(environment / MARKER)
    return marker if isinstance(marker, dict) else None


def _run(arguments: Sequence[str], *, log: Log, started: Started) -> commands.Completed:
    return commands.stream([find_uv(), *arguments], env=_environment(), timeout=3600, log=log, started=started)


def _environment() -> dict[str, str]:
    return commands.clean_environment({"UV_NO_PROGRESS": "1"})


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _packages_error(output: str) -> FoxupError:
    hint = _("Run the same command again; what was already fetched is kept.")
    tail = " ".join(line.strip(" ×╰─▶├│") for line in output.splitlines()[-4:] if line.strip())
    lower = output.lower()
    if "hash mismatch" in lower:
        message = _("A package from the index is not the pinned one (hash mismatch).")
        return FoxupError("package-hash-mismatch", message, cause=tail, hint=hint)
    if any(word in lower for word in ("failed to fetch", "dns error", "connection refused", "error sending request")):
        message = _("The package index cannot be reached.")
        return FoxupError("package-index-unreachable", message, cause=tail, hint=hint)
    return FoxupError("packages-failed", _("The packages could not be installed."), cause=tail, hint=hint)
