"""Reading a .sh as bash does: commands one after the other, conditions by world, functions when they are called."""

from __future__ import annotations

import re
from collections.abc import Collection

from foxup.components.launch_script.reading import NAME, Assignment, Reading
from foxup.components.launch_script.shell_words import Cutter, Token

PLAIN = re.compile(
    r"^(?P<head>[ \t]*export[ \t]+COMMANDLINE_ARGS=)"
    r"""(?P<quote>["']?)(?P<value>(?<=")[^"$`\\!\r\n]*|(?<=')[^'\r\n]*|[\w@%+=:,./-]*)"""
    r"""(?P=quote)(?P<tail>[ \t]*\r?\n?)$"""
)
TEMPLATE = re.compile(r'^#[ \t]?export COMMANDLINE_ARGS=""[ \t]*\r?\n?$')
_ASSIGNS = re.compile(r"([A-Za-z_]\w*)(\+?)=")
_OPTION = re.compile(r"--?\w|\xe2\x80[\x93\x94]")
"""Also behind the dash of a typesetter, in UTF-8."""
_DECLARES = {"export", "declare", "typeset", "readonly", "local"}
_LEAVES = {"return", "exit", "exec"}
_SOURCES = {"source", ".", "eval"}
_END = Token("operator", "", 0, 0)
_DEEPEST = 8


def read(text: str, world: int) -> Reading:
    """Read the script up to where it leaves or ends."""
    cutter = Cutter(text)
    reader = _Reader(cutter.tokens, world)
    reader.reading.comments, reader.reading.broken = cutter.comments, cutter.broken
    return reader.read(text.count("\n") + (not text.endswith("\n") and bool(text)))


