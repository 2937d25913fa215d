"""Prompt syntax: emphasis, editing ``[a:b:0.5]``, alternation ``[a|b]``, AND, BREAK, comments.

Behaviour follows A1111 v1.10.1 (modules/prompt_parser.py, processing_scripts/comments.py); the code is our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

STRONGER = 1.1
"""Weight of one pair of round brackets; square brackets divide by it."""

BREAK = ("BREAK", -1.0)
"""Marks the end of a 75-token chunk in the list of weighted texts."""

_WEIGHTED = re.compile(r"\\[()\[\]\\]|\\|[(\[)\]]|:\s*([+-]?[.\d]+)\s*\)|[^\\()\[\]:]+|:")
_BREAK_WORD = re.compile(r"\s*\bBREAK\b\s*", re.DOTALL)
_AND = re.compile(r"\bAND\b")
_AND_WEIGHT = re.compile(r"^((?:\s|.)*?)(?:\s*:\s*([-+]?(?:\d+\.?|\d*\.\d+)))?\s*$")
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?)\s*\Z")
_WHOLE_LINE_COMMENT = re.compile("(^|\n)#[^\n]*(\n|$)")
_COMMENT = re.compile("#[^\n]*(\n|$)")


def strip_comments(text: str) -> str:
    """Drop everything from ``#`` to the end of its line."""
    return _COMMENT.sub("\n", _WHOLE_LINE_COMMENT.sub("\n", text))


# ---- emphasis ---------------------------------------------------------------------------------------------------


class _Weights:
    """Collects pieces of text and multiplies what stands inside brackets."""

    def __init__(self) -> None:
        self.pieces: list[tuple[str, float]] = []
        self.open: dict[str, list[int]] = {"(": [], "[": []}

    def close(self, bracket: str, factor: float) -> None:
        start = self.open[bracket].pop()
        self.pieces[start:] = [(text, weight * factor) for text, weight in self.pieces[start:]]

    def plain(self, text: str) -> None:
        for index, part in enumerate(_BREAK_WORD.split(text)):
            if index:
                self.pieces.append(BREAK)
            self.pieces.append((part, 1.0))

    def take(self, text: str, weight: str | None) -> None:
        if text.startswith("\\"):
            self.pieces.append((text[1:], 1.0))
        elif text in self.open:
            self.open[text].append(len(self.pieces))
        elif weight is not None and self.open["("]:
            self.close("(", float(weight))
        elif text == ")" and self.open["("]:
            self.close("(", STRONGER)
        elif text == "]" and self.open["["]:
            self.close("[", 1 / STRONGER)
        else:
            self.plain(text)


def weighted_texts(prompt: str) -> list[tuple[str, float]]:
    """Text pieces with their weights; unclosed brackets count to the end; neighbours of one weight are joined.

    Raises ValueError for a weight such as ``1.2.3``.
    """
    weights = _Weights()
    for match in _WEIGHTED.finditer(prompt):
        weights.take(match.group(0), match.group(1))
    for bracket, factor in (("(", STRONGER), ("[", 1 / STRONGER)):
        while weights.open[bracket]:
            weights.close(bracket, factor)
    joined: list[tuple[str, float]] = []
    for text, weight in weights.pieces or [("", 1.0)]:
        if joined and joined[-1][1] == weight:
            joined[-1] = (joined[-1][0] + text, weight)
        else:
            joined.append((text, weight))
    return joined


# ---- editing and alternation ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Edit:
    before: tuple[_Node, ...]
    after: tuple[_Node, ...]
    number: str


@dataclass(frozen=True)
class _Turns:
    options: tuple[tuple[_Node, ...], ...]


_Node = str | _Edit | _Turns


class _Unreadable(Exception):  # noqa: N818 - control flow of the parser
    """This bracket does not form a group."""


