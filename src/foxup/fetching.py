"""Bringing model files: the download engine with this person's mirrors, tokens and folders."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from foxup import configuration
from foxup.apply import Listener, held
from foxup.components import models
from foxup.errors import UsageError
from foxup.i18n import _
from foxup.paths import Layout
from foxup.profile import FileModel, Profile
from foxup.receipt import Receipt, from_document
from foxup.step import DownloadFile
from foxup.system import download, files
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


def fetch(action: DownloadFile, layout: Layout, profile: Profile, listener: Listener, *, offline: bool = False) -> str:
    """Bring one file of a plan and return its SHA-256. Raises FoxupError."""

    def tell(event: DownloadEvent) -> None:
        listener.advance(event.done, event.total, f"{event.state} {event.source}")

    fetched = download.fetch(
        action.spec, action.destination, context=context(layout, profile, offline=offline), progress=tell
    )
    return fetched.sha256


def file_of(profile: Profile, name: str) -> FileModel:
    """Return a file of the profile by its id. Raises UsageError (`file-unknown`)."""
    for file in profile.files:
        if name in (file.id, PurePosixPath(file.destination).name):
            return file
    raise UsageError(
        "file-unknown",
        _("Profile {profile} has no file {name}.").format(profile=profile.name, name=name),
        cause=", ".join(file.id for file in profile.files),
        hint="foxup fetch --list",
    )


def fetch_named(
    layout: Layout,
    profile: Profile,
    names: list[str],
    *,
    progress: Callable[[DownloadEvent], None],
    offline: bool = False,
    folders: tuple[Path, ...] = (),
    dangerous: bool = False,
) -> list[download.Outcome]:
    """Bring files by name, several at a time; what came is remembered in the receipt. Raises FoxupError."""
    chosen = [file_of(profile, name) for name in names]
    wanted = [download.Wanted(models.spec(file), layout.root / PurePosixPath(file.destination)) for file in chosen]
    with held(layout):
        made = replace(context(layout, profile, offline=offline, folders=folders), allow_dangerous_pickles=dangerous)
        outcomes = download.fetch_all(wanted, context=made, progress=progress)
        _remember(layout, outcomes)
    return outcomes


def _remember(layout: Layout, outcomes: list[download.Outcome]) -> None:
    receipt: Receipt | None = from_document(files.read_json(layout.receipt))
    if receipt is None:
        return
    came = {
        outcome.wanted.destination.relative_to(layout.root).as_posix(): outcome.fetched.sha256
        for outcome in outcomes
        if outcome.fetched
    }
    updated = replace(receipt, files={**receipt.files, **came})
    files.write_json(layout.receipt, updated.to_document(), scratch=layout.scratch)
