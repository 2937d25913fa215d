"""Prompts in the lines of a log, taken out; what a helper needs beside them (numbers, the shape) stays.

Sources: modules/call_queue.py of A1111 v1.10.1 prints `Arguments: {args} {kwargs}` at every error, txt2img.py and
img2img.py print `txt2img: {prompt}` with --enable-console-prompts; infotexts are the prompt, `Negative prompt:`, then
`Steps: ..., Sampler: ...`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from foxup import signatures

PROMPT = "<prompt>"
_PARAMETERS = re.compile(r"\bSteps: \d+, Sampler: ")
_NEGATIVE = re.compile(r"^\s*Negative prompt:")
_LABELLED = re.compile(r"(?i)^(.*\bprompts?\b[\"']?\s*[:=]\s*)(?=\S).*$")
_ARGUMENTS = re.compile(r"\bArguments:\s*(?:args\s*=\s*)?(?=[(\[])|(?=[(\[]\s*[\"']task\()")
_CONSOLE = re.compile(r"^((?:[^A-Za-z]*|.{0,60}\|\s*)(?:txt2img|img2img):\s*)(?=\S)(?!\w*(?:Error|Exception|Warning):)")
_TOKEN = re.compile(r"[(\[{]|[)\]}]|[\"']")
_KEPT = re.compile(r"task\([\w-]*\)|[\W\d_]*")
"""Strings that say nothing: an id of a task, and what has no letters."""
_KEY = re.compile(r"\w{1,40}[\"']\s*:")
_LIKE_PROMPT = re.compile(r"[,()<]|\bBREAK\b|\bAND\b")


def strip(lines: Iterable[str]) -> list[str]:
    """Return as many lines, with prompts and what belongs to them replaced."""
    return _Stripper().all(list(lines))


@cache
def _begins() -> re.Pattern[str]:
    """What begins a line of the program's own, after which no prompt goes on."""
    starts = "|".join(f"(?:{start})" for start in signatures.load().line_starts)
    return re.compile(rf"\s*(?:{starts}|Error |---|\d{{1,3}}%\||$)")


@dataclass(slots=True)
class _Stripper:
    """Reads lines one after another; what a prompt was found in may go on in the next one.

    `depth` counts brackets of arguments that are open, `quote` is the sign that ends the string one is in.
    """

    result: list[str] = field(default_factory=list)
    depth: int = 0
    quote: str = ""
    told: bool = False
    negative: bool = False

    def all(self, lines: list[str]) -> list[str]:
        cut = _cut(lines)
        for line in lines[:cut]:
            self.result.append(PROMPT if line.strip() else line)
        for line in lines[cut:]:
            self._line(line)
        return self.result

    def _line(self, line: str) -> None:
        if (self.depth or self.quote or self.told) and _begins().match(line.removeprefix("*** ")):
            self.depth, self.quote, self.told = 0, "", False
        if self.depth or self.quote:
            prefix = "*** " if line.startswith("*** ") else ""
            self.result.append(prefix + self._arguments(line.removeprefix(prefix)))
        elif hit := _ARGUMENTS.search(line):
            head = _LABELLED.sub(rf"\1{PROMPT}", line[: hit.end()])
            self.result.append(head + self._arguments(line[hit.end() :]))
        elif hit := _CONSOLE.match(line):
            self.told = True
            self.result.append(hit[1] + PROMPT)
        elif self.told:
            self.result.append(PROMPT)
        else:
            self._infotext(line)

    def _arguments(self, text: str) -> str:
        """Return a piece of Python's arguments with the texts in it replaced; brackets are counted outside of them."""
        found, at = [], 0
        while at < len(text):
            if self.quote:
                content, at = self._string(text, at)
                found.append(content)
                continue
            hit = _TOKEN.search(text, at)
            found.append(text[at : hit.end() if hit else len(text)])
            at = hit.end() if hit else len(text)
            sign = hit.group() if hit else ""
            self.quote = sign if sign in {"'", '"'} else ""
            self.depth = max(0, self.depth + (sign in set("([{")) - (sign in set(")]}")))
        return "".join(found)

    def _string(self, text: str, begin: int) -> tuple[str, int]:
        """Return what stands for the string that begins there, with its closing quote, and where it ends."""
        hit = re.compile(rf"(?:\\.|[^\\{self.quote}])*").match(text, begin)
        end = hit.end() if hit else begin
        content = text[begin:end]
        kept = _KEPT.fullmatch(content) or _KEY.match(text, begin)
        closing = text[end : end + 1]
        self.quote = "" if closing == self.quote else self.quote
        return (content if kept else PROMPT) + closing, end + max(1, len(closing))

    def _infotext(self, line: str) -> None:
        if _NEGATIVE.match(line):
            self._positive()
            self.result.append(PROMPT)
            self.negative = True
        elif hit := _PARAMETERS.search(line):
            if not self.negative:
                self._positive()
            self.result.append(line[hit.start() :])
            self.negative = False
        elif self.negative:
            self.result.append(PROMPT)
        else:
            self.result.append(_LABELLED.sub(rf"\1{PROMPT}", line))

    def _positive(self) -> None:
        """Replace the prompt above; it may have several lines, of which all but the last are known by their signs."""
        for number in range(len(self.result) - 1, -1, -1):
            line, last = self.result[number], number == len(self.result) - 1
            if not last and (_begins().match(line) or not _LIKE_PROMPT.search(line)):
                break
            self.result[number] = PROMPT


def _cut(lines: list[str]) -> int:
    """Return how many lines at the beginning are the end of arguments that began before."""
    for number, line in enumerate(lines):
        if _ARGUMENTS.search(line) or _begins().match(line):
            return 0
        if _closes(line):
            return number + 1
    return 0


def _closes(line: str) -> bool:
    """Whether arguments end there, as in `..., 7.0) {}`."""
    words, sign, named = line.rstrip().rpartition(") {")
    return bool(sign) and named.endswith("}") and ", " in words and (words[-1].isalnum() or words[-1] in "'\"])>")
