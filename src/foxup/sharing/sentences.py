"""foxup's own sentences: what is filled into them may be private, their words are not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from itertools import pairwise
from string import Formatter
from typing import Any

from foxup import i18n, signatures
from foxup.doctor.texts import checks, findings

_LEAST = 8
"""Letters of its own by which a sentence is known; one with fewer says nothing of where a value begins."""
_TEXTS = ("message", "cause", "remedy")
_Redact = Callable[[str], str]


def finding(document: dict[str, Any], redact: _Redact) -> dict[str, Any]:
    """Return a finding with the values in its sentences redacted, and its commands."""
    known = _of_finding(document["code"])
    texts = {key: values_only(document[key], known, redact) for key in _TEXTS}
    return {**document, **texts, "commands": [redact(command) for command in document["commands"]]}


def check(document: dict[str, Any], redact: _Redact) -> dict[str, Any]:
    """Return a check with the values in its reason redacted; its title is foxup's own."""
    known = _of_check(document["id"])
    return {**document, **{key: values_only(document[key], known, redact) for key in ("title", "reason")}}


def values_only(text: str, known: tuple[str, ...], redact: _Redact) -> str:
    """Redact what stands in the placeholders of the sentence that `text` is; all of it when it is none of ours."""
    fitting = (hit for template in (known, i18n.sentences()) for hit in _fits(template, text))
    parts = next(fitting, None)
    if parts is None:
        return redact(text)
    return "".join(redact(part) if number % 2 else part for number, part in enumerate(parts))


def _fits(templates: Iterable[str], text: str) -> list[list[str]]:
    """Return the readings of a text, each as words and values in turn, that with the most words of ours first."""
    found = []
    for template in templates:
        pattern, letters, longest = _pattern(template)
        tells = letters >= _LEAST or not pattern.groups
        hit = pattern.fullmatch(text) if tells and longest in text else None
        if hit:
            found.append((letters, _parts(hit)))
    return [parts for _letters, parts in sorted(found, key=lambda item: -item[0])]


def _parts(hit: re.Match[str]) -> list[str]:
    ends = [0, *(edge for group in range(1, hit.re.groups + 1) for edge in hit.span(group)), len(hit.string)]
    return [hit.string[begin:end] for begin, end in pairwise(ends)]


@cache
def _pattern(template: str) -> tuple[re.Pattern[str], int, str]:
    """Return an expression with a group for each placeholder, the letters outside of them, the longest such piece."""
    try:
        pieces = [(words, name) for words, name, _spec, _conversion in Formatter().parse(template)]
    except ValueError:  # a sentence that nothing is filled into may hold a brace
        pieces = [(template, None)]
    expression = "".join(re.escape(words) + ("" if name is None else r"([\s\S]*?)") for words, name in pieces)
    letters = sum(sign.isalpha() for words, _name in pieces for sign in words)
    return re.compile(expression), letters, max((words for words, _name in pieces), key=len, default="")


def _of_finding(code: str) -> tuple[str, ...]:
    """Return the sentences of a finding that stand in data, in both languages."""
    models = [model for key, model in findings().items() if key.partition("/")[0] == code]
    texts = [text for model in models for text in (model.message, model.cause, model.remedy)]
    signature = signatures.load().signatures.get(code)
    texts += [signature.title, signature.cause, signature.remedy] if signature else []
    return tuple(form for text in texts if text for form in (text.en, text.ru))


def _of_check(name: str) -> tuple[str, ...]:
    return tuple(form for item in checks() if item.id == name for form in (item.title.en, item.title.ru))
