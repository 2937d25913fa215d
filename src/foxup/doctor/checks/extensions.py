"""The extensions that foxup brought: there, at their commits, in the web UI's own list, switched on."""

from __future__ import annotations

from pathlib import PurePosixPath

from foxup.components import extensions
from foxup.context import Context
from foxup.doctor.case import Case, NotApplicable
from foxup.doctor.checks.webui import need_webui
from foxup.doctor.state import Repository
from foxup.doctor.texts import say
from foxup.finding import Finding
from foxup.i18n import _
from foxup.profile import ExtensionModel

_SHORT = 10
_ALL = "--disable-all-extensions"
_EXTRA = "--disable-extra-extensions"


def state(case: Case) -> list[Finding]:
    """Judge each extension that was asked for."""
    need_webui(case)
    watched = extensions.watched(Context(case.profile, case.facts, case.installed, case.layout))
    if not watched:
        raise NotApplicable(_("No extension of the profile was asked for."))
    return [*(one for item in watched for one in _one(case, item)), *_switched_off(case, watched)]


def _one(case: Case, wanted: ExtensionModel) -> list[Finding]:
    have = case.state.repositories.get(wanted.destination, Repository())
    step, name = f"extensions.{wanted.id}", wanted.name
    if not have.present:
        return [say("extension-missing", fixed_by=step, name=name)]
    if not have.own or not have.commit:
        return [say("extension-damaged", fixed_by=step, name=name)]
    if have.commit != wanted.commit:
        present, pinned = have.commit[:_SHORT], wanted.commit[:_SHORT]
        return [say("extension-other-commit", fixed_by=step, name=name, have=present, wanted=pinned)]
    return [] if have.branch else [say("extension-detached", fixed_by=step, name=name)]


def _switched_off(case: Case, watched: list[ExtensionModel]) -> list[Finding]:
    """Say so when the web UI was told not to load extensions: by an argument, or in its settings."""
    settings = case.state.config.values
    flag = next((name for name in (_ALL, _EXTRA) if name in case.flags), None)
    if flag or settings.get("disable_all_extensions") in ("all", "extra"):
        return [say("extension-disabled/all", by=flag or "disable_all_extensions")]
    off = settings.get("disabled_extensions")
    names = [PurePosixPath(item.destination).name for item in watched]
    return [say("extension-disabled", name=name) for name in names if isinstance(off, list) and name in off]
