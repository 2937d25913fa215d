"""verify, compare, explain: pictures, logs and why they are as they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foxup import console
from foxup.cli import options as o
from foxup.errors import UsageError
from foxup.i18n import _, pick

if TYPE_CHECKING:
    from foxup.paths import Layout
    from foxup.profile import Profile, ReferenceModel
    from foxup.progress import Events
    from foxup.verify import Verification
    from foxup.workflow import Prepared

_last: list[Verification] = []


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("verify", help=_("Generate the reference picture and say whether it is right."))(verify)
    app.command("compare", help=_("Compare two pictures."))(compare)
    app.command("explain", help=_("Explain a console log or a picture (- reads standard input)."))(explain)


def verify(
    reference: Annotated[list[str] | None, typer.Argument(help=_("References by name (default: the first)."))] = None,
    directory: o.Directory = None,
    profile: o.ProfileName = None,
    listing: Annotated[
        bool, typer.Option("--list", help=_("Name the references and what each still needs here, and leave."))
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help=_("Verify every reference."))] = False,
    fetch: Annotated[bool, typer.Option("--fetch", help=_("First fetch what the references need."))] = False,
    picture: Annotated[Path | None, typer.Option("--reference", help=_("Published picture to compare with."))] = None,
    source: Annotated[
        Path | None, typer.Option("--source", help=_("Picture that img2img starts from, instead of its own."))
    ] = None,
    repin: Annotated[
        bool, typer.Option("--repin", help=_("Take the published picture as it is now, though it was another one."))
    ] = False,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help=_("Change a parameter of the request, for example seed=1."))
    ] = None,
    tried: Annotated[
        bool, typer.Option("--explain", help=_("If the picture is not right, try which single change makes it so."))
    ] = False,
    like: Annotated[
        Path | None,
        typer.Option("--like", help=_("Your own picture: try which change of the reference gives this one.")),
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help=_("Also write a JUnit report to this file."))] = None,
    offline: o.Offline = False,
    as_json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    lang: o.Lang = None,
) -> None:
    """Prove this install; exit 0 only when every picture came out as published."""
    o.common("verify", as_json=as_json, quiet=quiet, verbose=verbose)
    from foxup import generation, workflow
    from foxup.cli.machine import windows

    _readable(picture, like)
    layout = workflow.locate(directory, windows=windows())
    chosen = workflow.choose_profile(profile, layout)
    wanted = [chosen.reference(name) for name in dict.fromkeys(reference)] if reference else [chosen.reference()]
    wanted = list(chosen.references) if everything else wanted
    if listing:
        _list(chosen, layout)
        return
    parsed = generation.parse_changes(changes or [])
    from foxup import proving
    from foxup.verify import Asked

    if fetch:
        _fetch(chosen, layout, wanted, offline=offline)
    asked = Asked(picture, source, parsed, offline=offline, repin=repin, trials=tried or like is not None, like=like)
    results = proving.prove(layout, chosen, wanted, tell=_tell, asked=asked)
    _conclude(results)
    if junit:
        proving.write_junit(results, chosen, layout, junit)
    if not all(result.proven for result in results):
        raise typer.Exit(1)


def compare(
    generated: Annotated[Path, typer.Argument(help=_("The picture in question."))],
    published: Annotated[Path, typer.Argument(help=_("The picture it should be."))],
    as_json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    lang: o.Lang = None,
) -> None:
    """Judge one picture against another; exit 1 unless they are the same."""
    o.common("compare", as_json=as_json, quiet=quiet, verbose=verbose)
    from foxup import present_verdict
    from foxup.pictures import judge, load

    judgement = judge.judge(load.given(generated), load.given(published))
    console.extend(judgement.to_document(), judgement.causes)
    console.result(present_verdict.sentence(str(judgement.verdict)))
    console.show(judgement.causes, data=True)
    for name, value in judgement.metrics.items():
        console.detail(f"      {name} = {value:.4g}")
    if judgement.verdict not in ("identical", "same"):
        raise typer.Exit(1)


def explain(
    file: Annotated[Path, typer.Argument(help=_("A console log or a picture; - reads standard input."))],
    profile: o.ProfileName = None,
    as_json: o.Json = False,
    quiet: o.Quiet = False,
    lang: o.Lang = None,
) -> None:
    """Say what a log or a picture tells; exit 1 when it tells of a problem."""
    o.common("explain", as_json=as_json, quiet=quiet)
    from foxup import explaining, workflow
    from foxup import profile as profiles

    told = explaining.explain(file, profiles.load(profile or workflow.DEFAULT_PROFILE))
    console.extend(told.data, told.findings)
    if told.data["kind"] == "log":  # the cause first, then the lines it rests on
        console.show(told.findings, data=True)
    for line in told.lines:
        console.result(line)
    if told.data["kind"] == "picture":
        console.show(told.findings, data=True)
    if told.problem:
        raise typer.Exit(1)


def prove_and_show(prepared: Prepared, reference: str, listener: Events) -> bool:
    """The proof at the end of an install; the result is shown when the progress display has left."""
    from foxup import proving

    wanted = [prepared.profile.reference(reference)]
    results = proving.prove(prepared.layout, prepared.profile, wanted, tell=listener.line)
    _last.extend(results)
    return all(result.proven for result in results)


def show_last() -> None:
    """Show what the proofs of this run gave."""
    if _last:
        _conclude(_last)
        _last.clear()


def _readable(picture: Path | None, like: Path | None) -> None:
    """Say what is wrong with a given picture before minutes of generating. Raises FoxupError."""
    from foxup.pictures import load

    if picture and like:
        raise UsageError(
            "options-exclude", _("--reference and --like cannot be given together."), hint="foxup verify --like FILE"
        )
    for given in filter(None, (picture, like)):
        load.given(given)


def _list(profile: Profile, layout: Layout) -> None:
    """Name the references; where there is an install, what each of them still needs there."""
    from foxup import proving

    lacking = proving.lacking(layout, profile, profile.references)
    rows = [
        {**item.model_dump(mode="json"), "missing": [need.id for need in lacking.get(item.id, ())]}
        for item in profile.references
    ]
    console.extend({"references": rows})
    for item in profile.references:
        console.result(f"{item.id:<16} {pick(item.title.model_dump())}, {item.width}x{item.height}")
        if lacking.get(item.id):
            command = f"foxup fetch {' '.join(need.id for need in lacking[item.id])} --dir {layout.root}"
            console.result(f"{'':<16} {command}")


def _fetch(profile: Profile, layout: Layout, references: list[ReferenceModel], *, offline: bool) -> None:
    """Bring what the references need; exit 1 when something could not be had."""
    from foxup import proving
    from foxup.cli.fetch import bring

    lacking = proving.lacking(layout, profile, references)
    names = list(dict.fromkeys(need.id for needs in lacking.values() for need in needs))
    if names and bring(layout, profile, names, offline=offline):
        raise typer.Exit(1)


def _conclude(results: list[Verification]) -> None:
    """Show verdict, explanation and report of each, and put them into the JSON document."""
    from foxup import present_verdict, proving

    for result in results:
        console.say()
        style = "bold green" if result.proven else "bold red"
        console.result_line(present_verdict.line(result), style=style)
        console.show(result.explanation, data=True)
        report = proving.report_path(result)
        if report:
            console.say(_("Report: {path}").format(path=report))
            if not result.proven:
                console.say(_("To paste in a thread:"))
                console.say(proving.paragraph(result))
    documents = [{**result.to_document(), "paragraph": proving.paragraph(result)} for result in results]
    console.extend(documents[0] if len(documents) == 1 else {"results": documents})
    console.out.data["results"] = documents
    console.out.findings.extend(finding for result in results for finding in result.explanation)


def _tell(text: str) -> None:
    console.mark("dot", text, style="dim")
