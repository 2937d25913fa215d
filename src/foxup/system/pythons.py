"""The archives that uv takes interpreters from: which one a machine needs, and where it can be had."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from foxup.errors import FoxupError
from foxup.facts import OsFacts
from foxup.i18n import _
from foxup.step import FileSpec, Source
from foxup.system import commands, uv

_GITHUB = "https://github.com/astral-sh/python-build-standalone/releases/download"
_ARCH = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True, slots=True)
class Archive:
    """An interpreter to download: its full version, and its place below a folder or address uv takes for a mirror."""

    version: str
    place: str
    spec: FileSpec


def archive(wanted: str, system: OsFacts) -> Archive:
    """Return the archive of the newest CPython `wanted` (`3.10`) for a machine, as this uv knows it.

    Its hash is inside uv, which checks it when it installs. Raises FoxupError (`python-not-provided`).
    """
    arguments = ["python", "list", wanted, "--no-config", "--only-downloads", "--all-platforms"]
    arguments += ["--output-format", "json"]
    result = commands.run([uv.find_uv(), *arguments], env=uv.environment(), timeout=60)
    machine = system.arch.lower()
    for item in json.loads(result.stdout) if result.ok else []:
        fits = (item["implementation"], item["variant"], item["os"]) == ("cpython", "default", system.family)
        if fits and item["arch"] == _ARCH.get(machine, machine) and item["libc"] != "musl":
            return _archive(item["version"], item["url"])
    raise FoxupError(
        "python-not-provided",
        _("Python {version} could not be brought.").format(version=wanted),
        hint=_("Install Python {version} yourself, or set UV_PYTHON_INSTALL_MIRROR to a mirror you can reach.").format(
            version=wanted
        ),
    )


def _archive(version: str, url: str) -> Archive:
    below = "/".join(urlsplit(url).path.split("/")[-2:])
    mirror = os.environ.get("UV_PYTHON_INSTALL_MIRROR", "").rstrip("/")
    addresses = dict.fromkeys([*([f"{mirror}/{below}"] if mirror else []), url, f"{_GITHUB}/{below}"])
    name = unquote(below.rpartition("/")[2])
    sources = tuple(Source(address) for address in addresses)
    return Archive(version, unquote(below), FileSpec(f"python-{version}", name, "other", sources))
