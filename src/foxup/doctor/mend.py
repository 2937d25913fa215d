"""Repairs that no profile prescribes: a line of arguments without what ends the start, folders that git shall trust."""

from __future__ import annotations

from foxup.components import launch_script
from foxup.components.launch_script import NAME
from foxup.doctor.case import Case
from foxup.doctor.checks import launching
from foxup.i18n import _
from foxup.paths import Layout
from foxup.step import Step, WriteFile
from foxup.system import files

ARGUMENTS = "launch-script.arguments"


def steps(case: Case, layout: Layout) -> tuple[Step, ...]:
    """Return the step that writes the arguments anew; nothing when the script is gone or only its owner can do it."""
    present = files.read_bytes(layout.launch_script)
    if present is None:
        return ()
    taken = {"--port"} if case.state.port.taken and case.state.port.fixed else set()
    mended = launch_script.mended(present, set(launching.unknown(case)) | taken, windows=layout.windows)
    if mended is None:
        return ()
    content, dropped = mended
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


def trusting(paths: tuple[str, ...]) -> Step:
    """Return what trusting folders means, for people; the way back is among the details."""
    return Step(
        id="git.trust",
        title=_("Let git read the folders of this web UI"),
        why=_("It changes your own git configuration, nothing in the folders."),
        details=tuple(f'git config --global --unset-all safe.directory "{path}"' for path in paths),
    )
