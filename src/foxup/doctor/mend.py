"""Repairs that no profile prescribes: a line of arguments without what ends the start, folders that git shall trust."""

from __future__ import annotations

import re
import shlex

from foxup.components.launch_script import NAME, merge
from foxup.doctor.case import Case
from foxup.doctor.checks import launching
from foxup.i18n import _
from foxup.paths import Layout
from foxup.step import Step, WriteFile
from foxup.system import files

ARGUMENTS = "launch-script.arguments"
_LINE = re.compile(
    rf"^[ \t]*(?:@?[ \t]*set[ \t]+\"?|(?:export[ \t]+)?){NAME}=.*$(?:\r?\n)?".encode(), re.IGNORECASE | re.MULTILINE
)


def steps(case: Case, layout: Layout) -> tuple[Step, ...]:
    """Return the step that writes the line of arguments anew; nothing when the script is gone."""
    present = files.read_bytes(layout.launch_script)
    if present is None:
        return ()
    words, dropped = arguments(case)
    content = merge(_LINE.sub(b"", present), words, {}, windows=layout.windows)
    action = WriteFile(layout.launch_script, content, files.sha256_bytes(present))
    return (
        Step(
            id=ARGUMENTS,
            title=_("The line {name} in {script} without what ends the start").format(
                name=NAME, script=layout.launch_script.name
            ),
            why=_("The original file is kept in {path}.").format(path=layout.originals),
            actions=(action,),
            details=tuple(_("taken out: {word}").format(word=word) for word in dropped),
        ),
    )


def arguments(case: Case) -> tuple[tuple[str, ...], list[str]]:
    """Return the words that stay in the line, and those that go."""
    have = _readable(case)
    unknown = set(launching.unknown(case))
    taken = {"--port"} if case.state.port.taken and case.state.port.fixed else set()
    stay = launching.without(have, unknown | taken)
    return stay, [word for word in have if word not in stay]


def trusting(paths: tuple[str, ...]) -> Step:
    """Return what trusting folders means, for people; the way back is among the details."""
    return Step(
        id="git.trust",
        title=_("Let git read the folders of this web UI"),
        why=_("It changes your own git configuration, nothing in the folders."),
        details=tuple(f'git config --global --unset-all safe.directory "{path}"' for path in paths),
    )


def _readable(case: Case) -> tuple[str, ...]:
    """Return the words of the line; of one with a quotation mark too many, what is left without any."""
    if not launching.unreadable(case):
        return case.arguments
    return tuple(shlex.split(re.sub(r"[\"'`]", " ", launching.raw(case))))
