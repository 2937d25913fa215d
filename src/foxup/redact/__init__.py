"""What must not leave the machine: tokens, signed addresses, passwords, names of people and computers.

Everything here works on text alone and by type, so that it also holds for logs of other machines. What is replaced
leaves a word in angle brackets in its place (`~` for home folders), so that the text stays readable.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePath

from foxup.redact import names, places, shapes
from foxup.redact.words import ADDRESS, DEVICE, EMAIL, HOME, HOST, SECRET, USER

__all__ = ["ADDRESS", "DEVICE", "EMAIL", "HOME", "HOST", "SECRET", "USER", "Redactor"]

_BETWEEN = "\x1e"
"""The record separator: white space to an expression, and in no line of a log."""
_Replacement = str | Callable[[re.Match[str]], str]


@dataclass(slots=True)
class Redactor:
    """Replaces private things in texts and counts them by placeholder.

    `home`, `user` and `host` are those of the machine the text comes from, `secrets` further literal texts; each may be
    empty. What is recognised by its shape (tokens, addresses, other people's home folders) goes in any case.
    """

    home: str | PurePath = ""
    user: str = ""
    host: str = ""
    secrets: Iterable[str] = ()
    counts: Counter[str] = field(default_factory=Counter)
    _steps: list[tuple[re.Pattern[str], _Replacement]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        literal = sorted({form for text in self.secrets for form in names.secret_forms(text)}, key=len, reverse=True)
        sources = [*places.BLOCKS, *shapes.ACCOUNTS]
        sources += [("|".join(map(re.escape, literal)), SECRET)] if literal else []
        sources += [*shapes.RULES, *places.RULES]
        if str(self.home).strip("/\\"):
            sources.append((names.home(str(self.home)), HOME))
        sources.append((names.ANY_HOME, HOME))
        known = ((self.host, HOST), (self.user, USER))
        sources += [(names.name(text), word) for text, word in known if names.private(text)]
        sources += [(mount, USER) for mount in names.mounts(self.user)]
        self._steps = [(re.compile(source, re.IGNORECASE), replacement) for source, replacement in sources]
        self._steps += shapes.ADDRESSES

    def redact(self, text: str) -> str:
        """Return the text without private things. Doing it twice changes nothing more."""
        for pattern, replacement in self._steps:
            text = pattern.sub(partial(self._replace, replacement), text)
        return text

    def redact_document(self, value: object) -> object:
        """Return a JSON document with every text in it redacted, keys of objects too."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, dict):
            return {self.redact(str(key)): self._field(str(key), item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return self._listed(list(value))
        return value

    def _field(self, key: str, value: object) -> object:
        """Redact a value that its key may give away."""
        if isinstance(value, str) and value and shapes.SECRET_KEY.fullmatch(key):
            self.counts[SECRET] += value != SECRET
            return SECRET
        return self.redact_document(value)

    def _listed(self, values: list[object]) -> list[object]:
        """Redact a list, in which an argument's value may stand apart from its name."""
        values = self._blocks(values)
        result: list[object] = []
        for previous, value in zip([None, *values], values, strict=False):
            named = isinstance(previous, str) and shapes.SECRET_OPTION.fullmatch(previous)
            if named and isinstance(value, str) and not value.startswith("-"):
                self.counts[SECRET] += value != SECRET
                result.append(SECRET)
            else:
                result.append(self.redact_document(value))
        return result

    def _blocks(self, values: list[object]) -> list[object]:
        """Redact what stretches over the lines of a log, each of which is a text; as many are left."""
        if not all(isinstance(value, str) and _BETWEEN not in value for value in values):
            return values
        text = _BETWEEN.join(map(str, values))
        for pattern, replacement in self._steps[: len(places.BLOCKS)]:
            text = pattern.sub(lambda match, new=replacement: self._block(new, match), text)  # type: ignore[misc]
        return list(text.split(_BETWEEN)) if values else []

    def _block(self, replacement: _Replacement, match: re.Match[str]) -> str:
        new = self._replace(replacement, match)
        return new + (_BETWEEN + SECRET) * (match.group().count(_BETWEEN) - new.count(_BETWEEN))

    def _replace(self, replacement: _Replacement, match: re.Match[str]) -> str:
        new = match.expand(replacement) if isinstance(replacement, str) else replacement(match)
        if new != match.group():
            word = HOME if new == HOME else new[new.rfind("<") : new.rfind(">") + 1]
            self.counts[word] += 1
        return new
