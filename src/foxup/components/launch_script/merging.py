"""Adding to a launch script. A line is edited only when all of it is understood; else one line of our own is added."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from foxup.components.launch_script import batch, shell
from foxup.components.launch_script.options import conflicts, missing, words
from foxup.components.launch_script.reading import NAME, WORLDS, Reading, lines_of

_SHELL_SPECIAL = re.compile(r"""(["$`\\])""")


def read(text: str, *, windows: bool) -> list[Reading]:
    """Read the script once per world in which the web UI starts; the first is the likeliest."""
    worlds = [(batch if windows else shell).read(text, world) for world in WORLDS]
    return [world for world in worlds if not world.passed] or worlds


def merge(script: bytes, arguments: Sequence[str], environment: Mapping[str, str], *, windows: bool) -> bytes:
    """Return the script with the arguments and variables added that are not there yet.

    What the person set is kept, and every byte of it but one plain value that words are added to. Running it again
    on the result changes nothing.
    """
    text = script.decode("latin-1")
    text, line = _with_arguments(text, arguments, windows=windows)
    for name, value in environment.items():
        text, line = _with_variable(text, name, value, line, windows=windows)
    return text.encode("latin-1")


def needed(worlds: Sequence[Reading], wanted: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the wanted groups that may be absent and stand against nothing that may be there."""
    have = [words(world.variables.get(NAME, "")) for world in worlds]
    against = {theirs for item in have for _own, theirs in conflicts(item, wanted)}
    groups = list(dict.fromkeys(group for item in have for group in missing(item, wanted)))
    return [group for group in groups if " ".join(group) not in against]


def assignment(name: str, value: str, *, windows: bool) -> str:
    """Return the line that sets a variable."""
    if windows:
        return f'set "{name}={value.replace("%", "%%")}"'
    return f"export {name}={shlex.quote(value)}"


def setting(addition: str, *, windows: bool, extends: str | None = None) -> str:
    """Return the line that sets the arguments, quoted words in a row; `extends`: behind that value."""
    if not windows:
        before = "" if extends is None else f"${NAME} "
        return f'export {NAME}="{before}{_escaped(addition)}"'
    line = f"{NAME}={addition}" if extends is None else f"{NAME}=%{NAME}% {addition}"
    return f"set {line}" if _safe(f"{extends or ''} {addition}") else f'set "{line}"'


def quoted(word: str, *, windows: bool) -> str:
    """Quote one word for the value; it is split again by POSIX rules on every system."""
    if re.fullmatch(r"[\w@%+=:,./-]+", word):
        return word.replace("%", "%%") if windows else word
    if not windows:
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.replace("%", "%%")


def inserted(lines: list[str], at: int, line: str, *, windows: bool) -> list[str]:
    """Return the lines with one more. It ends as the file's do; bash takes a carriage return for part of a value."""
    end = "\r\n" if windows and any(item.endswith("\r\n") for item in lines) else "\n"
    before = lines[:at]
    if before and not before[-1].endswith("\n"):
        before = [*before[:-1], before[-1] + end]
    if at == len(lines) and before and before[-1].rstrip("\r\n").endswith("^" if windows else "\\"):
        before = [*before, end]  # or the last line would go on in the new one
    return [*before, line + end, *lines[at:]]


def _escaped(text: str) -> str:
    """Return text for between double quotes."""
    return _SHELL_SPECIAL.sub(r"\\\1", text)


def _safe(value: str) -> bool:
    """Whether cmd takes a value as it stands: nothing special outside its quotation marks."""
    return not re.search(r"[&|<>^]", "".join(value.split('"')[::2]))


def _with_arguments(text: str, arguments: Sequence[str], *, windows: bool) -> tuple[str, int | None]:
    """Return the script with the arguments, and the line that sets them when nothing comes between it and the end."""
    worlds = read(text, windows=windows)
    groups = needed(worlds, arguments)
    addition = " ".join(quoted(word, windows=windows) for group in groups for word in group)
    lines = lines_of(text)
    plain = _plain(worlds, lines, windows=windows)
    if not addition and any(world.unexported for world in worlds):
        changed = "".join(inserted(lines, worlds[0].end, f"export {NAME}", windows=False))
        return text if any(world.unexported for world in read(changed, windows=False)) else changed, None
    if not addition and (plain is not None or _mentioned(lines, windows=windows)):
        return text, plain
    edited = _appended(lines[plain], addition, windows=windows) if plain is not None else None
    if plain is not None and edited is not None:
        lines[plain] = edited
        return "".join(lines), plain
    changed, at = _added(worlds[0], lines, addition, windows=windows)
    if addition and needed(read(changed, windows=windows), arguments):
        return _within_block(text, worlds[0].starts, addition, arguments), None
    return changed, at


def _within_block(text: str, starts: int | None, addition: str, arguments: Sequence[str]) -> str:
    """Add a line right before the start inside a block of a .bat, when that has an effect where no other line has.

    cmd replaces references in a whole block before it runs any of it; `call` has them replaced once more.
    """
    if starts is None or re.search(r'["%^&|<>]', addition):
        return text
    lines = lines_of(text)
    indent = lines[starts][: len(lines[starts]) - len(lines[starts].lstrip(" \t"))]
    line = f'{indent}call set "{NAME}=%%{NAME}%% {addition}"'
    changed = "".join(inserted(lines, starts, line, windows=True))
    return text if needed(read(changed, windows=True), arguments) else changed


def _plain(worlds: Sequence[Reading], lines: Sequence[str], *, windows: bool) -> int | None:
    """Return the line that alone decides in every world, when it is a plain one."""
    last = {
        next(((item.first, item.last, item.whole) for item in reversed(world.assignments) if item.name == NAME), None)
        for world in worlds
    }
    first, end, whole = last.pop() or (0, -1, False)
    plain = (batch if windows else shell).PLAIN
    return first if not last and whole and first == end and plain.match(lines[first]) else None


def _appended(line: str, addition: str, *, windows: bool) -> str | None:
    hit = (batch if windows else shell).PLAIN.match(line)
    assert hit is not None
    value = hit["value"]
    quote = hit["quote"] or ""
    more = value + " " * bool(value.strip() and not value.endswith((" ", "\t"))) + addition
    if windows:
        return f"{hit['head']}{more}{hit['tail']}" if quote or _safe(addition) else None
    quote = quote or '"'
    if quote == "'" and "'" in addition:
        return None
    if quote == '"':
        more = more.removesuffix(addition) + _escaped(addition)
    return f"{hit['head']}{quote}{more}{quote}{hit['tail']}"


def _added(reading: Reading, lines: list[str], addition: str, *, windows: bool) -> tuple[str, int]:
    """Add a line of our own: in place of upstream's commented one, or where nothing comes after it."""
    template = next((n for n in reading.comments if n < reading.end and shell.TEMPLATE.match(lines[n])), None)
    if not windows and template is not None and not _mentioned(lines, windows=windows) and not reading.others:
        old = lines[template]
        lines[template] = setting(addition, windows=False) + old[len(old.rstrip("\r\n")) :]
        return "".join(lines), template
    extends = reading.variables.get(NAME, "") if reading.others or _mentioned(lines, windows=windows) else None
    line = setting(addition, windows=windows, extends=extends)
    return "".join(inserted(lines, reading.end, line, windows=windows)), reading.end


def _mentioned(lines: Sequence[str], *, windows: bool) -> bool:
    """Whether the arguments are named outside comments."""
    names = NAME.lower()
    comment = batch.is_comment if windows else lambda line: line.lstrip().startswith("#")
    return any(names in line.lower() and not comment(line) for line in lines)


def _with_variable(text: str, name: str, value: str, line: int | None, *, windows: bool) -> tuple[str, int | None]:
    """Add a variable that has no value in any world: behind the line of arguments, or where nothing comes after it."""
    worlds = read(text, windows=windows)
    key = name.upper() if windows else name
    if any(world.variables.get(key) for world in worlds):
        return text, line
    assigned = any(key in world.variables for world in worlds)
    at = worlds[0].end if line is None or assigned else line + 1
    changed = "".join(inserted(lines_of(text), at, assignment(name, value, windows=windows), windows=windows))
    if not all(world.variables.get(key) == value for world in read(changed, windows=windows)):
        return text, line
    return changed, line if line is None or assigned else at
