"""Repairing arguments that cmd, bash or the web UI cannot read. What was there stays as a comment.

A line counts as spoiled only when they could not read it themselves: a quotation mark without its partner, words that
a line break or missing quotation marks cut off, the quotation marks and dashes that a forum's editor puts in.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection
from dataclasses import dataclass

from foxup.components.launch_script.merging import inserted, quoted, read, setting
from foxup.components.launch_script.options import Options, words
from foxup.components.launch_script.reading import NAME, Reading, lines_of
from foxup.components.launch_script.shell_words import Cutter

_HEAD = {
    True: re.compile(rf'^[ \t]*@?[ \t]*set[ \t]+(?P<quote>"?){NAME}=(?P<value>.*)$', re.IGNORECASE),
    False: re.compile(rf"^[ \t]*(?:export[ \t]+)?{NAME}=(?P<value>.*)$"),
}
_TYPESET = re.compile(
    r"[“”„«‘](?=\s*--?\w)|(?<=\w)[“”»’](?=[\s;&]|$)|(?:(?<=[\s\"'“„«])|^)[–—]-?(?=[a-z])", re.MULTILINE
)
_REFERS = {True: re.compile(r"%[^%\s]+%|!\w+!"), False: re.compile(r"[$`]")}


@dataclass(frozen=True, slots=True)
class Damage:
    """Lines `first` to `last` that go into comments, what can be read of them, and commands that follow them there."""

    first: int
    last: int
    words: tuple[str, ...]
    rest: str = ""


def spoiled(script: bytes | None, *, windows: bool) -> bool:
    """Whether the arguments cannot be read by the shell or by the web UI."""
    text = (script or b"").decode("latin-1")
    return _damaged(text, read(text, windows=windows)[0])


def mended(script: bytes, unwanted: Collection[str], *, windows: bool) -> tuple[bytes, tuple[str, ...]] | None:
    """Return the script without what ends the start, and the words taken out; None where only its owner can do it.

    `unwanted` are flags. The old line stays as a comment, and other commands stay where they are.
    """
    text = script.decode("latin-1")
    worlds = read(text, windows=windows)
    damage = _damage(text, worlds[0], windows=windows)
    known = len({world.variables.get(NAME) for world in worlds}) == 1 and NAME not in worlds[0].computed
    if damage is None or not known:
        return None
    groups = Options.of(damage.words).groups
    stay = tuple(word for group in groups if group[0].partition("=")[0] not in unwanted for word in group)
    gone = tuple(word for group in groups if group[0].partition("=")[0] in unwanted for word in group)
    if not gone and not _damaged(text, worlds[0]):
        return None
    content = _rewritten(text, damage, stay, windows=windows)
    after = read(content, windows=windows)
    if any(words(world.variables.get(NAME, "")) != stay or world.broken is not None for world in after):
        return None
    return content.encode("latin-1"), gone


def _damaged(text: str, reading: Reading) -> bool:
    value = reading.variables.get(NAME, "")
    return bool(
        (reading.broken is not None and any(_HEAD[False].match(line) and _open(line) for line in text.split("\n")))
        or _strays(reading)
        or _unsplit(value)
        or (value and _typeset(value) != value)
        or any(_glued(word) for word in words(value))
    )


def _damage(text: str, reading: Reading, *, windows: bool) -> Damage | None:
    """Return what has to be rewritten: the spoiled lines, or those of the assignment that counts."""
    lines = lines_of(text)
    if reading.broken is not None:
        opened = next((n for n, line in enumerate(lines) if _HEAD[False].match(line) and _open(line)), None)
        return None if opened is None else _of_line(lines[opened], opened, opened, windows=windows)
    last = next((item for item in reversed(reading.assignments) if item.name == NAME), None)
    if last is None:
        return None
    strays = _strays(reading)
    typeset = _typeset(last.value) != last.value
    if (strays and strays[0] == last.first) or (typeset and not windows):
        return _of_line(lines[last.first], last.first, max([last.last, *strays]), windows=windows)
    more = " ".join(lines[n].strip() for n in strays)
    end = max([last.last, *strays])
    found = _salvaged(f"{last.value} {more}".strip())
    return Damage(last.first, end, found) if last.whole else Damage(0, -1, found)


def _of_line(line: str, first: int, last: int, *, windows: bool) -> Damage | None:
    """Read what can be read of a spoiled line; None when that cannot be told from other commands."""
    hit = _HEAD[windows].match(line.rstrip("\r\n"))
    if hit is None or _REFERS[windows].search(hit["value"]):
        return None
    value, rest = _typeset(hit["value"]), ""
    if not _open(value):
        end = re.match(r"""(?:"[^"]*"|'[^']*'|\\.|[^;&|"'#\\]|(?<=\S)#)*""", value)
        value, rest = value[: end.end()] if end else value, value[end.end() :] if end else ""
    if rest.startswith(("|", "&&", "||")):
        return None
    return Damage(first, last, _salvaged(_outer(value.strip())), rest.lstrip(";& \t"))


def _rewritten(text: str, damage: Damage, stay: tuple[str, ...], *, windows: bool) -> str:
    lines = lines_of(text)
    mark = "rem " if windows else "# "
    for number in range(damage.first, damage.last + 1):
        lines[number] = mark + lines[number]
    addition = " ".join(quoted(word, windows=windows) for word in stay)
    at = damage.last + 1 or read(text, windows=windows)[0].end
    if damage.rest and not damage.rest.startswith(("#", "rem")):
        lines = inserted(lines, at, damage.rest, windows=windows)
    return "".join(inserted(lines, at, setting(addition, windows=windows), windows=windows))


def _strays(reading: Reading) -> list[int]:
    """Return the lines with words that were cut off the assignment that counts: its own, or those right below it."""
    last = next((item for item in reversed(reading.assignments) if item.name == NAME), None)
    found: list[int] = []
    for number in reading.strays:
        if last and (number == last.first or number == (found[-1] if found else last.last) + 1):
            found.append(number)
    return found


def _salvaged(value: str) -> tuple[str, ...]:
    """Return the words of a value: without any quotation marks where one has no partner."""
    value = _typeset(value)
    if _unsplit(value):
        return tuple(re.sub(r"[\"'`]|\\$", " ", value).split())
    return tuple(part for word in shlex.split(value) for part in (word.split() if _glued(word) else (word,)))


def _outer(value: str) -> str:
    """Return what bash makes of a value that one pair of quotation marks encloses."""
    if len(value) > 1 and value[0] == value[-1] == '"' and '"' not in value[1:-1].replace('\\"', ""):
        return re.sub(r"""\\(["$`\\])""", r"\1", value[1:-1])
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == "'" else value


def _open(line: str) -> bool:
    """Whether a line opens a quotation mark that it does not close."""
    return Cutter(line).broken is not None


def _unsplit(value: str) -> bool:
    try:
        shlex.split(value)
    except ValueError:
        return True
    return False


def _glued(word: str) -> bool:
    """Whether several options are one word to the web UI, for they stand in one pair of quotation marks."""
    return word.startswith("--") and bool(re.search(r"\s", word.partition("=")[0])) and " -" in word


def _typeset(value: str) -> str:
    """Return a value with the marks of a keyboard for those of a typesetter."""
    content = value.encode("latin-1", "replace")
    for encoding in ("utf-8", "cp1251"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        changed = _TYPESET.sub(lambda hit: "--" if hit[0][0] in "–—" else "'" if hit[0] in "‘’" else '"', text)
        return changed.encode(encoding).decode("latin-1") if changed != text else value
    return value
