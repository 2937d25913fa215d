"""The command line: options as data, COMMANDLINE_ARGS appended to the real arguments.

Facts: A1111 v1.10.1 modules/cmd_args.py, paths_internal.py, shared_cmd_options.py.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
INSTALL_ONLY = "--exit"
"""Stops after the preparation; looked for in the raw arguments, and an error if the start is reached."""


def table() -> dict[str, dict[str, Any]]:
    """The options of data/flags.toml, in order."""
    return tomllib.loads((DATA / "flags.toml").read_text(encoding="utf-8"))


def arguments(argv: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """Arguments of the process followed by the shell-split words of COMMANDLINE_ARGS.

    Raises ValueError for an odd quote, as ``shlex.split`` does.
    """
    return [*argv, *shlex.split(environ.get("COMMANDLINE_ARGS", ""))]


def _absolute(text: str) -> str:
    return str(Path(text).absolute())


_TYPES: dict[str, Callable[[str], Any]] = {
    "int": int,
    "path": _absolute,
    "json": json.loads,
    "lower-list": str.lower,
}


def _default(entry: dict[str, Any], data: str, models: str) -> Any:
    if "below" not in entry:
        return entry.get("default")
    below: str = entry["below"]
    if below.startswith("models:"):
        return os.path.join(models, below.removeprefix("models:"))
    found = data if below == "." else os.path.join(data, below)
    return [found] if entry["kind"] == "text-list" else found


def _add(parser: argparse.ArgumentParser, name: str, entry: dict[str, Any], data: str, models: str) -> None:
    kind, default = entry["kind"], _default(entry, data, models)
    option = f"-{name}" if entry.get("short") else f"--{name}"
    if kind == "switch":
        parser.add_argument(option, action="store_true", default=bool(default))
    elif kind == "off-switch":
        parser.add_argument(option, action="store_false", default=None)
    elif kind == "text-list":
        parser.add_argument(option, action="append", default=default or [])
    elif kind == "lower-list":
        parser.add_argument(option, nargs="+", type=_TYPES[kind], default=default or [])
    else:
        parser.add_argument(option, type=_TYPES.get(kind, str), default=default, choices=entry.get("choices"))


def build_parser(code: Path, argv: Sequence[str]) -> argparse.ArgumentParser:
    """The whole parser; ``--data-dir`` and ``--models-dir`` are read first, other defaults lie below them."""
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument("--data-dir", default=str(code))
    first.add_argument("--models-dir")
    early, _ = first.parse_known_args(list(argv))
    models = early.models_dir or os.path.join(early.data_dir, "models")
    parser = argparse.ArgumentParser(prog="launch.py")
    for name, entry in table().items():
        _add(parser, name, entry, early.data_dir, models)
    return parser


def parse(code: Path, argv: Sequence[str], environ: Mapping[str, str], *, strict: bool = True) -> argparse.Namespace:
    """Parse the arguments; when ``strict``, unknown ones end the process with 2 (not with IGNORE_CMD_ARGS_ERRORS)."""
    parser = build_parser(code, argv)
    if strict and environ.get("IGNORE_CMD_ARGS_ERRORS") is None:
        return parser.parse_args(list(argv))
    return parser.parse_known_args(list(argv))[0]


def defaults(code: Path) -> dict[str, Any]:
    """Every option's value when nothing is given, by attribute name."""
    return vars(build_parser(code, []).parse_args([]))
