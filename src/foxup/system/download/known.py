"""Files that are on this machine already: in another install, a shared folder, or the cache of Hugging Face's tools."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from foxup.system import files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from foxup.step import FileSpec
    from foxup.system.download.model import DownloadContext

_HUB = "models--*/blobs", "datasets--*/blobs"  # large files lie there under their SHA-256


def copies(spec: FileSpec, context: DownloadContext, destination: Path) -> Iterator[tuple[Path, str]]:
    """Yield files that have the content of `spec`, each hashed just now, with their SHA-256."""
    if not (spec.sha256 or spec.sha256_prefix):
        return
    seen = {destination.resolve()}
    for path in _candidates(spec, context):
        with suppress(OSError):
            place = path.resolve()
            if place in seen or not _may_be(spec, place):
                continue
            seen.add(place)
            sha256 = files.sha256_file(place)
            if fits(spec, sha256):
                yield place, sha256


def fits(spec: FileSpec, sha256: str) -> bool:
    """Say whether a hash is the pinned one, or begins with the digits that are known."""
    if spec.sha256:
        return sha256 == spec.sha256
    return not spec.sha256_prefix or sha256.startswith(spec.sha256_prefix)


def in_folder(spec: FileSpec, folder: Path) -> Path | None:
    """Return the file of a folder that a person offers: by content where the content is known, else by name."""
    if spec.sha256 or spec.sha256_prefix:
        for path in _alike(spec, folder):
            with suppress(OSError):
                if _may_be(spec, path) and fits(spec, files.sha256_file(path)):
                    return path
    named = folder / spec.name
    return named if named.is_file() else None


def hub_caches(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the cache folders of Hugging Face's tools: HF_HUB_CACHE, else HF_HOME/hub, else the default."""
    home = environ.get("HF_HOME") or str(Path(environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    cache = Path(environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()
    return (cache,) if cache.is_dir() else ()


def _candidates(spec: FileSpec, context: DownloadContext) -> Iterator[Path]:
    if spec.sha256:
        yield from context.known.get(spec.sha256, ())
        for cache in context.hub_caches:
            for pattern in _HUB:
                yield from cache.glob(f"{pattern}/{spec.sha256}")
    for folder in context.shared_folders:
        yield from _alike(spec, folder)


def _alike(spec: FileSpec, folder: Path) -> Iterator[Path]:
    """Yield files that may be it: of the same name, then of the same size; a size is rarely shared by chance."""
    found = [Path(root) / name for root, _folders, names in os.walk(folder) for name in names]
    yield from (path for path in found if path.name == spec.name)
    if spec.size is not None:
        yield from (path for path in found if path.name != spec.name and not path.name.endswith(".part"))


def _may_be(spec: FileSpec, path: Path) -> bool:
    status = path.stat()
    return path.is_file() and (spec.size is None or status.st_size == spec.size)
