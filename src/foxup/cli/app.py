"""The command line as a whole. Only light modules are imported here: `foxup --help` must come at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

import typer

from foxup import console
from foxup.cli import bundle, doctor, fetch, install, picture, settings, show, webui, wording
from foxup.cli.options import Lang
from foxup.errors import ExitCode
from foxup.i18n import _

_ROOT = Annotated[bool, typer.Option("--version", help=_("Show the version and leave."))]


def build() -> Callable[[Sequence[str]], int]:
    """Return a function that runs a list of arguments and gives the exit code."""
    app = typer.Typer(
        name="foxup",
        help=_("From a bare machine to a working, proven Stable Diffusion web UI."),
        epilog=_("Example: foxup install --profile smoke --dir smoke --yes"),
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(invoke_without_command=True)
    def root(context: typer.Context, version: _ROOT = False, lang: Lang = None) -> None:
        if version:
            from foxup import __version__

            typer.echo(f"foxup {__version__}")
            raise typer.Exit
        if context.invoked_subcommand is None:
            typer.echo(context.get_help(), err=True)
            raise typer.Exit(int(ExitCode.USAGE))

    for module in (install, picture, webui, doctor, fetch, bundle, settings, show):
        module.register(app)

    return partial(_run, wording.translate(typer.main.get_command(app)))


def _run(command: Any, arguments: Sequence[str]) -> int:
    """Run one command line. Raises KeyboardInterrupt, UsageError (`usage`) and what the command raises."""
    try:
        code = command(args=list(arguments), prog_name="foxup", standalone_mode=False)
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0
    except typer.Abort:  # the question got no answer
        raise KeyboardInterrupt from None
    except Exception as error:
        if not hasattr(error, "format_message"):  # only typer's complaints about the command line have it
            raise
        return _refuse(error, arguments)
    if code == ExitCode.INTERRUPTED:  # typer has swallowed Ctrl+C
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0


def _refuse(error: Any, arguments: Sequence[str]) -> int:
    """Show the help page when no command was given. Raises UsageError (`usage`) otherwise."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return int(ExitCode.USAGE)
    console.out.json = "--json" in arguments
    raise wording.refusal(error) from None