class _Reader:
    def __init__(self, tokens: list[Token], world: int) -> None:
        self.tokens, self.world = tokens, world
        self.at = self.inside = self.depth = 0
        self.functions: dict[str, int] = {}
        self.ended: int | None = None
        self.given = self.exports = False
        self.reading = Reading()

    def read(self, lines: int) -> Reading:
        while self.at < len(self.tokens):
            self._list((), live=True)
            self.at += 1
        self.reading.end = lines if self.ended is None else self.ended
        return self.reading

    def _peek(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    def _is(self, *words: str) -> bool:
        """Whether one of these words or operators is next."""
        token = self._peek()
        return (token.text if token.kind == "operator" else token.bare()) in words

    def _list(self, stops: Collection[str], *, live: bool) -> None:
        while self._peek() is not _END and not self._is(*stops, ")", ";;", ";&", ";;&"):
            if self._is(";", "\n", "&"):
                self.at += 1
                continue
            before = self.at
            self._chain(live=live)
            self.at += self.at == before

    def _chain(self, *, live: bool) -> None:
        """Carry out commands joined by `&&`, `||` and `|`; after an assignment it is known which way that goes."""
        sure = self._command(live=live)
        deeper = self.inside
        while self._is("&&", "||", "|"):
            operator = self._peek().text
            self.at += 1
            while self._is("\n"):
                self.at += 1
            self.inside = deeper + 1
            goes = operator == "&&" if sure else self.world == 0
            live = live and goes
            sure = self._command(live=live) and sure
        self.inside = deeper

    def _command(self, *, live: bool) -> bool:
        """Carry out one command; return whether it is an assignment, which never fails."""
        while self._is("!", "time"):
            self.at += 1
        word = self._peek().bare() if self._peek().kind == "word" else self._peek().text
        compound = {"if": self._if, "case": self._case, "for": self._loop, "select": self._loop, "while": self._loop,
                    "until": self._loop, "{": self._group, "(": self._subshell, "function": self._function}  # fmt: skip
        if word in compound:
            self.inside += 1
            compound[word](live=live)
            self.inside -= 1
        elif word == "[[":
            while self._peek() is not _END and not self._is("]]"):
                self.at += 1
            self.at += 1
        elif [token.text for token in self.tokens[self.at + 1 : self.at + 3]] == ["(", ")"]:
            self._function(live=live)
        else:
            return self._simple(live=live)
        return False

    def _if(self, *, live: bool) -> None:
        branch, any_taken = 0, False
        while self._is("if", "elif"):
            self.at += 1
            self._list(("then",), live=live)
            self.at += 1
            taken = branch == self.world
            self._list(("elif", "else", "fi"), live=live and taken)
            branch, any_taken = branch + 1, any_taken or taken
        if self._is("else"):
            self.at += 1
            self._list(("fi",), live=live and not any_taken)
        self.at += 1

    def _case(self, *, live: bool) -> None:
        while self._peek() is not _END and not self._is("in"):
            self.at += 1
        self.at += 1
        branch = 0
        while self._peek() is not _END and not self._is("esac"):
            while self._peek() is not _END and not self._is(")", "esac"):
                self.at += 1
            if self._is("esac"):
                break
            self.at += 1
            self._list(("esac",), live=live and branch == self.world)
            self.at += self._is(";;", ";&", ";;&")
            branch += 1
            while self._is("\n"):
                self.at += 1
        self.at += 1

    def _loop(self, *, live: bool) -> None:
        while self._peek() is not _END and not self._is("do"):
            self.at += 1
        self.at += 1
        self._list(("done",), live=live and self.world == 0)
        self.at += 1

    def _group(self, *, live: bool) -> None:
        self.at += 1
        self._list(("}",), live=live)
        self.at += 1

    def _subshell(self, *, live: bool) -> None:  # noqa: ARG002 - what is set in there is gone afterwards
        self.at += 1
        self._list((), live=False)
        self.at += 1

    def _function(self, *, live: bool) -> None:
        """Remember where the body begins, and pass over it."""
        self.at += self._is("function")
        name = self._peek().bare()
        self.at += 1
        while self._is("(", ")", "\n"):
            self.at += 1
        if live:
            self.functions[name] = self.at
        self.inside += 1
        self._command(live=False)
        self.inside -= 1

    def _simple(self, *, live: bool) -> bool:
        words: list[Token] = []
        while self._peek().kind == "word":
            words.append(self._peek())
            self.at += 1
        if not words or not live or self.ended is not None:
            return False
        name = words[0].bare()
        self._note_strays(words)
        rest = [item for item in words if _ASSIGNS.match(item.text)]
        if name == "unset":
            for item in words[1:]:
                self.reading.set(Assignment(item.bare(), "", words[0].first, words[-1].last))
        if name in _DECLARES or len(rest) == len(words):
            self._assign(words, rest)
            self._export(words)
            return True
        self.exports |= name == "set" and any(item.bare() in ("-a", "allexport") for item in words)
        self.reading.others |= name in _SOURCES
        if name in _LEAVES and not self.inside and not self.depth and (name != "exec" or len(words) > 1):
            self.ended = words[0].first
        self._call(name)
        return False

    def _export(self, words: list[Token]) -> None:
        """Note whether programs get the arguments, too."""
        named = any(re.match(rf"{NAME}(?:\+?=|$)", item.text) for item in words)
        gives = words[0].bare() == "export" or any(re.match(r"-\w*x", item.text) for item in words)
        self.given |= named and gives
        self.reading.unexported = NAME in self.reading.variables and not self.given and not self.exports

    def _note_strays(self, words: list[Token]) -> None:
        """Note an option in place of a command, or behind an assignment that needed quotation marks."""
        for before, item in zip([None, *words], words, strict=False):
            if _OPTION.match(item.text) and (before is None or before.text.startswith(f"{NAME}=")):
                self.reading.strays.append(item.first)
                if before is words[0]:  # bash takes the option for the command, and the assignment is lost
                    self._assign([before], [before])

    def _call(self, name: str) -> None:
        if name not in self.functions or self.depth >= _DEEPEST:
            return
        after, self.at = self.at, self.functions[name]
        self.depth += 1
        self._command(live=True)
        self.depth -= 1
        self.at = after

    def _assign(self, words: list[Token], assigned: list[Token]) -> None:
        for token in assigned:
            hit = _ASSIGNS.match(token.text)
            assert hit is not None
            name, adds = hit[1], hit[2]
            value, computed = self._value(token)
            first, last = words[0].first, words[-1].last
            alone = len(assigned) == 1 and not self.inside and not self.depth and self._alone(first, last)
            value = self.reading.variables.get(name, "") + value if adds else value
            self.reading.set(Assignment(name, value, first, last, alone), computed=computed)

    def _alone(self, first: int, last: int) -> bool:
        """Whether the command just taken shares its lines with no other."""
        begin = self.at - 1
        while begin >= 0 and self.tokens[begin].kind == "word":
            begin -= 1
        before = begin >= 0 and self.tokens[begin].text != "\n" and self.tokens[begin].last == first
        after = self._peek() is not _END and self._peek().text != "\n" and self._peek().first == last
        return not before and not after

    def _value(self, token: Token) -> tuple[str, bool]:
        """Return what stands after the sign `=`; whether part of it only a shell could work out."""
        out, computed = "", False
        for kind, text, otherwise in token.pieces:
            if kind == "name" and (text in self.reading.variables or text == NAME or otherwise):
                out += self.reading.variables.get(text, "") or otherwise
                computed |= text in self.reading.computed
            else:
                out += f"${text}" if kind == "name" else text
                computed |= kind in ("name", "shell")
        return out.partition("=")[2], computed
