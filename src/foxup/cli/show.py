"""profile: what a guide prescribes, shown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from foxup import console
from foxup.cli import options as o
from foxup.i18n import _, pick


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help=_("Profiles: what a guide prescribes, as data.")
    )
    group.command("list", help=_("Name the profiles."))(listing)
    group.command("show", help=_("Show one profile."))(one)
    group.command("check", help=_("Check a profile file."))(check)
    group.command("pin", help=_("Write the fingerprint of a reference's published picture into the profile."))(pin)
    group.command("schema", help=_("Write the JSON Schema of profiles."))(schema)
    app.add_typer(group, name="profile")
    app.command("lock", help=_("For maintainers: resolve the packages of a profile again."))(lock)


def listing(as_json: o.Json = False, lang: o.Lang = None) -> None:
    """Name the profiles with their titles."""
    o.common("profile list", as_json=as_json)
    from foxup import profile as profiles

    titles = {name: pick(profiles.load(name).title.model_dump()) for name in profiles.names()}
    console.extend({"profiles": titles})
    for name, title in titles.items():
        console.result(f"{name:<10} {title}")


def one(name: str, as_json: o.Json = False, lang: o.Lang = None) -> None:
    """Show one profile: files, settings, references."""
    o.common("profile show", as_json=as_json)
    from foxup import profile as profiles

    chosen = profiles.load(name)
    console.extend(chosen.model_dump(mode="json", by_alias=True))
    console.result(pick(chosen.title.model_dump()))
    for file in chosen.files:
        console.result(f"  {file.id}: {pick(file.title.model_dump())} {console.glyph('arrow')} {file.destination}")
    for reference in chosen.references:
        console.result(f"  {reference.id}: {pick(reference.title.model_dump())}, {reference.width}x{reference.height}")


def check(path: Path, as_json: o.Json = False, lang: o.Lang = None) -> None:
    """Read a profile file and say whether it is right."""
    o.common("profile check", as_json=as_json)
    from foxup import profile as profiles

    chosen = profiles.load(str(path))
    console.extend({"profile": chosen.name})
    console.mark("ok", _("The profile {name} is right.").format(name=chosen.name), style="green")


def pin(
    reference: Annotated[str | None, typer.Argument(help=_("Reference by name (default: the first)."))] = None,
    directory: o.Directory = None,
    profile: o.ProfileName = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help=_("The published picture (default: the one verify has fetched)."))
    ] = None,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> None:
    """Make verdicts on a reference possible where its picture cannot be had."""
    o.common("profile pin", as_json=as_json)
    from foxup import pinning, workflow
    from foxup.cli.machine import windows

    layout = workflow.locate(directory, windows=windows())
    chosen = workflow.choose_profile(profile, layout)
    path = pinning.pin(chosen, chosen.reference(reference), layout, picture)
    console.extend({"profile": chosen.name, "reference": chosen.reference(reference).id, "path": str(path)})
    console.mark("ok", _("The fingerprint is in {path}.").format(path=path), style="green")


def schema(
    markdown: Annotated[bool, typer.Option("--markdown", help=_("Write the reference page instead."))] = False,
    lang: o.Lang = None,
) -> None:
    """Write the JSON Schema or the reference page, made from the models."""
    o.common("profile schema")
    from foxup.profile import document

    sys.stdout.write(document.markdown() if markdown else document.schema())


def lock(profile: o.ProfileName = None, as_json: o.Json = False, lang: o.Lang = None) -> None:
    """Resolve and write the lock files of a profile in a checkout."""
    o.common("lock", as_json=as_json)
    from foxup import locking, workflow
    from foxup import profile as profiles

    chosen = profiles.load(profile or workflow.DEFAULT_PROFILE)
    with console.status(_("Resolving packages")):
        paths = locking.make(chosen)
    console.extend({"locks": [str(path) for path in paths]})
    for path in paths:
        console.result(str(path))
