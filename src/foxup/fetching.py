"""Bringing extras: model files by the download engine with this person's mirrors, tokens and folders; extensions."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from foxup import configuration, launch
from foxup.apply import Listener, held
from foxup.components import extensions, models
from foxup.context import Context
from foxup.errors import FoxupError, UsageError
from foxup.facts import Facts
from foxup.i18n import _
from foxup.installed import Installed, Offer
from foxup.paths import Layout
from foxup.profile import ExtensionModel, FileModel, Profile
from foxup.receipt import Receipt, from_document
from foxup.step import DownloadFile
from foxup.system import commands, download, files
from foxup.system.download import DownloadContext, DownloadEvent


def context(
    layout: Layout, profile: Profile, *, offline: bool = False, folders: tuple[Path, ...] = ()
) -> DownloadContext:
    """Return what the download engine needs to know for this install. Raises UsageError (`config-invalid`)."""
    mine = configuration.load()
    made = download.make_context(
        layout.downloads, os.environ, mirrors=mine.mirrors.files, package_folder=profile.folder
    )
    return replace(made, offline=offline, shared_folders=(*folders, *mine.models_folders))


def fetch(
    action: DownloadFile,
    layout: Layout,
    profile: Profile,
    listener: Listener,
    *,
    offline: bool = False,
    offer: Offer | None = None,
) -> str:
    """Bring one file of a plan, from a bundle's `offer` where that has it; return its SHA-256. Raises FoxupError."""

    def tell(event: DownloadEvent) -> None:
        listener.advance(event.done, event.total, f"{event.state} {event.source}")

    spec, made = action.spec, context(layout, profile, offline=offline)
    name = action.destination.relative_to(layout.root).as_posix()
    ready = offer.files.get(name) if offer else None
    if offer and ready and ready.sha256.startswith(spec.sha256 or spec.sha256_prefix or ""):
        spec = replace(spec, size=ready.size, sha256=ready.sha256)
        made = replace(made, known={ready.sha256: (offer.file_folder / PurePosixPath(name),)})
    return download.fetch(spec, action.destination, context=made, progress=tell).sha256


@dataclass(frozen=True, slots=True)
class Brought:
    """How bringing one extension ended: `error` says why it is not there, `fresh` whether something changed."""

    extension: ExtensionModel
    error: FoxupError | None = None
    fresh: bool = False


def named(profile: Profile, names: Sequence[str]) -> tuple[list[FileModel], list[ExtensionModel]]:
    """Return files and extensions by their ids or names on the disk. Raises UsageError (`file-unknown`)."""
    known: dict[str, FileModel | ExtensionModel] = {}
    for item in profile.fetchable:
        known |= {item.id: item, PurePosixPath(item.destination).name: item}
    for name in names:
        if name not in known:
            raise UsageError(
                "file-unknown",
                _("Profile {profile} has no file or extension {name}.").format(profile=profile.name, name=name),
                cause=", ".join(item.id for item in profile.fetchable),
                hint="foxup fetch --list",
            )
    found = [known[name] for name in dict.fromkeys(names)]
    return (
        [item for item in found if isinstance(item, FileModel)],
        [item for item in found if isinstance(item, ExtensionModel)],
    )


def fetch_files(
    layout: Layout,
    profile: Profile,
    chosen: Sequence[FileModel],
    *,
    progress: Callable[[DownloadEvent], None],
    offline: bool = False,
    folders: tuple[Path, ...] = (),
    dangerous: bool = False,
) -> list[download.Outcome]:
    """Bring files, several at a time; what came is remembered in the receipt. Raises FoxupError."""
    wanted = [download.Wanted(models.spec(file), layout.root / PurePosixPath(file.destination)) for file in chosen]
    with held(layout):
        made = replace(context(layout, profile, offline=offline, folders=folders), allow_dangerous_pickles=dangerous)
        outcomes = download.fetch_all(wanted, context=made, progress=progress)
        _remember(layout, outcomes)
    return outcomes


def fetch_extensions(
    layout: Layout,
    profile: Profile,
    chosen: Sequence[ExtensionModel],
    *,
    tell: Callable[[str], None],
    offline: bool = False,
) -> list[Brought]:
    """Bring extensions to their pinned commits; from then on every plan watches them. Raises FoxupError."""
    if not (layout.root / "launch.py").is_file():
        raise launch.not_installed(layout)
    context = Context(profile, Facts(), Installed(git_mirrors=configuration.load().mirrors.git), layout)
    with held(layout), commands.log_to(layout.logs / "install.log") as log:
        results = [_bring(context, extension, tell, log, offline=offline) for extension in chosen]
        here = tuple(result.extension.id for result in results if result.error is None)
        _update(layout, lambda receipt: replace(receipt, extensions=tuple(dict.fromkeys((*receipt.extensions, *here)))))
    return results


def forget(layout: Layout, chosen: Sequence[ExtensionModel]) -> None:
    """Let plans look at extensions no longer; their folders stay."""
    gone = {extension.id for extension in chosen}
    with held(layout):
        _update(
            layout,
            lambda receipt: replace(receipt, extensions=tuple(name for name in receipt.extensions if name not in gone)),
        )


def _bring(
    context: Context, extension: ExtensionModel, tell: Callable[[str], None], log: commands.Log, *, offline: bool
) -> Brought:
    from foxup.system import git

    action, state = context.cloning(extension), context.layout.state
    if extensions.good(extension, git.state(action.destination)):
        return Brought(extension)
    scratch = context.layout.scratch / f"clone-{action.destination.name}"
    keep = state / "kept" / action.destination.name
    try:
        git.bring(action, scratch, keep=keep, log=log, line=tell, offline=offline)
    except FoxupError as error:
        return Brought(extension, error)
    return Brought(extension, fresh=True)


def _remember(layout: Layout, outcomes: list[download.Outcome]) -> None:
    came = {
        outcome.wanted.destination.relative_to(layout.root).as_posix(): outcome.fetched.sha256
        for outcome in outcomes
        if outcome.fetched
    }
    _update(layout, lambda receipt: replace(receipt, files={**receipt.files, **came}))


def _update(layout: Layout, change: Callable[[Receipt], Receipt]) -> None:
    """Change the receipt; an install without one has nothing to remember it in."""
    receipt = from_document(files.read_json(layout.receipt))
    if receipt is not None:
        files.write_json(layout.receipt, change(receipt).to_document(), scratch=layout.scratch)
