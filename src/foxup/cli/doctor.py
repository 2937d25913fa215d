"""doctor, report: what is wrong with a machine or an install, its repair, and one file to post."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foxup import console
from foxup.cli import options as o
from foxup.i18n import _, ngettext

if TYPE_CHECKING:
    from foxup.doctor.examination import Examination
    from foxup.doctor.run import Result

_CHECKS = Annotated[
    list[str] | None, typer.Argument(help=_("Only these checks, or groups of them (see --list); default: all."))
]
_LIST = Annotated[bool, typer.Option("--list", help=_("Name all checks and leave."))]
_FIX = Annotated[bool, typer.Option("--fix", help=_("Repair what can be repaired; asks first."))]
_REPORT = Annotated[
    Path | None, typer.Option("--report", help=_("Judge the JSON report of another machine (- for stdin)."))
]
_FACTS = Annotated[
    Path | None, typer.Option("--facts", help=_("Judge only the machine this facts file describes (- for stdin)."))
]
_FORMAT = Annotated[str, typer.Option("--format", help=_("md for a thread, json for a helper, or html."))]
_OUT = Annotated[Path | None, typer.Option("--out", help=_("Write to this file instead of standard output."))]
_PROMPTS = Annotated[bool, typer.Option("--with-prompts", help=_("Leave prompts in; without it they are taken out."))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("doctor", help=_("Find what is broken in this machine and its web UI; mend it."))(doctor)
    app.command("report", help=_("Write one file to post, without private things. Nothing is uploaded."))(report)


def doctor(
    only: _CHECKS = None,
    directory: o.Directory = None,
    profile: o.ProfileName = None,
    listing: _LIST = False,
    fix: _FIX = False,
    yes: o.Yes = False,
    report: _REPORT = None,
    facts: _FACTS = None,
    as_json: o.Json = False,
    offline: o.Offline = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    lang: o.Lang = None,
) -> None:
    """Look, judge, show, and repair if asked."""
    o.common("doctor", as_json=as_json, quiet=quiet, verbose=verbose, yes=yes)
    if listing:
        _list()
        return
    if fix and (report or facts):
        from foxup.errors import UsageError

        raise UsageError("fix-elsewhere", _("Another machine cannot be repaired from here."), hint="foxup doctor --fix")
    examination = _examination(only or [], directory, profile, report, facts, offline=offline)
    results = examination.results
    _show(examination)
    if fix:
        results = _fix(examination, offline=offline)
    if any(result.broken for result in results):
        raise typer.Exit(1)


def report(
    directory: o.Directory = None,
    profile: o.ProfileName = None,
    form: _FORMAT = "md",
    out: _OUT = None,
    with_prompts: _PROMPTS = False,
    as_json: o.Json = False,
    offline: o.Offline = False,
    quiet: o.Quiet = False,
    lang: o.Lang = None,
) -> None:
    """Examine, take out what is private, say what was taken out, write."""
    o.common("report", as_json=as_json, quiet=quiet)
    from foxup import sharing
    from foxup.system import files

    sharing.check_format(form)
    examination = _examination([], directory, profile, None, None, offline=offline)
    posted = sharing.make(examination, with_prompts=with_prompts)
    text = sharing.render(posted, form)
    console.say(_("Replaced before writing: {what}").format(what=posted.summary()))
    console.extend({"replaced": dict(posted.counts), "format": form, "path": str(out) if out else None})
    if out:
        files.write_atomic(out, text.encode())
        console.mark("ok", _("Written to {path}. Read it before you post it.").format(path=out), style="green")
    elif as_json:
        console.extend({"report": text})
    else:
        console.result(text)


def _list() -> None:
    from foxup.doctor.texts import checks
    from foxup.i18n import pick

    console.extend({"checks": [{"id": check.id, "title": pick(check.title.model_dump())} for check in checks()]})
    for check in checks():
        console.result(f"{check.id:<22} {pick(check.title.model_dump())}")


def _examination(
    only: list[str],
    directory: Path | None,
    profile: str | None,
    report: Path | None,
    facts: Path | None,
    *,
    offline: bool,
) -> Examination:
    from foxup import workflow
    from foxup.cli.machine import from_file, probed, windows
    from foxup.doctor import examination
    from foxup.doctor.run import select

    select(only)
    if report:
        return examination.of_report(report, profile, only)
    if facts:
        return examination.of_facts(from_file(facts), profile, only)
    layout = workflow.locate(directory, windows=windows())
    chosen = examination.profile_of(profile, layout)
    with console.status(_("Looking at this machine")):
        found, _problems = probed(layout.root)
    with console.status(_("Looking at {path}").format(path=layout.root)):
        return examination.here(layout, chosen, found, only, offline=offline)


def _show(examination: Examination) -> None:
    """Put everything into the JSON document; tell people what is not fine, and the rest in a line each."""
    from foxup.finding import Outcome

    found = [finding for result in examination.results for finding in result.findings]
    console.extend(examination.to_document(), found)
    for result in examination.results:
        _show_one(result)
    broken = sum(result.outcome is Outcome.PROBLEM for result in examination.results)
    fixable = sum(finding.fixed_by is not None for finding in found)
    if not broken:
        console.result(_("Nothing wrong was found."))
        return
    console.result(
        ngettext("{count} check found a problem.", "{count} checks found problems.", broken).format(count=broken)
    )
    if fixable:
        console.say(_("What can be repaired: {command}").format(command=examination.repair), style="cyan")


def _show_one(result: Result) -> None:
    from foxup.finding import Outcome
    from foxup.i18n import pick

    title = pick(result.check.title.model_dump())
    if result.outcome is Outcome.PROBLEM:
        console.say(f"  {title}:", style="bold")
        console.show(result.findings)
        return
    signs = {Outcome.OK: ("ok", "green"), Outcome.COULD_NOT_CHECK: ("warn", "yellow")}
    sign, style = signs.get(result.outcome, ("dot", "dim"))
    texts = {
        Outcome.OK: title,
        Outcome.NOT_APPLICABLE: _("{title}: not applicable. {why}").format(title=title, why=result.reason),
        Outcome.SKIPPED: _("{title}: skipped. {why}").format(title=title, why=result.reason),
        Outcome.COULD_NOT_CHECK: _("{title}: could not check. {why}").format(title=title, why=result.reason),
    }
    console.mark(sign, texts[result.outcome], style=style)
    console.show(result.findings)


def _fix(examination: Examination, *, offline: bool) -> tuple[Result, ...]:
    """Repair, then look again with the same checks. Raises FoxupError when something is still broken."""
    from foxup import progress
    from foxup.doctor import examination as examining
    from foxup.doctor import fix

    repair = fix.prepare(examination, offline=offline)
    console.extend({"steps": [step.to_document() for step in repair.steps], "fixed": []})
    if not repair.steps:
        console.mark("dot", _("Nothing of this can be repaired by foxup itself."))
        return examination.results
    for number, step in enumerate(repair.steps, start=1):
        console.say(f"{number:>3}. {step.title}")
        for text in (step.why, *step.details):
            console.say(f"      {text}", style="dim")
    count = len(repair.steps)
    question = ngettext("Apply this {count} step?", "Apply these {count} steps?", count).format(count=count)
    if not console.confirm(question):
        raise typer.Exit(1)
    with progress.listener() as listener:
        fix.carry_out(repair, listener, offline=offline)
    again = examining.again(examination, offline=offline)
    left = fix.still_broken(repair, examination.results, again.results)
    console.extend(again.to_document())
    console.out.findings[:] = [finding for result in again.results for finding in result.findings]
    fix.refuse_if_broken(left)
    console.extend({"fixed": sorted(fix.codes(repair, examination.results))})
    console.mark("ok", _("Repaired, and checked again."), style="green")
    rest = fix.left_out(repair, examination.results)
    if rest:
        console.mark(
            "warn", _("Not in the plan for this machine, so left as it is: {steps}").format(steps=", ".join(rest))
        )
    return again.results
