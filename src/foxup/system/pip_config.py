"""The person's own pip configuration: uv does not read it, so foxup does and passes on what matters."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from foxup.errors import FoxupError
from foxup.system import commands


def read() -> dict[str, str]:
    """Return pip's settings by bare name (`index-url`, `find-links`), variables over files; nothing without pip."""
    environment = commands.clean_environment(
        {key: value for key, value in os.environ.items() if key.startswith("PIP_")}
    )
    try:
        result = commands.run([sys.executable, "-m", "pip", "config", "list"], env=environment, timeout=20)
    except FoxupError:
        return {}
    return parse(result.stdout) if result.ok else {}


def parse(text: str) -> dict[str, str]:
    """Read the lines of `pip config list`: `global.index-url='…'`; a variable (`:env:`) wins over a file."""
    found: dict[str, str] = {}
    lines = sorted(text.splitlines(), key=lambda line: line.startswith(":env:"))
    for line in lines:
        name, separator, raw = line.partition("=")
        if not separator:
            continue
        try:
            value = ast.literal_eval(raw)
        except (ValueError, SyntaxError):
            continue
        found[name.rpartition(".")[2]] = str(value)
    return found


def wheel_names(places: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of wheels in the local folders among `places` (paths or file addresses)."""
    names: set[str] = set()
    for place in places:
        folder = Path(unquote(urlsplit(place).path)) if place.startswith("file:") else Path(place).expanduser()
        if folder.is_dir():
            names.update(path.name for path in folder.glob("*.whl"))
    return tuple(sorted(names))
