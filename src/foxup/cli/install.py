"""probe, plan, install, repair: from the machine to a proven web UI."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foxup import console
from foxup.cli import options as o
from foxup.i18n import _, ngettext

if TYPE_CHECKING:
    from foxup.bundling import Bundle
    from foxup.facts import Facts
    from foxup.plan import Plan
    from foxup.workflow import Prepared


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("probe", help=_("Look at this machine and say what was found."))(probe)
    app.command("plan", help=_("Show every step an install would take, and why. Changes nothing."))(plan)
    app.command("install", help=_("Install the web UI and prove it with the reference picture."))(install)
    app.command("update", help=_("Bring an install to what this foxup's profile prescribes now."))(update)
    app.command("repair", help=_("Put right what is missing or damaged in an install."))(repair)


def probe(
    directory: o.Directory = None,
    as_json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    lang: o.Lang = None,
) -> None:
    """Probe the machine; facts to stdout."""
    o.common("probe", as_json=as_json, quiet=quiet, verbose=verbose)
    from foxup import present
    from foxup.cli.machine import probed

    facts, problems = probed(directory)
    console.extend(facts.to_document())
    console.out.data["problems"] = [problem.to_document() for problem in problems]
    console.result(present.facts(facts))
    for problem in problems:
        console.mark("warn", problem.message, style="yellow")


def plan(
    directory: o.Directory = None,
    profile: o.ProfileName = None,
    facts: o.FactsFile = None,
    as_json: o.Json = False,
    mirrors: o.Mirrors = None,
    offline: o.Offline = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    lang: o.Lang = None,
) -> None:
    """Plan and show; exit 1 when something stands in the way."""
    o.common("plan", as_json=as_json, quiet=quiet, verbose=verbose)
    prepared = _prepare(directory, profile, facts, offline=offline)
    _show(prepared, place=prepared.facts.target if facts and not directory else None)
    if not prepared.plan.proceed:
        from foxup import workflow

        if not as_json:
            workflow.refuse_if_blocked(prepared)
        raise typer.Exit(1)


def install(
    directory: o.Directory = None,
    profile: o.ProfileName = None,
    yes: o.Yes = False,
    dry_run: o.DryRun = False,
    no_verify: bool = typer.Option(False, "--no-verify", help=_("Leave out the proof by the reference picture.")),
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help=_("Take everything from this bundle; use no network."))
    ] = None,
    as_json: o.Json = False,
    mirrors: o.Mirrors = None,
    offline: o.Offline = False,
    events: o.EventsFile = None,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    lang: o.Lang = None,
) -> None:
    """Probe, plan, ask, apply, prove."""
    o.common("install", as_json=as_json, quiet=quiet, verbose=verbose, yes=yes, events=events)
    from foxup import bundling

    opened = bundling.open_bundle(bundle) if bundle else None
    if opened:
        profile, offline = profile or opened.manifest.profile, True
    prepared = _prepare(directory, profile, None, offline=offline, prove=not no_verify, bundle=opened)
    _carry_out(prepared, dry_run=dry_run, offline=offline)


def repair(
    directory: o.Directory = None,
    profile: o.ProfileName = None,
    yes: o.Yes = False,
    dry_run: o.DryRun = False,
    as_json: o.Json = False,
    mirrors: o.Mirrors = None,
    offline: o.Offline = False,
    quiet: o.Quiet = False,
    lang: o.Lang = None,
) -> None:
    """Apply what differs from the profile, without generating a picture."""
    o.common("repair", as_json=as_json, quiet=quiet, yes=yes)
    _again(directory, profile, dry_run=dry_run, offline=offline, prove=False)


def update(
    directory: o.Directory = None,
    profile: o.ProfileName = None,
    yes: o.Yes = False,
    dry_run: o.DryRun = False,
    as_json: o.Json = False,
    mirrors: o.Mirrors = None,
    offline: o.Offline = False,
    quiet: o.Quiet = False,
    lang: o.Lang = None,
) -> None:
    """Bring an install to what this foxup's profile prescribes now, and prove it again."""
    o.common("update", as_json=as_json, quiet=quiet, yes=yes)
    _again(directory, profile, dry_run=dry_run, offline=offline, prove=True)


def _again(directory: Path | None, profile: str | None, *, dry_run: bool, offline: bool, prove: bool) -> None:
    """Plan and carry out on an install that is there. Raises FoxupError (`not-installed`)."""
    from foxup import launch

    prepared = _prepare(directory, profile, None, offline=offline, prove=prove)
    if not prepared.installed.exists:
        raise launch.not_installed(prepared.layout)
    _carry_out(prepared, dry_run=dry_run, offline=offline)


def _prepare(
    directory: Path | None,
    profile: str | None,
    facts_file: Path | None,
    *,
    offline: bool,
    prove: bool = True,
    bundle: Bundle | None = None,
) -> Prepared:
    from foxup import profile as profiles
    from foxup import workflow
    from foxup.cli.machine import from_file, probed, windows

    read: Facts | None = from_file(facts_file) if facts_file else None
    on_windows = read.os.family == "windows" if read else windows()
    layout = workflow.locate(directory, windows=on_windows)
    if read is not None:  # what lies here says nothing of another machine
        chosen = profiles.load(profile or workflow.DEFAULT_PROFILE)
        return workflow.prepare(layout, chosen, read, elsewhere=True, offline=offline, prove=prove, bundle=bundle)
    chosen = workflow.choose_profile(profile, layout)
    with console.status(_("Looking at this machine")):
        read, problems = probed(layout.root)
    for problem in problems:
        console.detail(problem.message)
    with console.status(_("Looking at {path}").format(path=layout.root)):
        return workflow.prepare(layout, chosen, read, offline=offline, prove=prove, bundle=bundle)


def _show(prepared: Prepared, place: str | None = None) -> None:
    """Show a plan; `place` is the folder it is for, where that is not the layout's."""
    from foxup import present

    console.extend(prepared.plan.to_document(), prepared.plan.findings)
    if not console.out.json:
        console.say(present.machine_line(prepared.facts), style="bold")
        for text, style in present.plan_lines(prepared.plan, place or prepared.layout.root):
            console.say(text, style=style)
        console.show(prepared.plan.findings)


def _carry_out(prepared: Prepared, *, dry_run: bool, offline: bool) -> None:
    from foxup import progress, workflow
    from foxup.cli.picture import prove_and_show

    _show(prepared)
    workflow.refuse_if_blocked(prepared)
    steps = prepared.plan.steps
    if not steps:
        _nothing_to_do(prepared.plan)
        return
    if dry_run:
        return
    question = ngettext("Apply this {count} step?", "Apply these {count} steps?", len(steps)).format(count=len(steps))
    if not console.confirm(question):
        raise typer.Exit(1)
    with progress.listener() as listener:
        verdicts: list[bool] = []
        workflow.carry_out(
            prepared,
            listener,
            lambda reference: verdicts.append(prove_and_show(prepared, reference, listener)),
            offline=offline,
        )
    _finish(verdicts)


def _nothing_to_do(plan: Plan) -> None:
    console.mark("ok", _("Everything is already so; nothing to do."), style="green")


def _finish(verdicts: list[bool]) -> None:
    from foxup.cli.picture import show_last

    show_last()
    if not all(verdicts):
        raise typer.Exit(1)
