"""Logs of the cases on disk: a few telling lines between ordinary surroundings."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[1] / "cases" / "logs"


@dataclass(frozen=True)
class Case:
    """A log and what is to be found in it: the first finding, or a line listed as harmless in a healthy log."""

    name: str
    text: str
    expect: str | None
    harmless: str | None
    near: str | None = None

    def __str__(self) -> str:
        return self.name


def part(name: str) -> str:
    return (CASES / "parts" / f"{name}.log").read_text(encoding="utf-8")


def compose(entry: dict[str, Any]) -> str:
    """The parts in their order, the text in the place of `*`."""
    names = list(entry.get("parts", []))
    if "*" not in names:
        names.append("*")
    text = entry["log"].strip("\n") + "\n"
    return "".join(text if name == "*" else part(name) for name in names)


def cases(pattern: str) -> list[Case]:
    found = []
    for path in sorted(CASES.glob(pattern)):
        for number, entry in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["case"], start=1):
            expect, harmless, near = entry.get("expect"), entry.get("harmless"), entry.get("near")
            name = f"{path.stem}-{number}-{expect or harmless or near}"
            found.append(Case(name, compose(entry), expect, harmless, near))
    return found
