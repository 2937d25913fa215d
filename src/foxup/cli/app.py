"""The command line as a whole. Only light modules are imported here: `foxup --help` must come at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from foxup import console
from foxup.cli import doctor, fetch, install, picture, settings, show, webui
from foxup.cli.options import Lang
from foxup.errors import UsageError
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
    def root(version: _ROOT = False, lang: Lang = None) -> None:
        if version:
            from foxup import __version__

            typer.echo(f"foxup {__version__}")
            raise typer.Exit

    for module in (install, picture, webui, doctor, fetch, settings, show):
        module.register(app)

    def run(arguments: Sequence[str]) -> int:
        try:
            app(args=list(arguments))
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 0 if left.code is None else 2
            if code == 2 and "--json" in arguments:  # typer has told the person; programs get their document too
                console.out.json = True
                raise UsageError("usage", _("The command line is wrong."), hint="foxup --help") from None
            return code
        return 0

    return run
