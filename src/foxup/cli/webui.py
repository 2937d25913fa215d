"""start, stop, status, uninstall: the web UI as a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from foxup import console
from foxup.cli import options as o
from foxup.i18n import _

if TYPE_CHECKING:
    from foxup.launch import Server
    from foxup.paths import Layout

_PORT = Annotated[int | None, typer.Option("--port", help=_("Port to listen on."), min=1, max=65535)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("start", help=_("Start the web UI and wait until it is really ready."))(start)
    app.command("stop", help=_("Stop the web UI."))(stop)
    app.command("status", help=_("Say what is installed, proved and running."))(status)
    app.command("uninstall", help=_("Remove the install; models and pictures stay unless --all."))(uninstall)


def start(
    extra: Annotated[
        list[str] | None, typer.Argument(help=_("Further arguments of the web UI for this start, after --."))
    ] = None,
    directory: o.Directory = None,
    port: _PORT = None,
    as_json: o.Json = False,
    quiet: o.Quiet = False,
    lang: o.Lang = None,
) -> None:
    """Start the web UI in the background."""
    o.common("start", as_json=as_json, quiet=quiet)
    from foxup import launch

    layout = _layout(directory)
    server = launch.start(layout, launch.Start(port=port, extra=tuple(extra or ())))
    try:
        launch.wait_ready(server, tell=console.say)
    except BaseException:
        launch.stop(layout, server)
        raise
    console.extend(_described(server))
    console.mark("ok", _("The web UI is ready."), style="green")
    console.result(server.url)


def stop(directory: o.Directory = None, as_json: o.Json = False, quiet: o.Quiet = False, lang: o.Lang = None) -> None:
    """Stop the web UI that `start` left running."""
    o.common("stop", as_json=as_json, quiet=quiet)
    from foxup import launch

    layout = _layout(directory)
    server = launch.running_server(layout)
    console.extend({"was_running": server is not None})
    if server is None:
        console.mark("ok", _("The web UI is not running."))
        return
    launch.stop(layout, server)
    console.mark("ok", _("The web UI was stopped."), style="green")


def status(directory: o.Directory = None, as_json: o.Json = False, quiet: o.Quiet = False, lang: o.Lang = None) -> None:
    """Say what is installed, proved and running."""
    o.common("status", as_json=as_json, quiet=quiet)
    from dataclasses import asdict

    from foxup import launch, present_checks
    from foxup.receipt import from_document
    from foxup.system import files

    layout = _layout(directory)
    receipt = from_document(files.read_json(layout.receipt))
    server = launch.running_server(layout)
    proofs = {name: proof.verdict for name, proof in receipt.proofs.items()} if receipt else {}
    console.extend(
        {
            "path": str(layout.root),
            "installed": receipt is not None,
            "profile": receipt.profile if receipt else None,
            "proofs": proofs,
            "checks": asdict(receipt.checks) if receipt and receipt.checks else None,
            "running": _described(server) if server else None,
        }
    )
    if receipt is None:
        console.result(_("There is no web UI of foxup in {path}.").format(path=layout.root))
        raise typer.Exit(1)
    console.result(_("{path}: profile {profile}").format(path=layout.root, profile=receipt.profile))
    for name, verdict in proofs.items():
        console.result(_("proved: {reference} ({verdict})").format(reference=name, verdict=verdict))
    for line in present_checks.lines(receipt.checks):
        console.result(line)
    console.result(
        _("running: {url}").format(url=server.url) if server else _("not running; start it with: foxup start")
    )


def uninstall(
    directory: o.Directory = None,
    everything: Annotated[
        bool, typer.Option("--all", help=_("Also remove models, pictures and everything else in the folder."))
    ] = False,
    yes: o.Yes = False,
    dry_run: o.DryRun = False,
    as_json: o.Json = False,
    quiet: o.Quiet = False,
    lang: o.Lang = None,
) -> None:
    """Remove an install; what the person made is kept unless asked otherwise."""
    o.common("uninstall", as_json=as_json, quiet=quiet, yes=yes)
    from foxup import removal

    layout = _layout(directory)
    paths = removal.everything(layout) if everything else removal.ours(layout)
    console.extend({"paths": [str(path) for path in paths]})
    for path in paths:
        console.say(f"  {path}")
    if dry_run or not console.confirm(_("Remove these?")):
        return
    removal.remove(layout, paths)
    console.mark("ok", _("Removed."), style="green")


def _layout(directory: Any) -> Layout:
    from foxup import workflow
    from foxup.cli.machine import windows

    return workflow.locate(directory, windows=windows())


def _described(server: Server) -> dict[str, Any]:
    return {"url": server.url, "port": server.port, "pid": server.who.pid, "log": str(server.log)}
