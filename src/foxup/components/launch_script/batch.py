"""Reading a .bat as cmd does: references are replaced first, line by line; then carets, quotes and blocks count."""

from __future__ import annotations

import re

from foxup.components.launch_script.reading import NAME, Assignment, Reading, lines_of

PLAIN = re.compile(
    r'^(?P<head>[ \t]*@?[ \t]*set[ \t]+(?P<quote>")?COMMANDLINE_ARGS=)(?P<value>[^"%^&|<>()!\r\n]*)'
    r'(?P<tail>(?(quote)")[ \t]*\r?\n?)$',
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"%%|%~[a-z$:]*\d|%[\d*]|%(?P<name>[^%:\s][^%:\r\n]*)(?P<edit>:[^%\r\n]*)?%|%", re.IGNORECASE)
_DELAYED = re.compile(r"!(\w+)!")
_SET = re.compile(r'(?P<call>call\s+)?set(?=[\s"=,;])[\s,;=]*(?P<rest>.*)$', re.IGNORECASE | re.DOTALL)
_STARTS = re.compile(
    r"""(?:(?:call|start|cmd(?:\.exe)?|/[a-z]\S*|""|"[^"]*"(?=\s+(?:/|webui)))\s+)*"*(?:[^"&|<>]*?[\\/]|%~dp0)?"""
    r"webui(?:\.bat|\.cmd)?(?:[\"\s].*)?$|(?!echo\b).*\b(?:launch|webui)\.py\b",
    re.IGNORECASE | re.DOTALL,
)
_LEAVES = re.compile(r"exit\b|goto\s*:?eof\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"""\s*(?:/i\s+)?(?P<no>not\s+)?(?:/i\s+)?(?:defined\s+(?P<name>[^\s()]+)|exist\s+(?:"[^"\n]*"|[^\s"]+)+
    |(?:errorlevel|cmdextversion)\s+\S+|(?P<one>(?:"[^"\n]*"|[^\s"=()])*)\s*(?:(?P<same>==)|\s(?:equ|neq|lss|leq|gtr|geq)\s)\s*
    (?P<two>(?:"[^"\n]*"|[^\s"()])+))\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_WORD = re.compile(r'[^\s&|<>()",;=/\\^]+')
_REDIRECTION = re.compile(r'(?P<hidden><[a-z]+>)|[<>]+(?:&\d)?[ \t]*(?:"[^"\n]*"|[^\s"&|<>)]*)')
"""`hidden` is no redirection but what a report has in place of a name or a secret."""
_COMMENT = re.compile(r"^[ \t]*@?[ \t]*(?:rem\b|::)", re.IGNORECASE)


def read(text: str, world: int) -> Reading:
    """Read the script up to the line that runs the web UI. Names of variables are in capitals: cmd ignores case."""
    return _Reader(lines_of(text), world).read()


def is_comment(line: str) -> bool:
    """Whether cmd passes over the line."""
    return bool(_COMMENT.match(line))


