"""Model files: checkpoint, VAE and what else the profile names."""

from __future__ import annotations

from pathlib import PurePosixPath

from foxup.context import Context
from foxup.i18n import _, pick
from foxup.installed import FileState
from foxup.profile import FileModel
from foxup.step import CopyFile, DownloadFile, FileSpec, SeedHashes, Source, Step

PACKAGED = "package:"
HASH_CACHE, HASH_CACHE_FILE = "cache", "cache.json"
"""Where the web UI keeps hashes, and the older file it takes them over from while that folder is not there."""


def steps(context: Context, wanted: frozenset[str] = frozenset()) -> list[Step]:
    """One step for each file of the profile that is installed by default or named in `wanted`, with its parts."""
    chosen = [file for file in context.profile.files if file.part_of is None and (file.default or file.id in wanted)]
    return [_step(context, file) for file in chosen]


def hashes(context: Context) -> list[Step]:
    """Tell a web UI that has never run the hashes of its checkpoints; once it keeps its own cache, that one counts.

    VAEs are left out: the web UI keeps one hash for all of them, which would show up beside another VAE.
    """
    folder = "models/Stable-diffusion/"
    names = [file.destination for file in context.profile.files if file.kind == "checkpoint" and file.default]
    names = [name.removeprefix(folder) for name in names if name.startswith(folder)]
    if context.profile.webui.kind != "git" or not names:
        return []
    root = context.layout.root
    pairs = tuple((f"checkpoint/{name}", root / PurePosixPath(folder + name)) for name in names)
    kept = {HASH_CACHE, HASH_CACHE_FILE} & set(context.installed.files)
    return [
        Step(
            id="models.hashes",
            title=_("Hashes of the checkpoints for the web UI's own cache"),
            why=_("Otherwise its first start reads gigabytes once more to show the same hash."),
            actions=() if kept else (SeedHashes(root / HASH_CACHE_FILE, pairs),),
        )
    ]


def spec(file: FileModel) -> FileSpec:
    """Return what the downloader needs to know of a profile's file."""
    suffix = PurePosixPath(file.destination).suffix
    kind = {".safetensors": "safetensors", ".ckpt": "pickle", ".pt": "pickle", ".pth": "pickle"}.get(suffix, "other")
    return FileSpec(
        id=file.id,
        name=PurePosixPath(file.destination).name,
        kind=kind,
        sources=tuple(Source(source.url, source.name) for source in file.sources),
        size=file.size,
        sha256=file.sha256,
        sha256_prefix=file.sha256_prefix,
    )


def matches(file: FileModel, state: FileState | None, pinned: str | None = None) -> bool:
    """Whether what lies there is the profile's file: by full hash, a hash pinned on first use, or the short one."""
    if state is None:
        return False
    if file.sha256 or pinned:
        return state.sha256 == (file.sha256 or pinned)
    return bool(file.sha256_prefix and state.sha256.startswith(file.sha256_prefix))


def _step(context: Context, file: FileModel) -> Step:
    everything = [file, *(part for part in context.profile.files if part.part_of == file.id)]
    wrong = [item for item in everything if not _good(context, item)]
    fetched = [item for item in wrong if not item.sources[0].url.startswith(PACKAGED)]
    return Step(
        id=f"models.{file.id}",
        title=pick(file.title.model_dump()),
        why=_("It goes to {destination}; size and hash are checked before it gets its name.").format(
            destination=file.destination
        ),
        actions=tuple(_action(context, item) for item in wrong),
        download_bytes=sum(item.size or 0 for item in fetched),
        disk_bytes=sum(item.size or 0 for item in wrong),
        sources=tuple("foxup" if source.url.startswith(PACKAGED) else source.url for source in file.sources),
        sha256=file.sha256,
    )


def _good(context: Context, file: FileModel) -> bool:
    receipt = context.installed.receipt
    pinned = receipt.files.get(file.destination) if receipt else None
    return matches(file, context.installed.files.get(file.destination), pinned)


def _action(context: Context, file: FileModel) -> CopyFile | DownloadFile:
    destination = context.layout.root / PurePosixPath(file.destination)
    first = file.sources[0].url
    if first.startswith(PACKAGED) and file.sha256:
        return CopyFile(context.profile.folder / first.removeprefix(PACKAGED), destination, file.sha256)
    return DownloadFile(spec(file), destination)
