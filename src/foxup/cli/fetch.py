"""fetch: model files and extensions by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foxup import console
from foxup.cli import options as o
from foxup.i18n import _, pick

if TYPE_CHECKING:
    from foxup.fetching import Brought
    from foxup.paths import Layout
    from foxup.profile import ExtensionModel, FileModel, Profile


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("fetch", help=_("Bring model files and extensions of the profile by name."))(fetch)


def fetch(
    names: Annotated[list[str] | None, typer.Argument(help=_("Names of files or extensions (see --list)."))] = None,
    directory: o.Directory = None,
    profile: o.ProfileName = None,
    listing: Annotated[bool, typer.Option("--list", help=_("Name files and extensions and leave."))] = False,
    folder: Annotated[
        Path | None, typer.Option("--from", help=_("Take files with the right hash from this folder."))
    ] = None,
    dangerous: Annotated[
        bool, typer.Option("--allow-dangerous-pickle", help=_("Accept a pickle the scanner refuses. Risky."))
    ] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help=_("Look after these extensions no longer; their folders stay."))
    ] = False,
    as_json: o.Json = False,
    mirrors: o.Mirrors = None,
    offline: o.Offline = False,
    events: o.EventsFile = None,
    quiet: o.Quiet = False,
    lang: o.Lang = None,
) -> None:
    """Bring files and extensions; exit 1 when one could not be had."""
    o.common("fetch", as_json=as_json, quiet=quiet, events=events)
    from foxup import fetching, workflow
    from foxup.cli.machine import windows

    layout = workflow.locate(directory, windows=windows())
    chosen = workflow.choose_profile(profile, layout)
    if listing or not names:
        _list(chosen)
        return
    if forget:
        _forget(layout, fetching.named(chosen, names)[1])
        return
    if bring(layout, chosen, names, folder, offline=offline, dangerous=dangerous):
        raise typer.Exit(1)


def bring(
    layout: Layout,
    profile: Profile,
    names: list[str],
    folder: Path | None = None,
    *,
    offline: bool = False,
    dangerous: bool = False,
) -> bool:
    """Bring files and extensions by name and show how each ended; return whether one could not be had."""
    from foxup import fetching

    files, extensions = fetching.named(profile, names)
    failed = [
        bool(files) and _files(layout, profile, files, folder, offline=offline, dangerous=dangerous),
        bool(extensions) and _extensions(layout, profile, extensions, offline=offline),
    ]
    return any(failed)


def _list(profile: Profile) -> None:
    console.extend(
        {
            "files": [file.model_dump(mode="json") for file in profile.files],
            "extensions": [extension.model_dump(mode="json") for extension in profile.extensions],
        }
    )
    for item in profile.fetchable:
        console.result(f"{item.id:<16} {pick(item.title.model_dump())} {console.glyph('arrow')} {item.destination}")


def _forget(layout: Layout, extensions: list[ExtensionModel]) -> None:
    from foxup import fetching
    from foxup.errors import UsageError

    if not extensions:
        raise UsageError("nothing-to-forget", _("Only extensions can be forgotten."), hint="foxup fetch --list")
    fetching.forget(layout, extensions)
    names = ", ".join(extension.id for extension in extensions)
    console.mark("ok", _("No longer looked after: {names}").format(names=names), style="green")


def _files(
    layout: Layout, profile: Profile, files: list[FileModel], folder: Path | None, *, offline: bool, dangerous: bool
) -> bool:
    """Bring files; return whether one could not be had."""
    from foxup import fetching, transfers

    folders = (folder,) if folder else ()
    with transfers.display() as progress:
        outcomes = fetching.fetch_files(
            layout, profile, files, progress=progress, offline=offline, folders=folders, dangerous=dangerous
        )
    return transfers.conclude(outcomes)


def _extensions(layout: Layout, profile: Profile, extensions: list[ExtensionModel], *, offline: bool) -> bool:
    """Bring extensions; return whether one could not be had."""
    from foxup import fetching, launch, signatures

    results = fetching.fetch_extensions(layout, profile, extensions, tell=console.detail, offline=offline)
    console.extend({"extensions": [_row(result, layout) for result in results]})
    for result in results:
        name, commit = result.extension.name, result.extension.commit[:10]
        if result.error is not None:
            console.error(result.error)
        else:
            console.mark("ok", _("{name} at commit {commit}").format(name=name, commit=commit), style="green")
    if any(result.fresh for result in results) and launch.running_server(layout):
        restart = signatures.finding("restart-needed-after-extension")
        console.extend({}, (restart,))
        console.show((restart,))
    return any(result.error for result in results)


def _row(result: Brought, layout: Layout) -> dict[str, object]:
    extension = result.extension
    row: dict[str, object] = {"id": extension.id, "path": str(layout.root / extension.destination)}
    row |= {"ok": result.error is None, "commit": extension.commit, "fresh": result.fresh}
    return row if result.error is None else {**row, "error": result.error.code}
