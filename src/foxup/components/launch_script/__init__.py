"""The script the person edits and starts: `webui-user.bat` or `webui-user.sh`.

Merging keeps every byte it does not have to change: comments, encoding, line ends, what the person set. Text is
handled as Latin-1, so that any byte survives the way through.
"""

from __future__ import annotations

from foxup.components.launch_script.mending import mended, spoiled
from foxup.components.launch_script.merging import merge, read
from foxup.components.launch_script.options import Options, conflicts, missing, words
from foxup.components.launch_script.reading import NAME
from foxup.context import Context
from foxup.finding import Finding, Severity
from foxup.i18n import _
from foxup.step import EditLaunchScript, Step

__all__ = [
    "NAME", "Options", "all_variables", "conflicts", "current_arguments", "findings", "mended", "merge", "missing",
    "possible_conflicts", "spoiled", "steps",
]  # fmt: skip


def current_arguments(script: bytes | None, *, windows: bool) -> tuple[str, ...]:
    """Return the words of COMMANDLINE_ARGS as the web UI would split them; nothing when it is not set."""
    if script is None:
        return ()
    return words(read(script.decode("latin-1"), windows=windows)[0].variables.get(NAME, ""))


def all_variables(script: bytes | None, *, windows: bool) -> dict[str, str]:
    """Return the variables the script sets; on Linux without those that only a shell could work out."""
    if script is None:
        return {}
    reading = read(script.decode("latin-1"), windows=windows)[0]
    left_out = set() if windows else reading.computed
    return {name: value for name, value in reading.variables.items() if value and name not in left_out}


def possible_conflicts(script: bytes | None, wanted: tuple[str, ...], *, windows: bool) -> list[tuple[str, str]]:
    """Return `conflicts` with whatever the script may set, whichever way its conditions go."""
    worlds = read((script or b"").decode("latin-1"), windows=windows)
    have = [words(world.variables.get(NAME, "")) for world in worlds]
    return list(dict.fromkeys(pair for item in have for pair in conflicts(item, wanted)))


def steps(context: Context) -> list[Step]:
    """Put the profile's arguments and variables into the launch script."""
    windows = context.layout.windows
    present = context.installed.launch_script
    template = _template(context)
    base = present if present is not None else template
    content = merge(base, context.arguments, context.environment, windows=windows)
    variables = tuple(sorted(context.environment.items()))
    action = EditLaunchScript(context.layout.launch_script, template, context.arguments, variables, windows)
    return [
        Step(
            id="launch-script",
            title=_("Launch arguments in {name}").format(name=context.layout.launch_script.name),
            why=_("Started by hand, without foxup, the web UI then runs the same way. What you set there is kept."),
            actions=() if content == present else (action,),
            details=(f"{NAME}: {' '.join(context.arguments)}", *(f"{name} = {value}" for name, value in variables)),
        )
    ]


def findings(context: Context) -> list[Finding]:
    """Name the arguments the person set that stand against the profile's."""
    script, windows = context.installed.launch_script, context.layout.windows
    return [
        Finding(
            "launch-argument-conflict",
            Severity.WARNING,
            _("{script} sets {own}, the profile prescribes {wanted}.").format(
                script=context.layout.launch_script.name, own=own, wanted=wanted
            ),
            _("foxup keeps what you set; the picture may differ from the reference."),
            _("Remove your argument from the script if you did not mean it."),
        )
        for own, wanted in possible_conflicts(script, tuple(context.arguments), windows=windows)
    ]


def _template(context: Context) -> bytes:
    name = context.layout.launch_script.name
    for item in context.installed.embedded:
        if item.destination == name:
            return item.source.read_bytes()
    return _WINDOWS_TEMPLATE if context.layout.windows else _SHELL_TEMPLATE


_WINDOWS_TEMPLATE = b"@echo off\n\nset PYTHON=\nset GIT=\nset VENV_DIR=\nset COMMANDLINE_ARGS=\n\ncall webui.bat\n"
_SHELL_TEMPLATE = b'#!/bin/bash\n#export COMMANDLINE_ARGS=""\n'
