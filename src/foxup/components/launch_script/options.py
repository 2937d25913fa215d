"""Command line options in groups, and which of them cannot stand beside one another."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_EXCLUSIVE = (
    {"--medvram", "--lowvram", "--medvram-sdxl"},
    {
        "--xformers",
        "--opt-sdp-attention",
        "--opt-sdp-no-mem-attention",
        "--opt-sub-quad-attention",
        "--opt-split-attention",
        "--disable-opt-split-attention",
    },
)


@dataclass(frozen=True, slots=True)
class Options:
    """Command line options in groups: each flag with the values that follow it."""

    groups: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, words: Iterable[str]) -> Options:
        """Group words; a word that starts with a dash begins a group."""
        groups: list[list[str]] = []
        for word in words:
            if word.startswith("-") or not groups:
                groups.append([word])
            else:
                groups[-1].append(word)
        return cls(tuple(tuple(group) for group in groups))

    def flags(self) -> set[str]:
        """Return the flags, without values and without `=value`."""
        return {group[0].partition("=")[0] for group in self.groups}


def words(value: str) -> tuple[str, ...]:
    """Split as the web UI splits COMMANDLINE_ARGS: by POSIX rules on every system; at blanks when it cannot."""
    try:
        return tuple(shlex.split(value))
    except ValueError:
        return tuple(value.split())


def missing(have: Sequence[str], wanted: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the wanted option groups that are neither there nor in conflict with what is there."""
    mine = Options.of(have)
    flags = mine.flags()
    return tuple(
        group
        for group in Options.of(wanted).groups
        if group[0] not in flags and not any(group[0] in rival and rival & flags for rival in _EXCLUSIVE)
    )


def conflicts(have: Sequence[str], wanted: Sequence[str]) -> list[tuple[str, str]]:
    """Return pairs (set by the person, wanted by the profile) that cannot both hold; the person's stays."""
    mine, theirs = Options.of(have), Options.of(wanted)
    pairs = []
    for group in theirs.groups:
        for own in mine.groups:
            rivals = any({group[0], own[0]} <= rival and group[0] != own[0] for rival in _EXCLUSIVE)
            other_value = own[0] == group[0] and set(own[1:]) != set(group[1:])
            if rivals or other_value:
                pairs.append((" ".join(own), " ".join(group)))
    return pairs
