r"""The web UI's prompt syntax, as far as advice needs it: which words carry which weight.

`(a)` multiplies by 1.1, `[a]` divides by 1.1, `(a:1.3)` multiplies by 1.3, `\(` is a bracket to be read as such.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\\.|(?P<open>[(\[])|:\s*(?P<weight>[+-]?\d{0,30}\.?\d{1,30})\s*\)|(?P<close>[)\]])|[^\\()\[\]:]+|.""",
    re.VERBOSE | re.DOTALL,
)
_STEP = 1.1
_EDIT = re.compile(r"(?<!\\)\[((?:\\.|[^\[\]\\()])*)\]")
_WHEN = re.compile(r"\s*\d{0,30}\.?\d{1,30}\s*")
_DEEPEST_EDIT = 5
_DEEPEST = 50  # nobody writes as many brackets; each costs a walk over what it holds
_SEPARATOR = re.compile(r",|\n|\bBREAK\b|\bAND\b")
_NUMBER = re.compile(
    r"(?<=.)\s*:\s*[+-]?\d{0,30}\.?\d{1,30}$"
)  # `hat:1.2` without brackets is text, and still names a hat


@dataclass(slots=True)
class Span:
    """Words with their weight; `brackets` counts the round ones around them that state no number."""

    text: str
    weight: float = 1.0
    brackets: int = 0


def spans(prompt: str) -> list[Span]:
    """Return the prompt's parts with their weights. Unclosed brackets act to the end, stray ones are text."""
    found: list[Span] = []
    opened: list[tuple[str, int]] = []
    for token in _TOKEN.finditer(prompt):
        if token["open"] and len(opened) < _DEEPEST:
            opened.append((token["open"], len(found)))
        elif token["weight"] and opened and opened[-1][0] == "(":
            _multiply(found, opened.pop()[1], float(token["weight"]))
        elif token["close"] and opened and opened[-1][0] == {")": "(", "]": "["}[token["close"]]:
            _close(found, *opened.pop())
        else:
            text = token[0]
            found.append(Span(text[1:] if text.startswith("\\") and len(text) > 1 else text))
    for kind, start in reversed(opened):
        _close(found, kind, start)
    return found


def runs(prompt: str) -> list[Span]:
    r"""Return the parts with neighbours of one weight joined, as the web UI joins them: `(a_\(b\):1.4)` is one part."""
    found: list[Span] = []
    for span in spans(prompt):
        last = found[-1] if found else None
        if last and (last.weight, last.brackets) == (span.weight, span.brackets):
            last.text += span.text
        else:
            found.append(span)
    return found


def _close(found: list[Span], kind: str, start: int) -> None:
    _multiply(found, start, _STEP if kind == "(" else 1 / _STEP)
    if kind == "(":
        for span in found[start:]:
            span.brackets += 1


def _multiply(found: list[Span], start: int, factor: float) -> None:
    for span in found[start:]:
        span.weight *= factor


def tags(prompt: str) -> list[str]:
    """Return the tags without weights and brackets, in lower case, in their order.

    `BREAK` and `AND` separate tags; `[hat:cap:0.5]`, `[hat:0.5]` and `[hat|cap]` name what they change between.
    """
    plain = "".join(span.text for span in spans(_unedited(prompt)))
    cleaned = (_NUMBER.sub("", " ".join(raw.split())).lower() for raw in _SEPARATOR.split(plain))
    return [tag for tag in cleaned if tag]


def same(tag: str) -> str:
    """Return what equal tags have in common: `full_body` and `full body` are one."""
    return " ".join(tag.replace("_", " ").split())


def _unedited(prompt: str) -> str:
    """Return the prompt with what its edits name instead of the edits, the inner ones first."""
    for _ in range(_DEEPEST_EDIT):
        changed = _EDIT.sub(_edited, prompt)
        if changed == prompt:
            break
        prompt = changed
    return prompt


def _edited(found: re.Match[str]) -> str:
    inner = found[1]
    if "|" in inner:
        return inner.replace("|", ", ")
    *names, when = inner.split(":")
    return ", ".join(names) if names and _WHEN.fullmatch(when) else found[0]
