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
from foxup.step import Indexes
from foxup.system import commands, files, uv_trouble
from foxup.system.commands import Log
from foxup.system.text import mask

_SITES = ("lib/python*/site-packages",) if os.name != "nt" else ("Lib/site-packages",)
Started = Callable[[int], None]

_PYTHON_MIRROR = "UV_PYTHON_INSTALL_MIRROR"
_LONG_S = 12 * 3600
"""Three gigabytes over a slow line take hours; a server that falls silent ends uv's own patience long before."""
_PATIENCE = {"UV_HTTP_TIMEOUT": "60"}
"""Seconds without a byte. Dozens of packages share a slow line: uv's own half a minute gives up on one that waits."""
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


def create_environment(
    path: Path,
    python: str | None,
    requires: str,
    *,
    mirror: str | None = None,
    offline: bool = False,
    log: Log,
    started: Started,
) -> None:
    """Make an empty environment at `path` from the interpreter `python`, or from one uv brings for `requires`.

    `mirror` is asked for it before uv's own source, unless UV_PYTHON_INSTALL_MIRROR names one and it is no folder of
    this machine. Whatever lies at `path` must have been cleared before. `started` is told the process id. Raises
    FoxupError (`python-not-provided`, `environment-failed`).
    """
    arguments = ["venv", "--no-project", "--no-config"]
    arguments += ["--python", python] if python else ["--python", requires, "--managed-python"]
    arguments += ["--offline"] if offline else []
    ways: list[dict[str, str]] = [{}]
    if mirror and not offline and python is None and (_PYTHON_MIRROR not in os.environ or mirror.startswith("file:")):
        ways.insert(0, {_PYTHON_MIRROR: mirror})
    tails = []
    for variables in ways:
        result = _run([*arguments, str(path)], log=log, started=started, extra=variables)
        if result.rc == 0:
            return
        tails.append(_last_line(result.stdout))
        files.remove(path)
    raise _no_environment(python, requires, "; ".join(dict.fromkeys(tails)))


def _no_environment(python: str | None, requires: str, tail: str) -> FoxupError:
    if python is None:
        return FoxupError(
            "python-not-provided",
            _("Python {version} could not be brought.").format(version=requires),
            cause=tail,
            hint=_(
                "Install Python {version} yourself, or set UV_PYTHON_INSTALL_MIRROR to a mirror you can reach."
            ).format(version=requires),
        )
    return FoxupError(
        "environment-failed",
        _("The environment for the web UI could not be made with {python}.").format(python=python),
        cause=tail,
    )


@dataclass(frozen=True, slots=True)
class Places:
    """Where packages come from.

    Each of `indexes` is tried in turn until one gives everything (none: no index is asked). `build_constraints` pins
    what packages without a wheel are built with.
    """

    indexes: Sequence[Indexes] = (Indexes(),)
    find_links: Sequence[str] = ()
    build_constraints: Path | None = None
    offline: bool = False


def install(environment_python: Path, locks: Sequence[Path], places: Places, *, log: Log, started: Started) -> None:
    """Install the locked files, each exactly as it is written: those with hashes with hash checking.

    A lock without hashes holds exact pins of builds that only one index has; it is taken from there alone. Nothing is
    installed of a lock before all of it has arrived. Raises FoxupError (`packages-failed`, `package-hash-mismatch`,
    `package-index-unreachable`, `package-not-offered`, `package-not-whole`) of the last of the indexes.
    """
    base = ["pip", "install", "--no-config", "--python", str(environment_python), "--no-deps"]
    base += [word for place in places.find_links for word in ("--find-links", place)]
    base += ["--offline"] if places.offline else []
    if places.build_constraints:
        base += ["--build-constraints", str(places.build_constraints)]
    pinned, proven = ([lock for lock in locks if hashed(lock) is known] for known in (False, True))
    for chosen, words in ((pinned, alone), (proven, together)):
        if chosen:
            ways = [[*words(indexes, places), *_requirements(chosen)] for indexes in places.indexes]
            _from_some_index(base, ways or [["--no-index", *_requirements(chosen)]], log, started)


def _from_some_index(base: Sequence[str], ways: Sequence[Sequence[str]], log: Log, started: Started) -> None:
    """Run uv with one set of addresses after the other until one of them gives everything."""
    failed: list[FoxupError] = []
    distinct = list(dict.fromkeys(tuple(way) for way in ways))
    for way in distinct:
        result = _run([*base, *way], log=log, started=started)
        if result.rc == 0:
            return
        error = uv_trouble.read(result.stdout)
        error.cause = f"{_where(way)}: {error.cause}"
        failed.append(error)
    failed[-1].cause = "\n".join(error.cause for error in failed)
    raise failed[-1]


def _where(way: Sequence[str]) -> str:
    """Return the addresses among the words of a command."""
    return mask(" + ".join(word for word in way if "://" in word)) or _("the default index")


def hashed(lock: Path) -> bool:
    """Whether a lock file holds hashes, or exact pins of an index that publishes none foxup knows."""
    return "--hash=" in lock.read_text(encoding="utf-8")


def alone(indexes: Indexes, places: Places) -> list[str]:
    """Return uv's words for a lock without hashes: only the index that has its builds."""
    return ["--default-index", indexes.own] if indexes.own else ["--no-index"] if places.find_links else []


def together(indexes: Indexes, _places: Places) -> list[str]:
    """Return uv's words for a lock with hashes, which may come from anywhere."""
    arguments = ["--require-hashes"]
    if indexes.default:
        arguments += ["--default-index", indexes.default]
    if indexes.own:
        arguments += ["--extra-index-url", indexes.own, "--index-strategy", "unsafe-best-match"]
    return arguments


def _requirements(locks: Sequence[Path]) -> list[str]:
    return [word for lock in locks for word in ("-r", str(lock))]


def packages(environment_python: Path) -> dict[str, str]:
    """Return normalised names and versions of what is installed; nothing when it cannot be read."""
    arguments = [find_uv(), "pip", "list", "--no-config", "--python", str(environment_python), "--format", "json"]
    result = commands.run(arguments, env=environment(), timeout=60)
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


def _run(
    arguments: Sequence[str], *, log: Log, started: Started, extra: Mapping[str, str] | None = None
) -> commands.Completed:
    variables = {**environment(), **(extra or {})}
    return commands.stream([find_uv(), *arguments], env=variables, timeout=_LONG_S, log=log, started=started)


def environment() -> dict[str, str]:
    """Return the variables uv is started with; a person's own patience with slow lines stays."""
    patience = {name: value for name, value in _PATIENCE.items() if name not in os.environ}
    return commands.clean_environment({"UV_NO_PROGRESS": "1", **patience})


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
