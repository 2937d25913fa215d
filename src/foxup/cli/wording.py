"""Typer's own words in the person's language: what frames a help page, and what is wrong with a command line."""

from __future__ import annotations

import re
from typing import Any

import typer

from foxup.errors import UsageError
from foxup.i18n import _

_Formatter: Any = typer.Context.formatter_class


class Frame(_Formatter):  # type: ignore[misc]  # the class has no public name in every release of typer
    """Writes help pages; typer has these few words in English only."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line that shows how to call the command."""
        super().write_usage(prog, args, prefix or _("Usage:") + " ")

    def write_heading(self, heading: str) -> None:
        """Write the heading of a section."""
        known = {"Options": _("Options"), "Commands": _("Commands"), "Arguments": _("Arguments")}
        super().write_heading(known.get(heading, heading))

    def write_dl(self, rows: Any, **layout: Any) -> None:
        """Write names with their texts beside them."""
        known = {
            "Show this message and exit.": _("Show this help and leave."),
            "Install completion for the current shell.": _("Install completion for this shell."),
            "Show completion for the current shell, to copy it or customize the installation.": _(
                "Show completion for this shell, to copy or change it."
            ),
        }
        rows = [(name, known.get(text, text).replace("[required]", _("[required]"))) for name, text in rows]
        super().write_dl(rows, **layout)


def translate(command: Any) -> Any:
    """Make a command and all below it write their help pages with `Frame`; return it."""
    command.context_class = type("Context", (command.context_class,), {"formatter_class": Frame})
    for below in getattr(command, "commands", {}).values():
        translate(below)
    return command


def refusal(error: Any) -> UsageError:
    """Return typer's complaint about the command line as ours; what is not known here stays in typer's words."""
    text = error.format_message()
    context = getattr(error, "ctx", None)
    hint = f"{context.command_path if context else 'foxup'} --help"
    known = (
        (r"No such command '(?P<name>[^']+)'", _("There is no command {name}.")),
        (r"No such option: (?P<name>\S+)", _("There is no option {name}.")),
        (r"Missing (?:argument|option) '(?P<name>[^']+)'", _("{name} must be given.")),
        (r"Option '(?P<name>[^']+)' requires an argument", _("{name} needs a value.")),
        (r"Got unexpected extra argument(?:s|\(s\))? \((?P<name>.+)\)", _("This is too much: {name}")),
        (r"Invalid value for '(?P<name>[^']+)'", _("The value of {name} is wrong.")),
    )
    for pattern, message in known:
        found = re.match(pattern, text)
        if found:
            cause = _cause(text[found.end() :].strip(" .:"))
            return UsageError("usage", message.format(name=found["name"]), cause=cause, hint=hint)
    return UsageError("usage", _("The command line is wrong."), cause=text, hint=hint)


def _cause(rest: str) -> str:
    similar = re.match(r"(?:\(Possible options: |Did you mean )(?P<names>[^?)]+)", rest)
    return _("Similar: {names}").format(names=similar["names"].replace("'", "")) if similar else rest
