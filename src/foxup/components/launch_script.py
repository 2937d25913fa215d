"""The script the person edits and starts: `webui-user.bat` or `webui-user.sh`.

Merging keeps every byte it does not have to change: comments, encoding, line ends, what the person set. Text is
handled as Latin-1, so that any byte survives the way through.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from foxup.context import Context
from foxup.finding import Finding, Severity
from foxup.i18n import _
from foxup.step import EditLaunchScript, Step

NAME = "COMMANDLINE_ARGS"
_EXCLUSIVE = (
    {"--medvram", "--lowvram", "--medvram-sdxl"},
    {
        "--xformers",
        "--opt-sdp-attention",
        "--opt-sdp-no-mem-attention",
        "--opt-sub-quad-attention",
        "--opt-split-attention",
        "--disable-opt-split-attention",
    },
)
_ASSIGNMENT = {
    True: re.compile(r'^(?P<head>\s*@?\s*set\s+"?{name}=)(?P<value>.*?)(?P<tail>"?\s*)$', re.IGNORECASE),
    False: re.compile(r"^(?P<head>\s*(?:export\s+)?{name}=)(?P<value>.*?)(?P<tail>\s*(?:#.*)?)$"),
}
_TEMPLATE = re.compile(r"^\s*#\s*export\s+COMMANDLINE_ARGS=")
_SHELL_LITERAL = re.compile(r"""^(?:"(?:[^"$`\\]|\\["$`\\])*"|'[^']*'|[^\s"'$`\\;&|<>()]*)$""")
_SHELL_SPECIAL = re.compile(r"""(["$`\\])""")


@dataclass(frozen=True, slots=True)
class Options:
    """Command line options in groups: each flag with the values that follow it."""

    groups: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, words: Iterable[str]) -> Options:
        """Group words; a word that starts with a dash begins a group."""
        groups: list[list[str]] = []
        for word in words:
            if word.startswith("-") or not groups:
                groups.append([word])
            else:
                groups[-1].append(word)
        return cls(tuple(tuple(group) for group in groups))

    def flags(self) -> set[str]:
        """Return the flags, without values and without `=value`."""
        return {group[0].partition("=")[0] for group in self.groups}


def current_arguments(script: bytes | None, *, windows: bool) -> tuple[str, ...]:
    """Return the words of COMMANDLINE_ARGS as the web UI would split them; nothing when the line is not there."""
    if script is None:
        return ()
    lines = _text(script).split("\n")
    found = _find(lines, NAME, windows=windows)
    value = _value(found[1].group("value"), windows=windows) if found else ""
    try:
        return tuple(shlex.split(value))
    except ValueError:
        return tuple(value.split())


def all_variables(script: bytes | None, *, windows: bool) -> dict[str, str]:
    """Return the variables the script sets to plain values; what a shell would have to compute is left out."""
    if script is None:
        return {}
    pattern = _pattern("NAME", windows=windows).pattern.replace("NAME=", r"(?P<name>[A-Za-z_]\w*)=")
    found = {}
    for line in _text(script).split("\n"):
        hit = re.match(pattern, line.removesuffix("\r"), re.IGNORECASE if windows else 0)
        if hit and (windows or _SHELL_LITERAL.match(hit.group("value"))):
            found[hit.group("name")] = _value(hit.group("value").strip(), windows=windows)
    return {name: value for name, value in found.items() if value}


def missing(have: Sequence[str], wanted: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the wanted option groups that are neither there nor in conflict with what is there."""
    mine = Options.of(have)
    flags = mine.flags()
    return tuple(
        group
        for group in Options.of(wanted).groups
        if group[0] not in flags and not any(group[0] in rival and rival & flags for rival in _EXCLUSIVE)
    )


def conflicts(have: Sequence[str], wanted: Sequence[str]) -> list[tuple[str, str]]:
    """Return pairs (set by the person, wanted by the profile) that cannot both hold; the person's stays."""
    mine, theirs = Options.of(have), Options.of(wanted)
    pairs = []
    for group in theirs.groups:
        for own in mine.groups:
            rivals = any({group[0], own[0]} <= rival and group[0] != own[0] for rival in _EXCLUSIVE)
            other_value = own[0] == group[0] and set(own[1:]) != set(group[1:])
            if rivals or other_value:
                pairs.append((" ".join(own), " ".join(group)))
    return pairs


def merge(script: bytes, arguments: Sequence[str], environment: Mapping[str, str], *, windows: bool) -> bytes:
    """Return the script with the arguments and variables added that are not there yet.

    What the person set is kept; running it again on the result changes nothing.
    """
    text = _text(script)
    end = "\r\n" if "\r\n" in text else "\n"
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    original = text.split("\n")
    groups = missing(current_arguments(script, windows=windows), arguments)
    addition = " ".join(_quote(word, windows=windows) for group in groups for word in group)
    anchor = _add_arguments(lines, addition, windows=windows)
    for name, value in environment.items():
        if _find(lines, name, windows=windows) is None:
            anchor += 1
            lines.insert(anchor, _assignment(name, value, windows=windows))
    return _join(lines, original, end).encode("latin-1")


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
    have = current_arguments(context.installed.launch_script, windows=context.layout.windows)
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
        for own, wanted in conflicts(have, context.arguments)
    ]


