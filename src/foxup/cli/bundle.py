"""bundle: everything an install needs, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foxup import console
from foxup.cli import options as o
from foxup.i18n import _


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bundle", help=_("Pack all an install needs into one file, for a place offline."))(bundle)


def bundle(
    out: Annotated[Path, typer.Option("--out", help=_("File to make."))],
    profile: o.ProfileName = None,
    facts: o.FactsFile = None,
    with_python: Annotated[
        bool, typer.Option("--with-python", help=_("Also pack Python, for a machine that may have none."))
    ] = False,
    mirrors: o.Mirrors = None,
    as_json: o.Json = False,
    events: o.EventsFile = None,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    lang: o.Lang = None,
) -> None:
    """Plan an install into an empty folder, bring every source, pack."""
    o.common("bundle", as_json=as_json, quiet=quiet, verbose=verbose, events=events)
    from foxup import bundling, progress, workflow
    from foxup import profile as profiles
    from foxup.cli.machine import from_file, probed

    chosen = profiles.load(profile or workflow.DEFAULT_PROFILE)
    target = out.expanduser().absolute()
    read = from_file(facts) if facts else probed(target.parent)[0]
    plan = bundling.plan(chosen, read, target, elsewhere=facts is not None)
    bundling.refuse_if_blocked(plan)
    with progress.listener() as listener:
        manifest = bundling.make(plan, chosen, read, target, listener, with_python=with_python)
    size = target.stat().st_size
    console.extend({"path": str(target), "size": size, **manifest.to_document()})
    console.mark("ok", f"{target}: {console.size(size)}", style="green")
    if manifest.python is None:
        console.mark(
            "warn", _("Python {needs} is not inside: the machine must have it.").format(needs=manifest.python_needs)
        )
    if chosen.references and (chosen.references[0].picture or "").startswith("http") and not manifest.below("pictures"):
        console.mark("warn", _("The published picture could not be fetched, so it is not inside."))
    console.say(_("There: {command}").format(command=f"foxup install --bundle {target.name}"))
