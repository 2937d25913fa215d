"""Python interpreters on this machine: found in many places, each really started once and asked what it is."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

from foxup.facts import PythonFacts
from foxup.system.commands import clean_environment, find_program, run
from foxup.system.host import is_apple_stub
from foxup.system.parallel import gather

LIST_TIMEOUT_S = 3.0
ASK_TIMEOUT_S = 4.0
_AT_ONCE = 4
_MOST = 48  # on a machine with more, the first ones found count
_PY_LINE = re.compile(r"(?i)^\s*-\S+\s+(?:\*\s+)?([a-z]:\\.+?\.exe)\s*\*?\s*$")

# Prints what we want to know. The base interpreter counts: an environment may vanish with its project.
_QUESTION = """
import json, sys, platform
try:
    import venv, ensurepip
    whole = True
except ImportError:
    whole = False
base = getattr(sys, "_base_executable", None) if sys.prefix != sys.base_prefix else None
print(json.dumps({"version": platform.python_version(), "bits": 64 if sys.maxsize > 2**32 else 32,
    "path": base or sys.executable, "implementation": platform.python_implementation(), "venv": whole}))
"""


def find() -> tuple[PythonFacts, ...]:
    """Return all interpreters that answer, in the order a shell would find them; Store aliases without asking.

    Raises nothing for an interpreter that is broken: it is left out.
    """
    return ask_all(candidates())


def candidates() -> list[Path]:
    """Return the programs that may be interpreters, the likely ones first, not yet without doubles."""
    environ = os.environ
    windows = os.name == "nt"
    path = [Path(entry) for entry in environ.get("PATH", "").split(os.pathsep) if entry]
    found = list(programs(path, windows=windows))
    answers = gather({"uv": _from_uv, "py": _from_launcher, "registry": _from_registry}, LIST_TIMEOUT_S + 1)
    for answer in answers.values():
        found += answer.value or []
    return found + list(programs(folders(environ, Path.home(), windows=windows), windows=windows))


def folders(environ: Mapping[str, str], home: Path, *, windows: bool) -> Iterator[Path]:
    """Give the existing folders that interpreters are installed into."""
    for place in _rules()["windows" if windows else "posix"]["folders"]:
        expanded = _expanded(place, environ, home)
        if expanded is None:
            continue
        anchor = Path(expanded).anchor
        with suppress(OSError, NotImplementedError):
            yield from sorted(Path(anchor).glob(expanded[len(anchor) :]), key=_newest_first)


def _expanded(place: str, environ: Mapping[str, str], home: Path) -> str | None:
    """Fill in the variables; None when one of them is not set."""
    names = re.findall(r"%([^%]+)%|\$(\w+)", place)
    for first, second in names:
        value = environ.get(first or second)
        if not value:
            return None
        place = place.replace(f"%{first}%" if first else f"${second}", value)
    return str(home) + place[1:] if place.startswith("~") else place


def programs(places: Iterable[Path], *, windows: bool) -> Iterator[Path]:
    """Give the files in `places` that are named like an interpreter; shims are left out."""
    wanted = re.compile(_rules()["windows" if windows else "posix"]["programs"])
    for place in dict.fromkeys(places):
        if not place.is_absolute() or place.name in _rules()["skip"]["folders"]:
            continue
        with suppress(OSError):
            names = sorted((entry.name for entry in os.scandir(place) if wanted.match(entry.name)), key=_by_version)
            yield from (place / name for name in names)


def _newest_first(path: Path) -> list[int]:
    return [-int(number) for number in re.findall(r"\d+", str(path))]


def _by_version(name: str) -> tuple[int, list[int]]:
    """Order `python3` before `python3.12` before `python3.10` before `python`."""
    numbers = [int(number) for number in re.findall(r"\d+", name)]
    return (0 if len(numbers) == 1 else 1 if numbers else 2, [-number for number in numbers])


def ask_all(found: Iterable[Path]) -> tuple[PythonFacts, ...]:
    """Start each distinct interpreter once, a few at a time, and return what they are; doubles are left out."""
    distinct = _distinct(found)
    stubs = [path for path in distinct if is_store_stub(path)]
    real = [path for path in distinct if path not in stubs and not is_apple_stub(path)]
    questions: dict[str, Callable[[], PythonFacts | None]] = {str(path): partial(ask, path) for path in real[:_MOST]}
    answers = gather(questions, ASK_TIMEOUT_S * 2, at_once=_AT_ONCE)
    known: dict[str, PythonFacts] = {}
    for answer in answers.values():
        if answer.value is not None:
            known.setdefault(_identity(Path(answer.value.path)), answer.value)
    return (*known.values(), *(PythonFacts(path=str(path), store_stub=True, venv=False) for path in stubs))


def _distinct(found: Iterable[Path]) -> list[Path]:
    by_identity: dict[str, Path] = {}
    for path in found:
        by_identity.setdefault(_identity(path), path)
    return list(by_identity.values())


def _identity(path: Path) -> str:
    """Return the real file's name; an environment's link and its base interpreter have the same."""
    try:
        return os.path.normcase(path.resolve(strict=True))
    except OSError:  # Store aliases cannot be resolved
        return os.path.normcase(path)


def is_store_stub(path: Path) -> bool:
    """Tell whether `path` only opens the Microsoft Store: an alias, and no Python from the Store is there."""
    rules = _rules()["skip"]
    folder = str(path.parent).replace("/", "\\").lower()
    if not folder.endswith(rules["store"]):
        return False
    return not any(path.parent.glob(rules["store_package"]))


def ask(path: Path) -> PythonFacts | None:
    """Start one interpreter and return what it says of itself, None when it does not say it. Raises FoxupError."""
    done = run([path, "-I", "-c", _QUESTION], timeout=ASK_TIMEOUT_S)
    return parse_answer(done.stdout)


def parse_answer(text: str) -> PythonFacts | None:
    """Read the last line an interpreter printed (site hooks may print before it)."""
    lines = text.strip().splitlines()
    with suppress(ValueError, KeyError, TypeError):
        values: dict[str, Any] = json.loads(lines[-1]) if lines else {}
        return PythonFacts(
            version=str(values["version"]),
            bits=int(values["bits"]),
            path=str(values["path"]),
            implementation=str(values["implementation"]),
            venv=bool(values["venv"]),
        )
    return None


def _from_uv() -> list[Path]:
    """Ask uv for its own interpreters; without PATH it does not start all others first."""
    from foxup.system.uv import find_uv

    words = [find_uv(), "python", "list", "--only-installed", "--offline", "--no-config", "--output-format", "json"]
    return parse_uv(run(words, env=clean_environment({"PATH": ""}), timeout=LIST_TIMEOUT_S).stdout)


def parse_uv(text: str) -> list[Path]:
    """Return the paths in uv's JSON list; nothing when it is none."""
    with suppress(ValueError, TypeError):
        entries = json.loads(text)
        if isinstance(entries, list):
            return [Path(each["path"]) for each in entries if isinstance(each, dict) and each.get("path")]
    return []


def _from_launcher() -> list[Path]:
    program = find_program("py") if os.name == "nt" else None
    return parse_launcher(run([program, "-0p"], timeout=LIST_TIMEOUT_S).stdout) if program else []


def parse_launcher(text: str) -> list[Path]:
    """Return the paths that `py -0p` lists, in its old and new forms, the star of the default left out."""
    return [Path(found[1]) for line in text.splitlines() if (found := _PY_LINE.match(line))]


def _from_registry() -> list[Path]:
    if os.name != "nt":
        return []
    from foxup.system.windows_python import read

    return parse_registry(read())


def parse_registry(entries: Iterable[Mapping[str, Any]]) -> list[Path]:
    """Return the interpreters of InstallPath keys (PEP 514): `ExecutablePath`, else python.exe in the folder."""
    found = []
    for entry in entries:
        program, folder = entry.get("ExecutablePath"), entry.get("")
        if program or folder:
            found.append(Path(program or str(folder).rstrip("\\/") + "\\python.exe"))
    return found


@cache
def _rules() -> dict[str, Any]:
    import tomllib

    return tomllib.loads(Path(__file__).with_name("interpreters.toml").read_text(encoding="utf-8"))
