"""Many texts looked for in one line: a few words first, and only the texts that hold one that is there."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"\w{4,}")
_GRAM = 4
_LONG = 400


class Phrases:
    """Texts in lower case. Hundreds of them are looked for in every line of a Russian log, so it must be quick."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._groups = tuple(cover(texts, _WORD).items())
        self._by_gram: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for group in self._groups:
            self._by_gram.setdefault(group[0][:_GRAM], []).append(group)
        self._whole = all(len(gram) == _GRAM for gram in self._by_gram)

    def within(self, line: str) -> tuple[str, ...]:
        """Return the texts that a line in lower case holds."""
        return tuple(text for word, texts in self._likely(line) if word in line for text in texts if text in line)

    def _likely(self, line: str) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Return the groups of which the line holds the first letters; for a long line asking for each is quicker."""
        if len(line) > _LONG or not self._whole:
            return self._groups
        grams = {line[at : at + _GRAM] for at in range(len(line) - _GRAM + 1)}
        return [group for gram in grams & self._by_gram.keys() for group in self._by_gram[gram]]


def cover(
    texts: Iterable[str], word_of: re.Pattern[str], unfit: frozenset[str] = frozenset()
) -> dict[str, tuple[str, ...]]:
    """Choose few words such that every text holds one: always the one that the most texts still need."""
    left = set(texts)
    words = {word for text in left for word in word_of.findall(text)} - unfit
    holders = {word: {text for text in left if word in text} for word in words}
    chosen: dict[str, tuple[str, ...]] = {}
    while left:
        best = max(words, key=lambda word: (len(holders[word] & left), len(word), word), default="")
        taken = holders.get(best, set()) & left
        if not taken:
            chosen.update({text: (text,) for text in left})
            break
        chosen[best] = tuple(sorted(taken))
        left -= taken
    return chosen