class _Reader:
    def __init__(self, lines: list[str], world: int) -> None:
        self.lines, self.world = lines, world
        self.next = self.first = self.at = 0
        self.text = ""
        self.inside = 0
        self.ended = False
        self.reading = Reading()

    def read(self) -> Reading:
        while self.next < len(self.lines) and not self.ended:
            self.first, self.text, self.at = self.next, "", 0
            self._more()
            self._line(live=True, nested=False)
        self.reading.end = self.first if self.ended else len(self.lines)
        return self.reading

    def _more(self) -> bool:
        """Take the next line of the script, its references replaced as cmd does before anything else."""
        if self.next >= len(self.lines):
            return False
        self.text += self._expanded(self.lines[self.next].rstrip("\n").replace("\r", "")) + "\n"
        self.next += 1
        return True

    def _expanded(self, text: str) -> str:
        def value(hit: re.Match[str]) -> str:
            name = (hit["name"] or "").upper()
            if hit[0] in ("%%", "%"):
                return hit[0][1:]
            if name and not hit["edit"] and (name in self.reading.variables or name == NAME):
                return self.reading.variables.get(name, "")
            return hit[0]

        return _REFERENCE.sub(value, text)

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _blank(self, more: str = "") -> None:
        while self._peek() and self._peek() in " \t@,;=" + more:
            self.at += 1

    def _line(self, *, live: bool, nested: bool) -> None:
        """Carry out commands up to the end of the line or of the block."""
        sure = True
        while True:
            self._blank()
            if self._peek() in ("", "\n") or (nested and self._peek() == ")"):
                return
            operator = re.compile(r"&&|\|\||[&|)]").match(self.text, self.at)
            if operator:
                self.at = operator.end()
                if operator[0] in ("&&", "||"):
                    self.inside += 1
                    live = live and self.world == 0 if not sure else live and operator[0] == "&&"
                    self._command(live=live, nested=nested)
                    self.inside -= 1
                continue
            sure = self._command(live=live, nested=nested)

    def _block(self, *, live: bool) -> None:
        self.at += 1
        self.inside += 1
        while self._peek() != ")":
            if self.at >= len(self.text) and not self._more():
                break
            self._line(live=live, nested=True)
            if self._peek() == "\n":
                self.at += 1
        self.at += 1
        self.inside -= 1

    def _command(self, *, live: bool, nested: bool) -> bool:
        """Carry out one command; return whether it is an assignment, which never fails."""
        self._blank()
        if self._peek() == "(":
            self._block(live=live)
            return False
        word = _WORD.match(self.text, self.at)
        name = word[0].lower() if word else ""
        if name.startswith(":") or name == "rem":
            self.at = self.text.index("\n", self.at)
        elif word and name == "if":
            self.at = word.end()
            self._if(live=live, nested=nested)
        elif name == "for":
            self._for(live=live, nested=nested)
        else:
            return self._simple(self._taken(nested=nested), live=live)
        return False

    def _if(self, *, live: bool, nested: bool) -> None:
        hit = _CONDITION.match(self.text, self.at)
        if hit is None:
            self._taken(nested=nested)
            return
        self.at = hit.end()
        known = self._known(hit)
        holds = self.world == 0 if known is None else known != bool(hit["no"])
        self.inside += 1
        self._body(live=live and holds, nested=nested)
        otherwise = re.compile(r"[ \t]*else\b[ \t]*", re.IGNORECASE).match(self.text, self.at)
        if otherwise:
            self.at = otherwise.end()
            self._body(live=live and not holds, nested=nested)
        self.inside -= 1

    def _known(self, hit: re.Match[str]) -> bool | None:
        """Whether what the script itself has set decides the condition, and how."""
        if hit["same"] and not re.search("[%!]", hit["one"] + hit["two"]):
            return str(hit["one"]).lower() == str(hit["two"]).lower()
        value = self.reading.variables.get((hit["name"] or "").upper())
        return None if value is None else bool(value)

    def _for(self, *, live: bool, nested: bool) -> None:
        hit = re.compile(r".*?\)\s*do\b\s*", re.IGNORECASE | re.DOTALL).match(self.text, self.at)
        if hit is None:
            self._taken(nested=nested)
            return
        self.at = hit.end()
        self.inside += 1
        self._body(live=live and self.world == 0, nested=nested)
        self.inside -= 1

    def _body(self, *, live: bool, nested: bool) -> None:
        if self._peek() == "(":
            self._block(live=live)
        else:
            self._line(live=live, nested=nested)

    def _taken(self, *, nested: bool) -> str:
        """Take the rest of a command: carets and redirections are gone from it."""
        out: list[str] = []
        quoted = False
        while self._peek() not in ("", "\n"):
            char = self._peek()
            if char == '"':
                quoted = not quoted
            elif not quoted and (char in "&|" or (nested and char == ")")):
                break
            elif not quoted and char == "^":
                self._caret(out)
                continue
            elif not quoted and char in "<>":
                redirection = _REDIRECTION.match(self.text, self.at)
                self.at = redirection.end() if redirection else self.at + 1
                out.append(redirection["hidden"] or "" if redirection else "")
                continue
            out.append(char)
            self.at += 1
        return "".join(out)

    def _caret(self, out: list[str]) -> None:
        """Take what follows a caret as it is; at the end of a line, the line goes on in the next one."""
        self.at += 1
        if self._peek() == "\n":
            self.at += 1
            if self.at >= len(self.text) and not self._more():
                return
        if self._peek() not in ("", "\n"):
            out.append(self._peek())
            self.at += 1

    def _simple(self, command: str, *, live: bool) -> bool:
        if self.ended:
            return False
        hit = _SET.match(command)
        if hit:
            if live:
                self._set(self._expanded(hit["rest"]) if hit["call"] else hit["rest"])
            return True
        if re.match(r"--?\w", command):
            self.reading.strays.append(self.next - 1)
        leaves = _LEAVES.match(command) and not self.inside
        self.ended = bool(_STARTS.match(command)) or bool(leaves)
        self.reading.starts = self.next - 1 if self.ended and not leaves else None
        self.reading.passed = self.ended and not live
        self.reading.others |= not self.ended and command.lower().startswith("call")
        return False

    def _set(self, rest: str) -> None:
        if rest.startswith('"'):
            rest = rest[1 : rest.rindex('"')] if rest.count('"') > 1 else rest[1:]
        name, sign, value = rest.partition("=")
        if not sign or name.startswith("/"):
            return
        known = self.reading.variables
        value = _DELAYED.sub(lambda hit: known.get(hit[1].upper(), hit[0]), value)
        raw = self.lines[self.first]
        whole = not self.inside and not re.search(r"[&|(]", "".join(self.lines[self.first : self.next]))
        item = Assignment(name.upper(), value, self.first, self.next - 1, whole and bool(raw.strip()))
        self.reading.set(item, computed=bool(re.search(r"%\w+%", value)))
