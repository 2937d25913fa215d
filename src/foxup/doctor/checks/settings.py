"""config.json: readable, of the right kinds, as the guide prescribes, naming files that are there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from foxup.components import settings as rules
from foxup.doctor.case import Case, NotApplicable
from foxup.doctor.checks.webui import need_webui
from foxup.doctor.texts import say
from foxup.finding import Finding
from foxup.i18n import _

_NO_FILE = {"Automatic", "None", "auto", "", None}
_SHOWN = 6


def file(case: Case) -> list[Finding]:
    """Name a file that the web UI would throw away."""
    need_webui(case)
    problem = rules.file_problem(case.installed.config)
    return [problem] if problem else []


def values(case: Case) -> list[Finding]:
    """Judge the values the web UI would work with."""
    need_webui(case)
    config = case.state.config
    if config.state == "missing" and not case.state.made:
        raise NotApplicable(_("It has not been started yet; the file is written then."))
    have: Mapping[str, Any] = config.values
    wanted = case.profile.settings
    kinds = [key for key in wanted if key in have and not _same_kind(have[key], wanted[key])]
    found = [say("settings-wrong-type", names=", ".join(f"{key} = {have[key]!r}" for key in kinds))] if kinds else []
    found += _files(case, have)
    named = {"sd_vae"} if any(item.code == "settings-vae-missing" for item in found) else set()
    differing = [key for key in rules.differing(have, wanted) if key not in {*kinds, *named}]
    if differing:
        code = "settings-differ" if case.state.made else "settings-differ/foreign"
        shown = ", ".join(differing[:_SHOWN]) + (", …" if len(differing) > _SHOWN else "")
        found.append(say(code, names=shown))
    return found


def _same_kind(have: Any, wanted: Any) -> bool:
    """Whether the web UI can use the value in the other's place; a whole number serves as a fraction."""
    if isinstance(wanted, tuple):
        return isinstance(have, list)
    if isinstance(wanted, float):
        return isinstance(have, (int, float)) and not isinstance(have, bool)
    return type(have) is type(wanted)


def _files(case: Case, have: Mapping[str, Any]) -> list[Finding]:
    repaired = "settings" if case.state.made else None
    vae, checkpoint = have.get("sd_vae"), have.get("sd_model_checkpoint")
    vaes = [model.path for model in case.state.models if model.folder == "vae" or ".vae." in model.path]
    found = []
    if vae not in _NO_FILE and not _there(str(vae), vaes):
        found.append(say("settings-vae-missing", fixed_by=repaired, name=vae, there=_list(vaes)))
    checkpoints = [model.path for model in case.state.models if model.folder == "checkpoint"]
    if checkpoint not in _NO_FILE and not _there(str(checkpoint), checkpoints):
        found.append(say("checkpoint-fallback", fixed_by=repaired, name=checkpoint, there=_list(checkpoints)))
    return found


def _there(name: str, paths: list[str]) -> bool:
    """Whether a setting names one of the files: with or without folder, ending and hash in brackets."""
    plain = name.rpartition(" [")[0] or name
    plain = PurePosixPath(plain.replace("\\", "/")).name
    return any(plain in {PurePosixPath(path).name, PurePosixPath(path).stem} for path in paths)


def _list(paths: list[str]) -> str:
    return ", ".join(PurePosixPath(path).name for path in paths[:_SHOWN]) or _("none")
