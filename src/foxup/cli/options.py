"""The flags that many commands share, each declared once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from foxup import console
from foxup.i18n import _
from foxup.paths import MIRRORS_VARIABLE


def _use_mirrors(name: str | None) -> str | None:
    """Make the flag what the variable is, for this run and what it starts."""
    if name:
        os.environ[MIRRORS_VARIABLE] = name
    return name


Directory = Annotated[
    Path | None,
    typer.Option("--dir", help=_("Folder of the web UI (default: here, or ./stable-diffusion-webui).")),
]
ProfileName = Annotated[str | None, typer.Option("--profile", help=_("Profile: nai, nai-cpu, smoke, or a TOML file."))]
Json = Annotated[bool, typer.Option("--json", help=_("Write one JSON document to standard output."))]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=_("Only data and errors."))]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help=_("Say more."))]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=_("Answer the confirmation with yes."))]
DryRun = Annotated[bool, typer.Option("--dry-run", help=_("Show what would be done, change nothing."))]
Offline = Annotated[bool, typer.Option("--offline", help=_("Use no network."))]
EventsFile = Annotated[
    Path | None, typer.Option("--events", help=_("Append progress to this file, one JSON object a line."))
]
Lang = Annotated[str | None, typer.Option("--lang", help=_("Language: en or ru."))]
FactsFile = Annotated[
    Path | None, typer.Option("--facts", help=_("Plan for the machine this facts file describes (- for stdin)."))
]
Mirrors = Annotated[
    str | None,
    typer.Option("--mirrors", help=_("Set of mirrors: china, russia, none."), callback=_use_mirrors),
]


def common(
    command: str,
    *,
    as_json: bool = False,
    quiet: bool = False,
    verbose: bool = False,
    yes: bool = False,
    events: Path | None = None,
) -> None:
    """Set up how this run speaks."""
    console.out.command = command
    console.out.json = as_json
    console.out.quiet = quiet
    console.out.verbose = verbose
    console.out.yes = yes
    console.out.events = events
