"""settings show|diff|apply|undo: the web UI's config.json against the profile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from foxup import console
from foxup.cli import options as o
from foxup.i18n import _

if TYPE_CHECKING:
    from foxup.paths import Layout
    from foxup.profile import Profile


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=_("The web UI's settings."))
    group.command("show", help=_("Show the settings the profile prescribes and what is set."))(show)
    group.command("diff", help=_("Show only what differs; exit 1 when something does."))(diff)
    group.command("apply", help=_("Set what the profile prescribes; keep everything else."))(apply)
    group.command("undo", help=_("Bring back the settings from before foxup."))(undo)
    app.add_typer(group, name="settings")


def show(
    directory: o.Directory = None, profile: o.ProfileName = None, as_json: o.Json = False, lang: o.Lang = None
) -> None:
    """Every prescribed setting beside the present one."""
    o.common("settings show", as_json=as_json)
    layout, chosen = _install(directory, profile)
    current = _current(layout)
    console.extend(
        {"prescribed": _plain(chosen.settings), "present": {key: current.get(key) for key in chosen.settings}}
    )
    for key, value in chosen.settings.items():
        console.result(f"{key} = {_shown(current.get(key))}  ({_('prescribed')}: {_shown(value)})")


def diff(
    directory: o.Directory = None, profile: o.ProfileName = None, as_json: o.Json = False, lang: o.Lang = None
) -> None:
    """Only the settings that are not as prescribed."""
    o.common("settings diff", as_json=as_json)
    from foxup.components import settings

    layout, chosen = _install(directory, profile)
    changes = settings.differing(_current(layout), chosen.settings)
    console.extend({"differing": {key: {"present": have, "prescribed": want} for key, (have, want) in changes.items()}})
    for key, (have, want) in changes.items():
        console.result(f"{key}: {_shown(have)} {console.glyph('arrow')} {_shown(want)}")
    if changes:
        raise typer.Exit(1)
    console.mark("ok", _("All settings are as prescribed."), style="green")


def apply(
    directory: o.Directory = None,
    profile: o.ProfileName = None,
    yes: o.Yes = False,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> None:
    """Write what the profile prescribes: through the web UI when it runs, else into the file."""
    o.common("settings apply", as_json=as_json, yes=yes)
    from foxup import settings_store

    layout, chosen = _install(directory, profile)
    _current(layout)
    changed = settings_store.apply(layout, chosen)
    console.extend({"changed": sorted(changed)})
    if changed:
        console.mark("ok", _("Set: {keys}").format(keys=", ".join(sorted(changed))), style="green")
    else:
        console.mark("ok", _("All settings are as prescribed."), style="green")


def undo(directory: o.Directory = None, yes: o.Yes = False, as_json: o.Json = False, lang: o.Lang = None) -> None:
    """Take back what the profile prescribed; what was set since then stays."""
    o.common("settings undo", as_json=as_json, yes=yes)
    from foxup import settings_store

    layout, chosen = _install(directory, None)
    back = settings_store.undo(layout, chosen)
    console.extend({"changed": sorted(back)})
    if back:
        console.mark("ok", _("As before foxup: {keys}").format(keys=", ".join(sorted(back))), style="green")
    else:
        console.mark("ok", _("None of the profile's settings is set any more."), style="green")


def _install(directory: Any, profile: str | None) -> tuple[Layout, Profile]:
    from foxup import launch, workflow
    from foxup.cli.machine import windows

    layout = workflow.locate(directory, windows=windows())
    if not (layout.root / "launch.py").is_file():
        raise launch.not_installed(layout)
    return layout, workflow.choose_profile(profile, layout)


def _current(layout: Layout) -> dict[str, Any]:
    """Return the settings that can be read; say what is wrong with the file."""
    from foxup.components import settings
    from foxup.system import files

    content = files.read_bytes(layout.config)
    problem = settings.file_problem(content)
    if problem:
        console.show((problem,))
        console.out.findings.append(problem)
    return settings.salvage(content)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
