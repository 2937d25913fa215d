"""Make docs/reference/commands.md from what `--help` prints.

COLUMNS=80 FOXUP_LANG=en python -m tests.commands_page > docs/reference/commands.md
"""

from __future__ import annotations

import contextlib
import io
import re

from foxup.cli.app import build

HEAD = "# Commands\n\nEvery command and its flags, as `--help` prints them.\n"


def page() -> str:
    """Return the page: the top level first, then each command with those below it."""
    return "\n".join([HEAD, *_sections(build(), [])])


def _sections(run, words):
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        run([*words, "--help"])
    shown = "\n".join(line.rstrip() for line in stream.getvalue().strip().splitlines())
    yield f"## {' '.join(['foxup', *words])}\n\n```\n{shown}\n```\n"
    for name in re.findall(r"^  ([a-z]+)  ", shown.partition("\nCommands:\n")[2], re.MULTILINE):
        yield from _sections(run, [*words, name])


if __name__ == "__main__":
    print(page(), end="")
