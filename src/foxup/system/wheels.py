"""The files behind a lock: for each pinned package the one wheel, or the sources, that a given machine installs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from foxup.errors import FoxupError
from foxup.facts import OsFacts
from foxup.i18n import _
from foxup.step import FileSpec, Source
from foxup.system import commands, uv, uv_trouble
from foxup.system.commands import Log

if TYPE_CHECKING:
    from packaging.tags import Tag

_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_LONG_S = 900
_OLD_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}  # of glibc 2.N
_OLDEST_GLIBC, _USUAL_GLIBC = 5, 35
_UV_PLATFORMS = {"windows": "{arch}-pc-windows-msvc", "macos": "{arch}-apple-darwin"}


def listed(
    locks: Sequence[Path], system: OsFacts, python: str, places: uv.Places, *, folder: Path, log: Log
) -> list[FileSpec]:
    """Return the file of every package that the locks name for a machine with CPython `python` (`3.10`).

    uv reads the indexes; which file of a package fits is told by its tags. `folder` is for uv's answers. Raises
    FoxupError (`packages-failed`, `package-index-unreachable`, `package-hash-mismatch`, `bundle-no-package-file`).
    """
    found: dict[str, FileSpec] = {}
    constraints = [places.build_constraints] if places.build_constraints else []
    for lock in (*locks, *constraints):
        document = _ask_each(lock, system, python, places, folder / f"pylock.{lock.stem}.toml", log)
        found |= {spec.name: spec for spec in _choose(lock, document, system, python)}
    return list(found.values())


def _ask_each(lock: Path, system: OsFacts, python: str, places: uv.Places, answer: Path, log: Log) -> dict[str, Any]:
    """Let uv write down where the packages of a lock are, from the first of the indexes that has them all."""
    error = uv_trouble.read("")
    words = uv.together if uv.hashed(lock) else uv.alone
    for indexes in places.indexes:
        chosen = [word for word in words(indexes, places) if word != "--require-hashes"]
        result = commands.run(
            _question(lock, system, python, places, chosen, answer), env=uv.environment(), timeout=_LONG_S, log=log
        )
        if result.ok:
            return tomllib.loads(answer.read_text(encoding="utf-8"))
        error = uv_trouble.read(result.stderr)
    raise error


def _question(
    lock: Path, system: OsFacts, python: str, places: uv.Places, indexes: Sequence[str], answer: Path
) -> list[str]:
    platform = _UV_PLATFORMS.get(system.family, "{arch}-manylinux_2_{glibc}").format(
        arch=_arch(system), glibc=_glibc(system)
    )
    arguments = ["pip", "compile", "--no-config", "--no-deps", "--no-header", "--quiet", "--no-python-downloads"]
    arguments += ["--format", "pylock.toml", "--output-file", str(answer)]
    arguments += ["--python-version", python, "--python-platform", platform, *indexes]
    arguments += [word for place in places.find_links for word in ("--find-links", place)]
    answer.parent.mkdir(parents=True, exist_ok=True)
    return [uv.find_uv(), *arguments, str(lock)]


def _choose(lock: Path, document: dict[str, Any], system: OsFacts, python: str) -> Iterator[FileSpec]:
    """Pick the file of each package; a lock with hashes must name the one that is picked."""
    from packaging.markers import default_environment
    from packaging.pylock import PackageSdist, PackageWheel, Pylock

    pinned = set(_HASH.findall(lock.read_text(encoding="utf-8")))
    environment = default_environment()
    environment.update({"python_version": python, "python_full_version": f"{python}.99"})
    fitting = list(tags(system, python))
    for package, file in Pylock.from_dict(document).select(environment=environment, tags=fitting):
        if not isinstance(file, PackageWheel | PackageSdist):
            raise _no_file(package.name)
        sha256 = file.hashes.get("sha256")
        if pinned and sha256 not in pinned:
            raise FoxupError(
                "package-hash-mismatch",
                _("A package from the index is not the pinned one (hash mismatch)."),
                cause=f"{file.filename} {sha256}",
            )
        url = file.url or str(lock.parent / (file.path or ""))
        name = unquote(file.filename)
        yield FileSpec(name, name, "other", (Source(url),), file.size, sha256)


def tags(system: OsFacts, python: str) -> Iterator[Tag]:
    """Yield the tags of wheels that CPython `python` takes on a machine, best first."""
    from packaging.tags import compatible_tags, cpython_tags

    major, minor = (int(part) for part in python.split(".")[:2])
    platforms = list(_platforms(system))
    interpreter = f"cp{major}{minor}"
    yield from cpython_tags((major, minor), [interpreter], platforms)
    yield from compatible_tags((major, minor), interpreter, platforms)


def _platforms(system: OsFacts) -> Iterator[str]:
    from packaging.tags import mac_platforms

    arch = _arch(system)
    if system.family == "windows":
        yield "win_arm64" if arch == "aarch64" else "win_amd64"
    elif system.family == "macos":
        release = [int(part) for part in re.findall(r"\d+", system.version or "")[:2]] or [13]
        yield from mac_platforms((release[0], release[1] if len(release) > 1 else 0), _mac(arch))
    else:
        for glibc in range(_glibc(system), _OLDEST_GLIBC - 1, -1):
            yield f"manylinux_2_{glibc}_{arch}"
            if glibc in _OLD_NAMES:
                yield f"{_OLD_NAMES[glibc]}_{arch}"
        yield f"linux_{arch}"


def _glibc(system: OsFacts) -> int:
    match = re.match(r"2\.(\d+)", system.glibc or "")
    return int(match.group(1)) if match else _USUAL_GLIBC


def _arch(system: OsFacts) -> str:
    name = system.arch.lower()
    return {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}.get(name, name)


def _mac(arch: str) -> str:
    return {"aarch64": "arm64"}.get(arch, arch)


def _no_file(name: str) -> FoxupError:
    return FoxupError(
        "bundle-no-package-file",
        _(
            "{name} cannot go into a bundle: it is taken from an address that only the installing machine may use."
        ).format(name=name),
        hint=_("Install on a machine with a network connection instead."),
    )