def _template(context: Context) -> bytes:
    name = context.layout.launch_script.name
    for item in context.installed.embedded:
        if item.destination == name:
            return item.source.read_bytes()
    return _WINDOWS_TEMPLATE if context.layout.windows else _SHELL_TEMPLATE


_WINDOWS_TEMPLATE = b"@echo off\n\nset PYTHON=\nset GIT=\nset VENV_DIR=\nset COMMANDLINE_ARGS=\n\ncall webui.bat\n"
_SHELL_TEMPLATE = b'#!/bin/bash\n#export COMMANDLINE_ARGS=""\n'


def _text(script: bytes) -> str:
    return script.decode("latin-1")


def _find(lines: Sequence[str], name: str, *, windows: bool) -> tuple[int, re.Match[str]] | None:
    """Return the last assignment of `name`: that one counts when the script runs."""
    pattern = _pattern(name, windows=windows)
    hits = [(number, hit) for number, line in enumerate(lines) if (hit := pattern.match(line.removesuffix("\r")))]
    return hits[-1] if hits else None


def _pattern(name: str, *, windows: bool) -> re.Pattern[str]:
    base = _ASSIGNMENT[windows]
    return re.compile(base.pattern.replace("{name}", re.escape(name)), base.flags)


def _value(raw: str, *, windows: bool) -> str:
    if windows:
        return raw.replace("%%", "%")
    if len(raw) >= 2 and raw[0] == raw[-1] == '"':
        return re.sub(r"""\\(["$`\\])""", r"\1", raw[1:-1])
    return raw[1:-1] if len(raw) >= 2 and raw[0] == raw[-1] == "'" else raw


def _add_arguments(lines: list[str], addition: str, *, windows: bool) -> int:
    """Add words to the value; return the number of the line that variables may follow."""
    found = _find(lines, NAME, windows=windows)
    if found is None:
        number = _new_line(lines, windows=windows)
        lines[number] = _arguments_line(addition, windows=windows)
        return number
    number, hit = found
    if not addition:
        return number
    if _simple(hit.group("value"), windows=windows):
        lines[number] = hit.group("head") + _appended(hit.group("value"), addition, windows=windows) + hit.group("tail")
        return number
    more = f"set {NAME}=%{NAME}% {addition}" if windows else f'export {NAME}="${NAME} ' + _double_quoted(addition)[1:]
    while windows and lines[number].endswith("^") and number + 1 < len(lines):
        number += 1
    lines.insert(number + 1, more)
    return number + 1


def _simple(value: str, *, windows: bool) -> bool:
    """Whether words can be added inside the value without changing what it means."""
    return not value.rstrip().endswith("^") if windows else bool(_SHELL_LITERAL.match(value))


def _appended(value: str, addition: str, *, windows: bool) -> str:
    if windows:
        return f"{value.rstrip()} {addition}" if value.strip() else f"{value}{addition}"
    inner = _value(value, windows=False)
    text = f"{inner.rstrip()} {addition}" if inner.strip() else addition
    if value.startswith("'") and "'" not in text:
        return f"'{text}'"
    return _double_quoted(text)


def _double_quoted(text: str) -> str:
    return '"' + _SHELL_SPECIAL.sub(r"\\\1", text) + '"'


def _new_line(lines: list[str], *, windows: bool) -> int:
    """Make room for the assignment: in place of the commented template line, before `call`, or at the end."""
    for number, line in enumerate(lines):
        if not windows and _TEMPLATE.match(line):
            return number
        if windows and re.match(r"\s*@?call\s", line, re.IGNORECASE):
            lines.insert(number, "")
            return number
    at_end = len(lines) - 1 if lines and lines[-1] == "" else len(lines)
    lines.insert(at_end, "")
    return at_end


def _arguments_line(addition: str, *, windows: bool) -> str:
    return f"set {NAME}={addition}" if windows else f"export {NAME}={_double_quoted(addition)}"


def _assignment(name: str, value: str, *, windows: bool) -> str:
    if windows:
        return f'set "{name}={value.replace("%", "%%")}"'
    return f"export {name}={shlex.quote(value)}"


def _quote(word: str, *, windows: bool) -> str:
    """Quote one word for the value; it is split again by POSIX rules on every system."""
    if re.fullmatch(r"[\w@%+=:,./-]+", word):
        return word.replace("%", "%%") if windows else word
    if not windows:
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.replace("%", "%%")


def _join(lines: Sequence[str], original: Sequence[str], end: str) -> str:
    """Join lines: untouched ones keep their own line end, new ones get the file's."""
    ends = {line.removesuffix("\r"): ("\r\n" if line.endswith("\r") else "\n") for line in original}
    parts = [line + ends.get(line, end) for line in lines[:-1]]
    return "".join(parts) + (lines[-1] if lines else "")
