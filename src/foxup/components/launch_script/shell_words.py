"""A shell script cut into words and operators as bash cuts it: quotes, continuations, comments, here-documents."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_OPERATOR = re.compile(r"\n|;;&|;;|;&|&&|\|\||[;|()]|&(?!>)")
_REDIRECTION = re.compile(r"\d*(?:<<<|<<-?|[<>]&|>>|<>|>\||[<>])|&>>?")
_HIDDEN = re.compile(r"<[a-z]+>")
"""What a report has in place of a name or a secret; in a script of its owner's it is a redirection."""
_BARE = re.compile(r"<[a-z]+>|[^\s;|&()<>'\"\\$`]+|.", re.DOTALL)
_NAMED = re.compile(r"\$(?:\{(?P<long>\w+)(?:(?P<sign>:?-)(?P<other>[^{}$`\"']*))?\}|(?P<short>[A-Za-z_]\w*))")
_CLOSES = {"$(": ")", "${": "}"}


@dataclass(slots=True)
class Token:
    """A word or an operator from line `first` to line `last`. A word's `pieces` are (kind, text, otherwise).

    Kinds: `bare` and `quoted` text; `name`, a variable with what counts when it is empty; `shell`, left to a shell.
    """

    kind: str
    text: str
    first: int
    last: int
    pieces: list[tuple[str, str, str]] = field(default_factory=list)

    def bare(self) -> str:
        """The word when nothing in it is quoted or replaced, else nothing."""
        return self.pieces[0][1] if [piece[0] for piece in self.pieces] == ["bare"] else ""


class Cutter:
    """Cuts a whole script. `tokens`, comments' lines, and the line of a quotation mark without its partner."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", " \n")
        self.at = self.line = 0
        self.tokens: list[Token] = []
        self.comments: list[int] = []
        self.broken: int | None = None
        self.waiting: list[tuple[str, bool]] = []
        self._cut()

    def _cut(self) -> None:
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in " \t":
                self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self._pass(2)
            elif char == "#":
                self.comments.append(self.line)
                self._pass(len(self.text[self.at :].partition("\n")[0]))
            elif not self._redirection() and not self._operator():
                self._word()

    def _pass(self, count: int) -> str:
        part = self.text[self.at : self.at + count]
        self.line += part.count("\n")
        self.at += len(part)
        return part

    def _operator(self) -> bool:
        hit = _OPERATOR.match(self.text, self.at)
        if hit is None:
            return False
        self.tokens.append(Token("operator", hit[0], self.line, self.line))
        self._pass(len(hit[0]))
        while hit[0] == "\n" and self.waiting:
            self._document(*self.waiting.pop(0))
        return True

    def _document(self, end: str, tabs: bool) -> None:
        """Pass over a here-document."""
        while self.at < len(self.text):
            line = self._pass(len(self.text[self.at :].partition("\n")[0]) + 1).rstrip("\n").rstrip(" ")
            if (line.lstrip("\t") if tabs else line) == end:
                return

    def _redirection(self) -> bool:
        hit = _REDIRECTION.match(self.text, self.at)
        if hit is None or _HIDDEN.match(self.text, self.at):
            return False
        self._pass(len(hit[0]))
        self._pass(len(re.compile(r"[ \t]*").match(self.text, self.at)[0]))  # type: ignore[index]
        if self.at < len(self.text) and not _OPERATOR.match(self.text, self.at):
            self._word()
            target = self.tokens.pop()
            if hit[0].endswith(("<<", "<<-")):
                self.waiting.append(("".join(piece[1] for piece in target.pieces), hit[0].endswith("-")))
        return True

    def _word(self) -> None:
        token = Token("word", "", self.line, self.line)
        begin = self.at
        while self.at < len(self.text) and (
            self.text[self.at] not in " \t\n;|&()<>" or _HIDDEN.match(self.text, self.at)
        ):
            self._piece(token.pieces)
        if self.at < len(self.text) and self.text[self.at] == "(" and self.text[self.at - 1] == "=":
            self._nested("(", ")", token.pieces)
        if self.at == begin:
            self._pass(1)
        token.text, token.last = self.text[begin : self.at], self.line
        self.tokens.append(token)

    def _piece(self, pieces: list[tuple[str, str, str]]) -> None:
        char = self.text[self.at]
        if char == "'":
            self._single(pieces)
        elif char == '"' or self.text.startswith('$"', self.at):
            self._pass(1 if char == '"' else 2)
            self._double(pieces)
        elif char == "\\":
            part = self._pass(2)
            pieces.append(("quoted", "" if part == "\\\n" else part[1:], ""))
        elif char in "$`":
            self._dollar(pieces)
        else:
            hit = _BARE.match(self.text, self.at)
            pieces.append(("bare", self._pass(len(hit[0])), ""))  # type: ignore[index]

    def _single(self, pieces: list[tuple[str, str, str]]) -> None:
        opened = self.line
        end = self.text.find("'", self.at + 1)
        if end < 0:
            self.broken, end = opened if self.broken is None else self.broken, len(self.text)
        pieces.append(("quoted", self._pass(end + 1 - self.at)[1:].removesuffix("'"), ""))

    def _double(self, pieces: list[tuple[str, str, str]]) -> None:
        opened = self.line
        pieces.append(("quoted", "", ""))
        while self.at < len(self.text) and self.text[self.at] != '"':
            char = self.text[self.at]
            if char == "\\":
                part = self._pass(2)
                text = {"\n": ""}.get(part[1:], part[1:]) if part[1:] in tuple('"$`\\\n') else part
                pieces.append(("quoted", text, ""))
            elif char in "$`":
                self._dollar(pieces)
            else:
                hit = re.compile(r'[^"\\$`]+').match(self.text, self.at)
                pieces.append(("quoted", self._pass(len(hit[0])), ""))  # type: ignore[index]
        if self.at >= len(self.text) and self.broken is None:
            self.broken = opened
        self._pass(1)

    def _dollar(self, pieces: list[tuple[str, str, str]]) -> None:
        hit = _NAMED.match(self.text, self.at)
        if hit:
            self._pass(len(hit[0]))
            pieces.append(("name", hit["long"] or hit["short"], hit["other"] or ""))
        elif self.text[self.at] == "`":
            end = self.text.find("`", self.at + 1)
            pieces.append(("shell", self._pass((end + 1 if end > 0 else len(self.text)) - self.at), ""))
        elif self.text[self.at : self.at + 2] in _CLOSES:
            opening = self.text[self.at : self.at + 2]
            self._nested(opening[1], _CLOSES[opening], pieces)
        elif self.text.startswith("$'", self.at):
            self._pass(1)
            self._single(pieces)
        else:
            special = re.compile(r"\$[\d@*#?!$-]").match(self.text, self.at)
            pieces.append(("shell", self._pass(2), "") if special else ("quoted", self._pass(1), ""))

    def _nested(self, opening: str, closing: str, pieces: list[tuple[str, str, str]]) -> None:
        """Take a part that only a shell can work out, up to the bracket that closes it."""
        begin, depth, ignored = self.at, 0, list[tuple[str, str, str]]()
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in "'\"\\":
                self._piece(ignored)
                continue
            depth += (char == opening) - (char == closing)
            self._pass(1)
            if char == closing and depth == 0:
                break
        pieces.append(("shell", self.text[begin : self.at], ""))
