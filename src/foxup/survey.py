"""Look at an install folder: what is there now, as facts. Reads much, writes nothing but its own hash cache."""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from foxup import configuration, receipt
from foxup.components.models import HASH_CACHE, HASH_CACHE_FILE
from foxup.components.packages import PYTORCH_INDEX
from foxup.components.webui import FOLDERS
from foxup.errors import FoxupError
from foxup.installed import EmbeddedFile, EnvironmentState, FileState, Installed, PackageSources, RepositoryState
from foxup.paths import STATE_FOLDER, Layout
from foxup.profile import Profile
from foxup.system import commands, files, network, pip_config, uv
from foxup.system.journal import Journal

CPU_INDEX = "/cpu/torch/"
_CPU_INDEX_WAIT_S = 3.0


def look(layout: Layout, profile: Profile, *, extra: Iterable[str] = (), full_hash: bool = False) -> Installed:
    """Return the present state of the install at `layout` as far as `profile` is concerned.

    `extra` names further files to hash; `full_hash` reads every file instead of trusting sizes and times.
    """
    shipped = embedded(profile)
    wanted = {item.destination for item in shipped} | {file.destination for file in profile.files} | set(extra)
    wanted |= {layout.launch_script.name, layout.config.name, HASH_CACHE_FILE}
    journal = Journal(layout.journal)
    return Installed(
        exists=layout.root.is_dir(),
        foreign=_foreign(layout),
        embedded=shipped,
        files={**_files(layout, wanted, full_hash=full_hash), **_folders(layout)},
        repositories=_repository_states(layout, profile),
        git_mirrors=configuration.load().mirrors.git,
        environment=environment(layout, begun=journal.begun("environment.create")),
        launch_script=files.read_bytes(layout.launch_script),
        config=files.read_bytes(layout.config),
        receipt=receipt.from_document(files.read_json(layout.receipt)),
    )


def elsewhere(profile: Profile) -> Installed:
    """Return what counts for a machine that is not this one: nothing is there, every index answers."""
    mine = configuration.load(elsewhere=True).mirrors
    sources = PackageSources(
        cpu_index=True,
        mirror_index=mine.package_index,
        pytorch_index=mine.pytorch_index,
        python_builds=mine.python_builds,
    )
    return Installed(embedded=embedded(profile), git_mirrors=mine.git, package_sources=sources)


def package_sources(profile: Profile, *, offline: bool = False) -> PackageSources:
    """Ask where packages can come from here; PyTorch's own index only when nothing nearer holds the build."""
    from fnmatch import fnmatch

    settings = pip_config.read()
    places = tuple(settings.get("find-links", "").split())
    wheels = pip_config.wheel_names(places)
    choices = profile.packages.torch
    near = any(fnmatch(name, choice.wheel or "") for choice in choices for name in wheels)
    asks = any(choice.when == "cpu-index" for choice in choices) and not near and not offline
    mine = configuration.load().mirrors
    pytorch = dict.fromkeys(url.rstrip("/") for url in (mine.pytorch_index, PYTORCH_INDEX) if url)
    reachable = any(network.answers(url + CPU_INDEX, _CPU_INDEX_WAIT_S) for url in pytorch) if asks else None
    return PackageSources(
        index_url=settings.get("index-url"),
        find_links=places,
        wheels=wheels,
        cpu_index=reachable,
        mirror_index=mine.package_index,
        pytorch_index=mine.pytorch_index,
        python_builds=mine.python_builds,
    )


def environment(layout: Layout, *, begun: bool) -> EnvironmentState:
    """Return the state of the environment; its interpreter is really started."""
    if not layout.environment.exists():
        return EnvironmentState(begun=begun)
    marker = uv.read_marker(layout.environment) or {}
    script = "import platform; print(platform.python_version())"
    try:
        result = commands.run([layout.environment_python, "-I", "-c", script], timeout=30)
        version = result.stdout.strip() if result.ok else None
    except FoxupError:
        version = None
    foreign = bool(version) and not marker and not begun
    packages = uv.packages(layout.environment_python) if foreign else {}
    return EnvironmentState(True, version or None, marker.get("digest"), begun, packages)


def embedded(profile: Profile) -> tuple[EmbeddedFile, ...]:
    """List the files of the web UI that ships with foxup, by its own manifest; the package is never imported."""
    if profile.webui.kind != "embedded":
        return ()
    found = importlib.util.find_spec("minui")
    if found is None or not found.submodule_search_locations:
        return ()
    folder = Path(next(iter(found.submodule_search_locations)))
    manifest = tomllib.loads((folder / "MANIFEST.toml").read_text(encoding="utf-8"))
    return tuple(_embedded_file(folder, entry) for entry in manifest["file"])


def _embedded_file(folder: Path, entry: dict[str, Any]) -> EmbeddedFile:
    source = folder / PurePosixPath(entry["source"])
    return EmbeddedFile(
        source=source,
        destination=entry["destination"],
        sha256=files.sha256_file(source),
        size=source.stat().st_size,
        executable=entry.get("executable", False),
        user=entry.get("user", False),
    )


def _foreign(layout: Layout) -> tuple[str, ...]:
    """Return what lies in a folder that is neither empty nor a web UI nor one foxup has begun."""
    if not layout.root.is_dir() or layout.state.is_dir() or (layout.root / "launch.py").is_file():
        return ()
    return tuple(sorted(path.name for path in layout.root.iterdir() if path.name != STATE_FOLDER))


def _files(layout: Layout, wanted: Iterable[str], *, full_hash: bool) -> dict[str, FileState]:
    cache = files.HashCache(layout.state / "hashes.json")
    found = {}
    for name in sorted(wanted):
        path = layout.root / PurePosixPath(name)
        if path.is_file():
            digest = files.sha256_file(path) if full_hash else cache.sha256(path)
            found[name] = FileState(path.stat().st_size, digest)
    cache.save()
    return found


def _folders(layout: Layout) -> dict[str, FileState]:
    present = (name for name in (*FOLDERS, HASH_CACHE) if (layout.root / PurePosixPath(name)).is_dir())
    return {name: FileState(0, "folder") for name in present}


def _repository_states(layout: Layout, profile: Profile) -> dict[str, RepositoryState]:
    wanted = (*profile.webui.repositories, *profile.extensions)
    if not wanted:
        return {}
    from foxup.system import git

    return {item.destination: git.state(layout.root / item.destination) for item in wanted}
