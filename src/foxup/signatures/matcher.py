"""Which rules a line meets: an index of fragments, and the few byte strings that pick the lines worth looking at."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from foxup.signatures.catalogue import Catalogue
from foxup.signatures.decode import tidy
from foxup.signatures.models import Marker, Rule, Signature
from foxup.signatures.phrases import Phrases, cover

_WORD = re.compile(r"[a-z0-9_.:/\\\[-]{4,}")
_CYRILLIC = re.compile(r"[а-яё]{3}", re.IGNORECASE)
_TOO_COMMON = frozenset(
    {"python", "torch", "model", "file", "from", "loading", "stable", "with", "that", "the ", "line", "http"}
)
_LEADS = (b"\xc3", b"\xd0", b"\xe2\x95", *(bytes([lead]) for lead in range(0xE3, 0xEA)))
"""First bytes of the letters of translated messages in UTF-8. Progress bars use E2 96 and are not among them."""
FOREIGN = "<foreign>"
"""Stands for all texts that are not English among those an anchor announces."""
_MOJIBAKE = (
    ("cp1251", "cp866"),
    ("cp866", "cp1251"),
    ("utf-8", "cp1251"),
    ("utf-8", "cp866"),
    ("cp866", "cp1252"),
    ("cp1251", "cp1252"),
)


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """One rule ready for use; `owner` is the signature or marker it belongs to."""

    owner: Signature | Marker
    rule: Rule
    patterns: tuple[re.Pattern[str], ...]
    all: tuple[str, ...]
    also: tuple[str, ...]
    without: tuple[str, ...]
    before: tuple[str, ...]

    @property
    def conditional(self) -> bool:
        """Whether what stands near the line decides."""
        return bool(self.all or self.also or self.without or self.rule.match_last or self.rule.needs_facts)


@dataclass
class Matcher:
    """The compiled catalogue."""

    catalogue: Catalogue
    by_text: dict[str, list[CompiledRule]] = field(default_factory=lambda: defaultdict(list))
    by_trigger: dict[str, list[CompiledRule]] = field(default_factory=lambda: defaultdict(list))
    context: set[str] = field(default_factory=set)
    garbled: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """What Russian texts look like in a wrong code page: the text, the right page and the wrong one."""

    def __post_init__(self) -> None:
        owners: list[Signature | Marker] = [s for s in self.catalogue.signatures.values() if s.input == "log"]
        owners += self.catalogue.markers
        for owner in owners:
            for rule in owner.rules if isinstance(owner, Signature) else (owner,):
                self._add(owner, rule)

    def _add(self, owner: Signature | Marker, rule: Rule) -> None:
        compiled = CompiledRule(
            owner,
            rule,
            tuple(re.compile(pattern, re.IGNORECASE) for pattern in rule.match_regex),
            _fold(rule.match_all),
            _fold(rule.match_also),
            _fold(rule.match_not),
            _fold(rule.match_prev),
        )
        for table, texts in ((self.by_text, rule.match_any), (self.by_trigger, rule.match_trigger)):
            garbled = _garbled(texts)
            self.garbled.update(garbled)
            for text in {*_fold(texts), *garbled}:
                table[text].append(compiled)
        self.context.update(compiled.all, compiled.also, compiled.without)

    @cached_property
    def anchors(self) -> dict[bytes, tuple[str, ...]]:
        """Byte strings of which every interesting line holds one, each with the texts that it announces.

        A text with a percent sign stands in progress bars, whose words are everywhere: it announces itself.
        """
        texts = {*self.by_text, *self.by_trigger, *self.context}
        bars = {text: (text,) for text in texts if "%" in text}
        chosen = {**cover((text for text in texts if text.isascii() and text not in bars), _WORD, _TOO_COMMON), **bars}
        return {**{word.encode(): found for word, found in chosen.items()}, **dict.fromkeys(_LEADS, (FOREIGN,))}

    @cached_property
    def foreign(self) -> Phrases:
        """The texts that FOREIGN announces: all that are not English."""
        texts = {*self.by_text, *self.by_trigger, *self.context}
        return Phrases(text for text in texts if not text.isascii())

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """All fragments."""
        return tuple({*self.by_text, *self.by_trigger, *self.context})

    def repaired(self, plain: str, found: Iterable[str]) -> str | None:
        """Return a line as it was before a wrong code page showed it, when one of the texts found in it says so.

        Where a copy lost letters that looked like blanks, at least the known text is put right.
        """
        seen = next((part for part in found if part in self.garbled), None)
        if seen is None:
            return None
        meant, right, wrong = self.garbled[seen]
        whole = tidy(plain.encode(wrong, "replace").decode(right, "replace"))
        return whole if meant in whole.lower() else re.sub(re.escape(seen), meant, tidy(plain), flags=re.IGNORECASE)

    def rules(self, line: str, found: Iterable[str]) -> list[CompiledRule]:
        """Return the rules that the line itself meets, given the fragments found in it."""
        result: dict[int, CompiledRule] = {}
        for text in found:
            for rule in self.by_text.get(text, ()):
                result[id(rule)] = rule
            for rule in self.by_trigger.get(text, ()):
                if any(pattern.search(line) for pattern in rule.patterns):
                    result[id(rule)] = rule
        return list(result.values())


def _fold(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(" ".join(text.lower().split()) for text in texts)


def _garbled(texts: tuple[str, ...]) -> dict[str, tuple[str, str, str]]:
    """Return what Russian texts look like when a wrong code page prints them, and what they are; see Matcher."""
    result: dict[str, tuple[str, str, str]] = {}
    for text in texts:
        if _CYRILLIC.search(text):
            for right, wrong in _MOJIBAKE:
                seen = (text.encode(right, "replace").decode(wrong, way) for way in ("ignore", "replace"))
                result |= dict.fromkeys(_fold(tuple(map(tidy, seen))), (_fold((text,))[0], right, wrong))
    return result
