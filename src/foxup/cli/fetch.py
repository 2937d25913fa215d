"""fetch: model files by name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foxup import console
from foxup.cli import options as o
from foxup.i18n import _, pick


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("fetch", help=_("Bring model files of the profile by name."))(fetch)


def fetch(
    names: Annotated[list[str] | None, typer.Argument(help=_("Names of files (see --list)."))] = None,
    directory: o.Directory = None,
    profile: o.ProfileName = None,
    listing: Annotated[bool, typer.Option("--list", help=_("Name the files and leave."))] = False,
    folder: Annotated[
        Path | None, typer.Option("--from", help=_("Take files with the right hash from this folder."))
    ] = None,
    dangerous: Annotated[
        bool, typer.Option("--allow-dangerous-pickle", help=_("Accept a pickle the scanner refuses. Risky."))
    ] = False,
    as_json: o.Json = False,
    offline: o.Offline = False,
    events: o.EventsFile = None,
    quiet: o.Quiet = False,
    lang: o.Lang = None,
) -> None:
    """Bring files; exit 1 when one could not be had."""
    o.common("fetch", as_json=as_json, quiet=quiet, events=events)
    from foxup import fetching, transfers, workflow
    from foxup.cli.machine import windows

    layout = workflow.locate(directory, windows=windows())
    chosen = workflow.choose_profile(profile, layout)
    if listing or not names:
        console.extend({"files": [file.model_dump(mode="json") for file in chosen.files]})
        for file in chosen.files:
            console.result(f"{file.id:<16} {pick(file.title.model_dump())} {console.glyph('arrow')} {file.destination}")
        return
    with transfers.display() as progress:
        outcomes = fetching.fetch_named(
            layout,
            chosen,
            names,
            progress=progress,
            offline=offline,
            folders=(folder,) if folder else (),
            dangerous=dangerous,
        )
    failed = transfers.conclude(outcomes)
    if failed:
        raise typer.Exit(1)
