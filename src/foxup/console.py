"""The only writer: for people, for programs (`--json`), or quiet. Data to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from foxup.errors import FoxupError, UsageError
from foxup.finding import Finding, Severity
from foxup.i18n import _

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.table import Table

_GLYPHS = {"ok": ("✓", "[OK]"), "bad": ("✗", "[X]"), "dot": ("·", "-"), "arrow": ("→", "->"), "warn": ("!", "!")}
_STYLES = {
    Severity.BLOCKER: ("bad", "bold red"),
    Severity.ERROR: ("bad", "red"),
    Severity.WARNING: ("warn", "yellow"),
    Severity.ACTION: ("arrow", "cyan"),
    Severity.INFO: ("dot", "dim"),
}
_MARKED = re.compile(
    r" *(?:(?:" + "|".join(re.escape(sign) for pair in _GLYPHS.values() for sign in pair) + r"|\$|\d+\.) )?"
)
_NO_TERMINAL_WIDTH = 100


@dataclass
class Output:
    """How this run speaks; set once by the command line's common flags."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    yes: bool = False
    events: Path | None = None
    command: str = ""
    findings: list[Finding] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


out = Output()


def rich(stream: IO[str] | None = None) -> RichConsole:
    """Return a rich console on `stream` (default stderr) that takes all text literally."""
    from rich.console import Console as RichConsole

    target = stream or sys.stderr
    width = None if target.isatty() else int(os.environ.get("COLUMNS") or _NO_TERMINAL_WIDTH)
    return RichConsole(file=target, markup=False, highlight=False, emoji=False, soft_wrap=False, width=width)


def glyph(name: str, stream: IO[str] | None = None) -> str:
    """Return the sign `name`, or its ASCII stand-in where the stream's encoding lacks it."""
    sign, plain = _GLYPHS[name]
    target = stream or sys.stderr
    target = getattr(target, "rich_proxied_file", target)  # while a progress bar is shown; the proxy has no encoding
    encoding = getattr(target, "encoding", None) or "ascii"
    try:
        sign.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return plain
    return sign


def say(text: str = "", *, style: str | None = None) -> None:
    """Tell a person something, unless they asked for quiet or for JSON."""
    if not (out.quiet or out.json):
        write(rich(), text, style)


def write(printer: RichConsole, text: str, style: str | None = None) -> None:
    """Print one line: wrapped by words on a terminal, whole in a pipe, so that paths and commands can be copied.

    What is wrapped stays under its own beginning, behind the sign or number it may have.
    """
    if not printer.is_terminal:
        printer.print(text, style=style, soft_wrap=True)
        return
    from rich.table import Table
    from rich.text import Text

    found = _MARKED.match(text)
    head = found[0] if found else ""
    if not head:
        printer.print(Text(text, style=style or ""))
        return
    line = Table.grid()
    line.add_column(width=len(head), no_wrap=True)
    line.add_column()
    line.add_row(Text(head, style=style or ""), Text(text[len(head) :], style=style or ""))
    printer.print(line)


def detail(text: str) -> None:
    """Tell a person something they only want with --verbose."""
    if out.verbose:
        say(text, style="dim")


def mark(name: str, text: str, *, style: str | None = None) -> None:
    """Tell one line behind a sign."""
    say(f"  {glyph(name)} {text}", style=style)


def show(findings: Iterable[Finding], *, data: bool = False) -> None:
    """Show findings for people: what, why, what to do. `data`: they are what was asked for, so they go to stdout."""
    stream = sys.stdout if data else sys.stderr
    if out.json or (out.quiet and not data):
        return
    printer = rich(stream)
    for finding in findings:
        sign, style = _STYLES[finding.severity]
        write(printer, f"  {glyph(sign, stream)} {finding.message}", style)
        for line in (finding.cause, finding.remedy):
            if line:
                write(printer, f"      {line}")
        for command in finding.commands:
            write(printer, f"      $ {command}", "cyan")


def table(table: Table) -> None:
    """Show a table on stderr."""
    if not (out.quiet or out.json):
        rich().print(table)


def result(text: str) -> None:
    """Write the command's own data, for people: to stdout, also with --quiet."""
    if not out.json:
        write(rich(sys.stdout), text)


def error(failure: FoxupError) -> None:
    """Tell a person why it did not work: what, cause, hint."""
    if out.json:
        return
    printer = rich()
    write(printer, _("error: {message}").format(message=failure.message), "bold red")
    if failure.cause:
        write(printer, "  " + _("cause: {cause}").format(cause=failure.cause))
    if failure.hint:
        write(printer, _("hint: {hint}").format(hint=failure.hint), "cyan")


def document(exit_code: int, failure: FoxupError | None = None) -> None:
    """Write the one JSON document of `--json`, ASCII only, so that every code page can carry it."""
    if not out.json:
        return
    value = {
        "schema": 1,
        "command": out.command,
        "ok": exit_code == 0,
        "exit_code": exit_code,
        "data": out.data,
        "findings": [finding.to_document() for finding in out.findings],
        "error": None
        if failure is None
        else {"code": failure.code, "message": failure.message, "cause": failure.cause, "hint": failure.hint},
    }
    sys.stdout.write(json.dumps(value, ensure_ascii=True, indent=2) + "\n")


def event(kind: str, **fields: Any) -> None:
    """Append one JSON object to the file of `--events`, if there is one."""
    if out.events:
        with out.events.open("a", encoding="ascii") as stream:
            stream.write(json.dumps({"event": kind, **fields}, ensure_ascii=True) + "\n")


def confirm(question: str) -> bool:
    """Ask once; `--yes` answers. Raises UsageError (`needs-yes`) when nobody can be asked."""
    if out.yes:
        return True
    if out.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "needs-yes",
            _("This would ask for confirmation, but there is no terminal to ask at."),
            hint=_("Add --yes to confirm beforehand."),
        )
    import typer

    return typer.confirm(question, err=True)


def size(count: float) -> str:
    """Write a number of bytes for people, in decimal units."""
    if count < 1000:
        return _("{count:.0f} B").format(count=count)
    for text in (_("{count:.1f} kB"), _("{count:.1f} MB")):
        count /= 1000
        if count < 1000:
            return text.format(count=count)
    return _("{count:.1f} GB").format(count=count / 1000)


@contextmanager
def status(text: str) -> Iterator[None]:
    """Show that something is under way; a plain line where there is no terminal."""
    if out.quiet or out.json:
        yield
        return
    printer = rich()
    if not sys.stderr.isatty():
        printer.print(f"  {glyph('dot')} {text}")
        yield
        return
    with printer.status(text, spinner="dots" if glyph("ok") == "✓" else "line"):
        yield


def extend(data: Mapping[str, Any], findings: Iterable[Finding] = ()) -> None:
    """Add to what the JSON document will say."""
    out.data.update(data)
    out.findings.extend(findings)


def result_line(text: str, *, style: str) -> None:
    """Write one line of the command's own data, with a style where colour is shown."""
    if not out.json:
        write(rich(sys.stdout), text, style)
