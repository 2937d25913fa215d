"""The person's own configuration of foxup: mirrors and shared model folders.

`config.toml` in the user's configuration folder, or the file FOXUP_CONFIG names; FOXUP_MIRRORS names a set of mirrors.
Order of settings everywhere: flag, environment variable, this file, profile, default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foxup import mirror_sets
from foxup.errors import UsageError
from foxup.i18n import _
from foxup.paths import MIRRORS_VARIABLE, config_folder


class Mirrors(BaseModel):
    """Where to go instead. Keys are beginnings of addresses, values what takes their place."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    set: str | None = None
    """Name of a set that ships with foxup: `china`, `russia`; `none` for no set. The entries below win over it."""
    files: dict[str, str] = Field(default_factory=dict)
    """For downloads, for example `"https://civitai.com" = "https://mirror.example/civitai"`."""
    git: dict[str, str] = Field(default_factory=dict)
    """For repositories, for example `"https://github.com/" = "https://mirror.example/github/"`."""
    package_index: str | None = None
    """Index of Python packages instead of the default one."""
    pytorch_index: str | None = None
    """What takes the place of `https://download.pytorch.org/whl`."""
    python_builds: str | None = None
    """Where uv finds interpreters instead of GitHub (as `UV_PYTHON_INSTALL_MIRROR`)."""


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


def load(*, elsewhere: bool = False) -> Configuration:
    """Read the configuration; a missing file is an empty one. Raises UsageError (`config-invalid`, `mirrors-unknown`).

    The set of mirrors that flag, variable or file names is already laid under the file's own entries. For a machine
    `elsewhere` this machine's file says nothing.
    """
    written = Configuration() if elsewhere else _read()
    name = os.environ.get(MIRRORS_VARIABLE) or written.mirrors.set
    chosen = mirror_sets.named(name) if name else None
    return written.model_copy(update={"mirrors": _over(written.mirrors, chosen)}) if chosen else written


def _over(own: Mirrors, chosen: mirror_sets.MirrorSet) -> Mirrors:
    return Mirrors(
        set=own.set,
        files={**chosen.files, **own.files},
        git={**chosen.git, **own.git},
        package_index=own.package_index or chosen.package_index,
        pytorch_index=own.pytorch_index or chosen.pytorch_index,
        python_builds=own.python_builds or chosen.python_builds,
    )


def _read() -> Configuration:
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


def addresses(urls: Iterable[str], rules: Mapping[str, str]) -> list[str]:
    """Return where to ask in turn: what the mirrors put in the place of each address, then the addresses themselves."""
    originals = list(urls)
    return list(dict.fromkeys([*(_mirrored(url, rules) for url in originals), *originals]))


def _mirrored(url: str, rules: Mapping[str, str]) -> str:
    """Return the address with its longest known beginning replaced."""
    for prefix in sorted(rules, key=len, reverse=True):
        if url.startswith(prefix):
            return rules[prefix] + url.removeprefix(prefix)
    return url


def _invalid(source: Path, what: str) -> UsageError:
    message = _("The configuration {path} is wrong: {what}").format(path=source, what=what)
    return UsageError("config-invalid", message, hint=_("Correct or remove the file."))