class _Parser:
    """Recursive descent over one prompt; ``at`` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def everything(self) -> tuple[_Node, ...]:
        """The whole prompt; a bracket without partner stands for itself. Raises _Unreadable for a stray ``|``."""
        nodes: list[_Node] = []
        while self.at < len(self.text):
            start = self.at
            try:
                nodes.extend(self.one())
            except _Unreadable:
                if self.text[start] not in "()[]:":
                    raise
                nodes.append(self.text[start])
                self.at = start + 1
        return tuple(nodes)

    def one(self) -> tuple[_Node, ...]:
        character = self.text[self.at]
        if character == "(":
            return self.round()
        if character == "[":
            return self.square()
        if character in ")]:|" or (character == "\\" and self.at + 1 >= len(self.text)):
            raise _Unreadable
        length = 2 if character == "\\" else 1
        self.at += length
        return (self.text[self.at - length : self.at],)

    def inner(self) -> tuple[_Node, ...]:
        nodes: list[_Node] = []
        while self.at < len(self.text) and self.text[self.at] not in ")]:|":
            nodes.extend(self.one())
        return tuple(nodes)

    def parts(self, closing: str) -> tuple[list[tuple[_Node, ...]], list[str], int]:
        """Inner prompts up to ``closing``, the separators between them, and where the last one began."""
        self.at += 1
        found, separators = [self.inner()], []
        last = self.at
        while self.at < len(self.text) and self.text[self.at] in ":|":
            separators.append(self.text[self.at])
            self.at += 1
            last = self.at
            found.append(self.inner())
        if self.at >= len(self.text) or self.text[self.at] != closing:
            raise _Unreadable
        self.at += 1
        return found, separators, last

    def round(self) -> tuple[_Node, ...]:
        found, separators, _ = self.parts(")")
        if separators == []:
            return ("(", *found[0], ")")
        if separators == [":"]:
            return ("(", *found[0], ":", *found[1], ")")
        raise _Unreadable

    def square(self) -> tuple[_Node, ...]:
        found, separators, last = self.parts("]")
        if not separators:
            return ("[", *found[0], "]")
        if set(separators) == {"|"}:
            return (_Turns(tuple(found)),)
        number = _NUMBER.match(self.text[last : self.at - 1])
        if set(separators) != {":"} or len(found) > 3 or number is None:
            raise _Unreadable
        before = found[0] if len(found) == 3 else ()
        return (_Edit(before, found[-2], number.group(1)),)


@dataclass(frozen=True)
class Timeline:
    """How step numbers in ``[a:b:N]`` are read in this pass.

    ``steps`` of the pass; for the second pass of hires fix whole numbers count from ``first_steps`` and fractions
    from 1. ``old`` restores the reading before 1.6.0.
    """

    steps: int
    first_steps: int | None = None
    old: bool = False

    def switch(self, number: str) -> int:
        """Step after which the later text holds; not below 1 means: from the start."""
        value = float(number)
        second = self.first_steps is not None and not self.old
        if self.old:
            value = value * self.steps if value < 1 else value
        elif "." in number:
            value = (value - (1.0 if second else 0.0)) * self.steps
        else:
            value -= self.first_steps or 0 if second else 0
        return min(self.steps, int(value))


def _steps_of(nodes: Iterable[_Node], timeline: Timeline) -> set[int]:
    found: set[int] = set()
    for node in nodes:
        if isinstance(node, _Turns):
            found.update(range(1, timeline.steps + 1))
            found.update(*(_steps_of(option, timeline) for option in node.options))
        elif isinstance(node, _Edit):
            step = timeline.switch(node.number)
            found.update({step} if step >= 1 else ())
            found.update(_steps_of(node.before, timeline), _steps_of(node.after, timeline))
    return found


def _text_at(nodes: Iterable[_Node], step: int, timeline: Timeline) -> str:
    parts = []
    for node in nodes:
        if isinstance(node, str):
            parts.append(node)
        elif isinstance(node, _Turns):
            parts.append(_text_at(node.options[(step - 1) % len(node.options)], step, timeline))
        else:
            side = node.before if step <= timeline.switch(node.number) else node.after
            parts.append(_text_at(side, step, timeline))
    return "".join(parts)


def schedule(prompt: str, timeline: Timeline) -> list[tuple[int, str]]:
    """Texts of a prompt over time: (last step, text) in rising order, the last one ends at ``timeline.steps``."""
    try:
        nodes = _Parser(prompt).everything()
    except (_Unreadable, RecursionError):
        return [(timeline.steps, prompt)]
    ends = sorted({timeline.steps} | _steps_of(nodes, timeline))
    return [(end, _text_at(nodes, end, timeline)) for end in ends]


def at_step(plan: Sequence[tuple[int, object]], step: int) -> int:
    """Index of the entry of a schedule that holds at a model call (0 = first); the first one if none does."""
    return next((index for index, (end, _) in enumerate(plan) if step <= end), 0)


def composed(prompt: str) -> list[tuple[str, float]]:
    """Parts joined by AND with their weights (``cat :1.2 AND dog``)."""
    parts = []
    for part in _AND.split(prompt):
        match = _AND_WEIGHT.search(part)
        text, weight = match.groups() if match else (part, None)
        parts.append((text, float(weight) if weight is not None else 1.0))
    return parts


def uses_emphasis(prompt: str) -> bool:
    """Whether some piece of the prompt has a weight other than 1."""
    return any(weight != 1.0 and (text, weight) != BREAK for text, weight in weighted_texts(prompt))
