"""The person's own configuration of foxup: mirrors and shared model folders.

`config.toml` in the user's configuration folder, or the file FOXUP_CONFIG names. Order of settings everywhere: flag,
environment variable, this file, profile, default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foxup.errors import UsageError
from foxup.i18n import _
from foxup.paths import config_folder


class Mirrors(BaseModel):
    """Where to go instead. Keys are beginnings of addresses, values what takes their place."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    files: dict[str, str] = Field(default_factory=dict)
    """For downloads, for example `"https://civitai.com" = "https://mirror.example/civitai"`."""
    git: dict[str, str] = Field(default_factory=dict)
    """For repositories, for example `"https://github.com/" = "https://mirror.example/github/"`."""
    package_index: str | None = None
    """Index of Python packages instead of the default one."""
    pytorch_index: str | None = None
    """What takes the place of `https://download.pytorch.org/whl`."""


class Configuration(BaseModel):
    """Everything the file may say."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    mirrors: Mirrors = Mirrors()
    """Other addresses to fetch from; whichever answers, hashes and commits must match."""
    models_folders: tuple[Path, ...] = ()
    """Folders with model files of other programs; a file with the right hash is linked instead of fetched."""


def path() -> Path:
    """Return the file the configuration is read from, there or not."""
    named = os.environ.get("FOXUP_CONFIG")
    return Path(named) if named else config_folder() / "config.toml"


def load() -> Configuration:
    """Read the configuration; a missing file is an empty one. Raises UsageError (`config-invalid`)."""
    source = path()
    try:
        text = source.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Configuration()
    except OSError as error:
        raise _invalid(source, error.strerror or str(error)) from None
    try:
        return Configuration.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _invalid(source, str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        raise _invalid(source, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None


def mirrored(url: str, rules: Mapping[str, str]) -> str:
    """Return the address with its longest known beginning replaced."""
    for prefix in sorted(rules, key=len, reverse=True):
        if url.startswith(prefix):
            return rules[prefix] + url.removeprefix(prefix)
    return url


def _invalid(source: Path, what: str) -> UsageError:
    message = _("The configuration {path} is wrong: {what}").format(path=source, what=what)
    return UsageError("config-invalid", message, hint=_("Correct or remove the file."))
