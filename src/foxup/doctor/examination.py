"""One examination: of this machine, of a report, or of facts alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from foxup import facts as facts_documents
from foxup import profile as profiles
from foxup import survey, workflow
from foxup.doctor.case import Case
from foxup.doctor.look import look
from foxup.doctor.run import Result, examine
from foxup.doctor.state import State, from_document
from foxup.errors import UsageError
from foxup.facts import Facts
from foxup.finding import Finding
from foxup.i18n import _
from foxup.paths import Layout
from foxup.profile import Profile
from foxup.system import text

_MACHINE = ("machine", "gpu", "python", "git.present")
_WITHOUT_CARD = "smoke"
_REPAIR = "foxup doctor --fix"
_HERE = frozenset({"doctor", "repair", "settings", "verify", "start", "stop", "report"})
"""Commands that act on the install of the present folder unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What was looked at and what each check gave. `only` are the checks asked for, all when empty.

    `elsewhere`: the install is not in the present folder, so commands must name it.
    """

    case: Case
    layout: Layout
    results: tuple[Result, ...]
    only: tuple[str, ...] = ()
    elsewhere: bool = False

    @property
    def repair(self) -> str:
        """The command that repairs what can be repaired."""
        return _at(_REPAIR, self.layout.root) if self.elsewhere else _REPAIR

    @property
    def findings(self) -> list[Finding]:
        """All findings in the order of the checks."""
        return [finding for result in self.results for finding in result.findings]

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form for `data`."""
        state = self.case.state
        return {
            "path": state.root,
            "profile": self.case.profile.name,
            "program": {"kind": state.program.kind, "version": state.program.version},
            "made_by_foxup": state.made,
            "checks": [result.to_document() for result in self.results],
        }


def profile_of(name: str | None, layout: Layout) -> Profile:
    """Return the profile to judge by; one that the install names and that is gone gives way to the default.

    Raises UsageError when the one asked for by name is not there.
    """
    try:
        return workflow.choose_profile(name, layout)
    except UsageError:
        if name is not None:
            raise
        return _default()


def here(layout: Layout, profile: Profile, facts: Facts, only: Iterable[str], *, offline: bool) -> Examination:
    """Look at an install of this machine and judge it."""
    judged = _judged(layout, profile, facts, look(layout, profile, facts, offline=offline), tuple(only))
    if layout.root in (Path.cwd(), Path.cwd() / workflow.DEFAULT_FOLDER):
        return judged
    return replace(judged, results=tuple(_located(result, layout.root) for result in judged.results), elsewhere=True)


def again(before: Examination, *, offline: bool) -> Examination:
    """Look and judge once more, with the same checks."""
    return here(before.layout, before.case.profile, before.case.facts, before.only, offline=offline)


def of_report(path: Path, profile: str | None, only: Iterable[str]) -> Examination:
    """Judge what a JSON report says. Raises UsageError (`report-unreadable`, `report-invalid`, `facts-invalid`)."""
    document = _read(path)
    facts = facts_documents.from_document(document["facts"])
    state = from_document(document["state"])
    chosen = _named(profile, str(document.get("profile", "")))
    return _judged(Layout(Path(state.root), windows=state.windows), chosen, facts, state, tuple(only))


def of_facts(facts: Facts, profile: str | None, only: Iterable[str]) -> Examination:
    """Judge a machine without an install."""
    windows = facts.os.family == "windows"
    state = State(root=facts.target or "", windows=windows)
    chosen = profiles.load(profile) if profile else _default()
    return _judged(Layout(Path(state.root), windows=windows), chosen, facts, state, tuple(only) or _MACHINE)


def _judged(layout: Layout, profile: Profile, facts: Facts, state: State, only: tuple[str, ...]) -> Examination:
    case = Case(facts, state, profile, survey.embedded(profile))
    return Examination(case, layout, examine(case, only), only)


def _located(result: Result, root: Path) -> Result:
    """Return the result with commands that work from where the person is, which is not the install folder."""
    found = (replace(item, commands=tuple(_at(one, root) for one in item.commands)) for item in result.findings)
    return replace(result, findings=tuple(found))


def _at(command: str, root: Path) -> str:
    verb = command.removeprefix("foxup ").partition(" ")[0]
    return f'{command} --dir "{root}"' if command.startswith("foxup ") and verb in _HERE else command


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(text.given(path))
    except (OSError, ValueError, RecursionError) as error:
        message = _("The report {path} cannot be read.").format(path=path)
        raise UsageError("report-unreadable", message, cause=str(error)) from None
    if not isinstance(document, dict) or not {"facts", "state"} <= document.keys():
        raise UsageError(
            "report-invalid",
            _("{path} is not a JSON report of foxup.").format(path=path),
            hint="foxup report --format json --out report.json",
        )
    return document


def _named(asked: str | None, written: str) -> Profile:
    """Return the profile asked for, else the report's own; one that only its owner has gives way to the default."""
    if asked:
        return profiles.load(asked)
    try:
        return profiles.load(written)
    except UsageError:
        return _default()


def _default() -> Profile:
    try:
        return profiles.load(workflow.DEFAULT_PROFILE)
    except UsageError:
        return profiles.load(_WITHOUT_CARD)
