"""The web UI's own files, folders and repositories."""

from __future__ import annotations

from pathlib import PurePosixPath

from foxup.components.webui import FOLDERS
from foxup.doctor.case import Case, NotApplicable
from foxup.doctor.state import Repository
from foxup.doctor.texts import knowledge, say
from foxup.finding import Finding
from foxup.i18n import _
from foxup.profile import RepositoryModel

_SHOWN = 5
_SHORT = 10


def program(case: Case) -> list[Finding]:
    """Say which web UI it is where that limits the checks; a missing one is an error."""
    kind = case.state.program.kind
    if kind == "none":
        lost = case.state.made or bool(case.state.receipt)
        return [say("webui-missing-launcher" if lost else "webui-missing", path=case.state.root)]
    if kind == "unknown":
        return [say("program-unknown")]
    fork = next(item for item in knowledge().forks if item.kind == kind)
    return [] if fork.covered else [say("fork-not-covered", name=fork.name)]


def files(case: Case) -> list[Finding]:
    """Compare the web UI's files with those that were installed."""
    need_webui(case)
    covered(case)
    if case.profile.webui.kind == "embedded":
        return _embedded(case)
    root = next((item for item in case.profile.webui.repositories if item.destination == "."), None)
    if root is None:
        raise NotApplicable(_("The profile says nothing of this."))
    state = case.state.repositories.get(".", Repository(present=True))
    if not state.own:
        return [say("not-a-git-repository", path=case.state.root)]
    if state.commit == root.commit:
        return []
    return [say("webui-other-commit", have=(state.commit or "?")[:_SHORT], wanted=root.commit[:_SHORT])]


def folders(case: Case) -> list[Finding]:
    """Name missing folders. Of a web UI that foxup did not install, only the one without which a start can fail."""
    need_webui(case)
    wanted = FOLDERS if case.state.made else ("tmp",)
    missing = [name for name in wanted if name not in case.state.files]
    return [say("folders-missing", names=", ".join(missing))] if missing else []


def repositories(case: Case) -> list[Finding]:
    """Judge each repository that the web UI works with: there, its own top level, at the one commit."""
    need_webui(case)
    wanted = {item.destination: item for item in case.profile.webui.repositories if item.destination != "."}
    if case.state.program.kind in {"a1111", "minui"}:
        found = [one for name, item in wanted.items() for one in _repository(case, name, item)]
    else:
        found = []
    known = {*wanted, ".", *(item.destination for item in case.profile.extensions)}
    strangers = {name: state for name, state in case.state.repositories.items() if name not in known}
    found += [say("repository-not-own", name=name) for name, state in strangers.items() if _foreign(state)]
    if not wanted and not strangers:
        raise NotApplicable(_("This web UI has none."))
    return found


def ownership(case: Case) -> list[Finding]:
    """Name git folders that git does not trust."""
    need_webui(case)
    asked = {name: state.trusted for name, state in case.state.repositories.items() if state.trusted is not None}
    if not asked:
        raise NotApplicable(_("This web UI has none."))
    refused = [name for name, trusted in asked.items() if not trusted]
    if not refused:
        return []
    return [say("git-dubious-ownership", commands=trust_commands(case, refused), names=", ".join(refused))]


def trust_commands(case: Case, names: list[str]) -> tuple[str, ...]:
    """Return the command lines that make git trust folders of the install."""
    return tuple(f'git config --global --add safe.directory "{path}"' for path in trust_paths(case, names))


def trust_paths(case: Case, names: list[str]) -> list[str]:
    """Return the folders as git names them: absolute, with slashes."""
    root = case.state.root.replace("\\", "/").rstrip("/")
    return [root if name == "." else f"{root}/{name}" for name in names]


def need_webui(case: Case) -> None:
    """Leave when there is no web UI. Raises NotApplicable."""
    if not case.there:
        raise NotApplicable(_("There is no web UI in this folder."))


def covered(case: Case) -> None:
    """Leave when the rules were made for another web UI. Raises NotApplicable."""
    kind = "minui" if case.profile.webui.kind == "embedded" else "a1111"
    # a web UI that foxup installed is the profile's, whatever its files look like
    if not case.state.made and case.state.program.kind != kind:
        raise NotApplicable(_("The rules were made for another web UI."))


def _embedded(case: Case) -> list[Finding]:
    step = next((item for item in case.plan.steps if item.id == "webui.files"), None)
    if step is None:
        return []
    names = [getattr(action, "destination", case.layout.root) for action in step.actions]
    shown = ", ".join(PurePosixPath(path).name for path in names[:_SHOWN])
    return [say("webui-files-differ", names=shown if len(names) <= _SHOWN else f"{shown}, …")]


def _repository(case: Case, name: str, wanted: RepositoryModel) -> list[Finding]:
    state = case.state.repositories.get(name, Repository())
    repaired = f"repositories.{PurePosixPath(name).name}"
    if not state.present:
        return [say("repository-missing", fixed_by=repaired, name=name)]
    if not state.own or not state.commit:
        return [say("repository-not-own", fixed_by=repaired, name=name)]
    if state.commit == wanted.commit:
        return []
    have, need = state.commit[:_SHORT], wanted.commit[:_SHORT]
    return [say("repository-other-commit", fixed_by=repaired, name=name, have=have, wanted=need)]


def _foreign(state: Repository) -> bool:
    return state.present and not state.own
