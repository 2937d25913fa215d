"""Model files: those of the profile by hash, all others by content and name."""

from __future__ import annotations

from pathlib import PurePosixPath

from foxup.components.models import matches
from foxup.doctor.case import Case, NotApplicable
from foxup.doctor.checks.webui import need_webui
from foxup.doctor.state import ModelFile
from foxup.doctor.texts import say
from foxup.finding import Finding
from foxup.i18n import _, pick
from foxup.profile import FileModel

_SHORT = 10
_AUTOMATIC = {"Automatic", "auto"}


def files(case: Case) -> list[Finding]:
    """Judge the files the profile installs by default, with their parts."""
    need_webui(case)
    wanted = [item for item in case.profile.files if _whole(case, item).default]
    if not wanted:
        raise NotApplicable(_("The profile says nothing of this."))
    if not case.state.made:
        return _elsewhere(case, wanted)
    return [one for item in wanted for one in _file(case, item)]


def content(case: Case) -> list[Finding]:
    """Judge every other model file by what is in it."""
    need_webui(case)
    known = {item.destination for item in case.profile.files} if case.state.made else set()
    found = []
    for model in case.state.models:
        if model.path not in known:
            found += _content(model)
    return found


def names(case: Case) -> list[Finding]:
    """Name files that are taken for what they are not because of their name or place."""
    need_webui(case)
    found = [say("yaml-beside-checkpoint", path=path) for path in case.state.yamls if not _prescribed(case, path)]
    chosen = case.state.config.values.get("sd_vae")
    if chosen not in _AUTOMATIC and chosen is not None:
        return found
    checkpoints = [model for model in case.state.models if model.folder == "checkpoint" and ".vae." not in model.path]
    for checkpoint in checkpoints:
        stem = PurePosixPath(checkpoint.path).stem.lower()
        for model in case.state.models:
            name = PurePosixPath(model.path).name.lower()
            if model.path != checkpoint.path and (model.folder == "vae" or ".vae." in name) and name.startswith(stem):
                found.append(say("vae-by-name", path=model.path, checkpoint=PurePosixPath(checkpoint.path).name))
    return found


def tokenizer(case: Case) -> list[Finding]:
    """Judge the tokenizer in the cache of Hugging Face."""
    need_webui(case)
    state = case.state.tokenizer
    if state is None or _own_tokenizer(case) or case.state.program.kind != "a1111":
        raise NotApplicable(_("This web UI brings its own."))
    codes = {"missing": "tokenizer-cache-missing", "damaged": "clip-tokenizer-load-failed"}
    return [say(codes[state])] if state in codes else []


def _own_tokenizer(case: Case) -> bool:
    """Whether the profile's checkpoint comes with a tokenizer, as the tiny one does."""
    checkpoints = {item.id for item in case.profile.files if item.kind == "checkpoint"}
    return case.state.made and any(
        item.kind == "tokenizer" and item.part_of in checkpoints for item in case.profile.files
    )


def _whole(case: Case, item: FileModel) -> FileModel:
    """Return the file that a part belongs to, or the file itself."""
    return next((file for file in case.profile.files if file.id == item.part_of), item)


def _file(case: Case, item: FileModel) -> list[Finding]:
    state = case.state.files.get(item.destination)
    receipt = case.installed.receipt
    step = f"models.{_whole(case, item).id}"
    if state is None:
        title = pick(item.title.model_dump())
        return [say("model-missing", fixed_by=step, title=title, path=item.destination)]
    if matches(item, state, receipt.files.get(item.destination) if receipt else None):
        return []
    if item.size is not None and state.size < item.size:
        return [say("model-truncated", fixed_by=step, path=item.destination, have=state.size, wanted=item.size)]
    wanted = (item.sha256 or item.sha256_prefix or "?")[:_SHORT]
    have = state.sha256[:_SHORT]
    return [say("model-other-content", fixed_by=step, path=item.destination, have=have, wanted=wanted)]


def _elsewhere(case: Case, wanted: list[FileModel]) -> list[Finding]:
    """A web UI that foxup did not install needs any checkpoint, not the profile's."""
    there = [model for model in case.state.models if model.folder == "checkpoint" and model.problem is None]
    main = next((item for item in wanted if item.kind == "checkpoint"), None)
    if main is None:
        return []
    if not there:
        return [say("no-checkpoint", fixed_by=f"models.{main.id}")]
    missing = main.destination not in case.state.files
    return [say("model-guide-missing", path=main.destination, profile=case.profile.name)] if missing else []


def _content(model: ModelFile) -> list[Finding]:
    if model.problem == "safetensors-incomplete":
        return [say("safetensors-incomplete", path=model.path)]
    if model.problem:
        return [say("model-damaged", path=model.path, problem=model.problem)]
    if model.folder == "checkpoint" and model.content == "vae" and ".vae." not in model.path:
        return [say("vae-among-checkpoints", path=model.path)]
    if model.folder == "checkpoint" and model.content in {"lora", "other"}:
        return [say("not-a-checkpoint", path=model.path, content=model.content)]
    if model.folder == "vae" and model.content == "checkpoint":
        return [say("checkpoint-among-vaes", path=model.path)]
    return []


def _prescribed(case: Case, path: str) -> bool:
    return any(item.destination == path for item in case.profile.files)
