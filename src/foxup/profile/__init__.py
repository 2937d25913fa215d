"""Profiles: what the guide prescribes, as data. TOML files read into models that forbid unknown keys."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from foxup.errors import FoxupError, UsageError
from foxup.i18n import _
from foxup.profile.base import Model, Text
from foxup.profile.models import (
    ExtensionModel,
    FileModel,
    LaunchModel,
    LockModel,
    PackagesModel,
    Profile,
    PythonModel,
    RepositoryModel,
    RequirementsModel,
    SourceModel,
    TorchChoice,
    WebuiModel,
)
from foxup.profile.references import HiresModel, ReferenceModel, Tolerance

__all__ = [
    "ExtensionModel",
    "FileModel",
    "HiresModel",
    "LaunchModel",
    "LockModel",
    "Model",
    "PackagesModel",
    "Profile",
    "PythonModel",
    "ReferenceModel",
    "RepositoryModel",
    "RequirementsModel",
    "SourceModel",
    "Text",
    "Tolerance",
    "TorchChoice",
    "WebuiModel",
    "load",
    "names",
    "profiles_folder",
]

ALIASES = {"ci": "nai-cpu"}
_OTHERS = ("hardware", "mirrors")
"""Files beside the profiles that are none."""


def profiles_folder() -> Path:
    """Return the folder with the profiles: inside the installed package, or beside `src` in a checkout."""
    packaged = Path(__file__).parents[1] / "profiles"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "profiles"


def names() -> list[str]:
    """Return the names of the profiles that ship with foxup."""
    return sorted(path.stem for path in profiles_folder().glob("*.toml") if path.stem not in _OTHERS)


@cache
def load(name: str) -> Profile:
    """Load a profile by name, or by the path of a TOML file.

    Raises UsageError: `profile-unknown` or `profile-invalid`, naming file and key.
    """
    name = ALIASES.get(name, name)
    path = Path(name) if name.endswith(".toml") else profiles_folder() / f"{name}.toml"
    if not path.is_file() or path.stem in _OTHERS:
        raise UsageError(
            "profile-unknown",
            _("There is no profile {name}.").format(name=name),
            cause=_("Known profiles: {names}").format(names=", ".join(names())),
            hint="foxup profile list",
        )
    try:
        profile = Profile.model_validate(_document(path))
    except tomllib.TOMLDecodeError as error:
        raise _invalid(path, str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _invalid(path, f"{where}: {first['msg']}") from None
    profile.read_from(path.absolute(), shipped=path.parent == profiles_folder())
    return profile


def _document(path: Path) -> dict[str, Any]:
    """Read a profile with what it takes from elsewhere: its file of references, another profile's model files."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    if "references_file" in document:
        further = path.parent / str(document["references_file"])
        more = tomllib.loads(further.read_text(encoding="utf-8")).get("references", []) if further.is_file() else None
        if more is None:
            raise _invalid(path, f"references_file: {document['references_file']}")
        document = {**document, "references": [*document.get("references", []), *more]}
    other = path.parent / f"{document.get('files_of', '')}.toml"
    if not document.get("files_of") or not other.is_file():
        return document
    theirs = _document(other)
    files = [*theirs.get("files", []), *document.get("files", [])]
    return {**document, "files": files, "references": document.get("references") or theirs.get("references", [])}


def _invalid(path: Path, what: str) -> FoxupError:
    message = _("The profile {path} is wrong: {what}").format(path=path.name, what=what)
    return UsageError("profile-invalid", message, hint="foxup profile check " + path.name)
