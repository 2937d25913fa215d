"""The locked package set of the environment, torch first among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from hashlib import sha256
from pathlib import Path

from foxup.context import Context
from foxup.errors import FoxupError
from foxup.facts import OsFacts
from foxup.i18n import _, pick
from foxup.installed import PackageSources
from foxup.profile import PackagesModel, Profile, TorchChoice
from foxup.step import Indexes, InstallPackages, Step

DEFAULT_INDEX = "https://pypi.org/simple"
PYTORCH_INDEX = "https://download.pytorch.org/whl"


def choose_torch(
    packages: PackagesModel, system: OsFacts, sources: PackageSources, build: str | None = None
) -> TorchChoice:
    """Return the first way to get torch whose condition holds. `build` names the set the hardware rules chose.

    Raises FoxupError (`torch-not-offered`) when the profile has no way to get it.
    """
    for choice in packages.torch:
        if _holds(choice, system, sources, build):
            return choice
    raise FoxupError("torch-not-offered", _("This profile has no packages for {build}.").format(build=build))


def _holds(choice: TorchChoice, system: OsFacts, sources: PackageSources, build: str | None) -> bool:
    family = system.family
    return (not choice.arch or system.arch.lower() in choice.arch) and {
        "windows": family == "windows",
        "macos": family == "macos",
        "find-links": any(fnmatch(name, choice.wheel or "") for name in sources.wheels),
        "cpu-index": bool(sources.cpu_index),
        "set": build is not None and choice.set == build,
        "always": True,
    }[choice.when]


def digest(locks: Mapping[str, bytes], choice: TorchChoice, python: str) -> str:
    """Name a package set: the lock files' content, the torch choice and the Python it is for."""
    total = sha256()
    for name in sorted(locks):
        total.update(name.encode() + b"\0" + locks[name] + b"\0")
    total.update(f"{choice.lock}\0{python}".encode())
    return total.hexdigest()


def steps(context: Context, choice: TorchChoice, set_digest: str, *, fresh: bool) -> list[Step]:
    """Install the set, unless the environment already holds exactly it. In an adopted one only what differs changes."""
    packages = context.profile.packages
    folder: Path = context.profile.folder
    sources = context.installed.package_sources
    indexes = _indexes(choice, sources)
    state = context.installed.environment
    needed = fresh or state.digest != set_digest
    locks = [(folder / name).read_text(encoding="utf-8") for name in lock_names(packages, choice)]
    changes = differing(locks, state.packages, context) if needed and not fresh else ()
    action = InstallPackages(
        environment=context.layout.environment,
        locks=tuple(folder / name for name in lock_names(packages, choice)),
        digest=set_digest,
        indexes=indexes,
        find_links=sources.find_links if sources.closed or choice.when == "find-links" else (),
        build_constraints=folder / packages.build_constraints if packages.build_constraints else None,
    )
    return [
        Step(
            id="packages.install",
            title=pick(choice.title.model_dump())
            if needed and (fresh or changes) and not sources.closed
            else _("torch {version} and the locked packages").format(version=packages.torch_version),
            why=pick(choice.why.model_dump())
            if choice.why
            else _("Every package is pinned with its hash, so that what was proven once is what is installed here."),
            actions=(action,) if needed else (),
            download_bytes=choice.download_bytes + packages.download_bytes if fresh and not sources.closed else 0,
            disk_bytes=packages.disk_bytes if fresh else 0,
            details=(*changes, *_trusted(choice, indexes)),
            sources=tuple(dict.fromkeys((*_addresses(indexes), *action.find_links))),
        )
    ]


def differing(locks: Iterable[str], present: Mapping[str, str], context: Context) -> tuple[str, ...]:
    """Return a line for each locked package of this system that an environment made by hand lacks or has otherwise."""
    lines = []
    for name, wanted in _pins(locks, context):
        have = present.get(name)
        if have != wanted and (have or "").partition("+")[0] != wanted:
            lines.append(f"{name} {have} -> {wanted}" if have else f"{name} {wanted}")
    return tuple(lines)


def _pins(locks: Iterable[str], context: Context) -> Iterator[tuple[str, str]]:
    """Yield name and version of what the locks want on this system."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    for line in (line for lock in locks for line in lock.splitlines() if line[:1].isalnum()):
        requirement = Requirement(line.rstrip(" \\"))
        pinned = next(iter(requirement.specifier), None)
        if pinned and (requirement.marker is None or requirement.marker.evaluate(_marker_values(context))):
            yield canonicalize_name(requirement.name), pinned.version


def _marker_values(context: Context) -> dict[str, str]:
    system = context.facts.os
    names = {"windows": ("win32", "Windows", "nt"), "macos": ("darwin", "Darwin", "posix")}
    platform, title, kind = names.get(system.family, ("linux", "Linux", "posix"))
    version = context.installed.environment.python or f"{context.profile.python.provision}.99"
    return {
        "sys_platform": platform,
        "platform_system": title,
        "os_name": kind,
        "platform_machine": system.arch,
        "python_version": ".".join(version.split(".")[:2]),
        "python_full_version": version,
        "implementation_name": "cpython",
    }


def lock_names(packages: PackagesModel, choice: TorchChoice) -> tuple[str, ...]:
    """Return the lock files of a choice in their order, torch first."""
    return (choice.lock, *choice.beside, packages.lock)


def locked_torch(profile: Profile, wanted: str | None) -> str | None:
    """Return the version of torch in the package set whose digest is `wanted`; None when it is none of the profile."""
    table, folder = profile.packages, profile.folder
    for choice in table.torch if wanted else ():
        content = {name: (folder / name).read_bytes() for name in lock_names(table, choice)}
        if digest(content, choice, profile.python.requires) != wanted:
            continue
        pins = re.findall(rb"^torch==([^\s;]+)", b"\n".join(content.values()), re.MULTILINE)
        return pins[0].decode() if len(set(pins)) == 1 else None
    return None


def _indexes(choice: TorchChoice, sources: PackageSources) -> tuple[Indexes, ...]:
    """Return the indexes to ask in turn: the mirrors that the person configured, then those they stand for."""
    if sources.closed:
        return ()
    original = Indexes(choice.index, sources.index_url)
    own = choice.index
    if own and sources.pytorch_index and own.startswith(PYTORCH_INDEX):
        own = sources.pytorch_index.rstrip("/") + own.removeprefix(PYTORCH_INDEX)
    return tuple(dict.fromkeys((Indexes(own, sources.mirror_index or sources.index_url), original)))


def _addresses(indexes: Sequence[Indexes]) -> Iterator[str]:
    yield from (index.own for index in indexes if index.own)
    yield from (index.default or DEFAULT_INDEX for index in indexes)


def _trusted(choice: TorchChoice, indexes: Sequence[Indexes]) -> Iterator[str]:
    """Say from whom comes what no hash is known for, when that is a mirror."""
    first = indexes[0] if indexes else Indexes()
    if first.own and first.own != choice.index:
        yield _(
            "torch comes from the mirror {url} by exact version; no hash of it is known, so this mirror is trusted "
            "with it. Every other package must have its pinned hash."
        ).format(url=first.own)
