"""Names of people and computers, and their home folders, however a program, an address or a code page spells them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

_NOT_PRIVATE = frozenset(
    (
        "root",
        "user",
        "admin",
        "administrator",
        "ubuntu",
        "debian",
        "localhost",
        "local",
        "default",
        "public",
        "guest",
        "runner",
        "docker",
        "python",
        "secret",
        "host",
        "email",
        "address",
        "device",
        "home",
        "users",
    )
)
"""Names that say nothing about a person, or that are words of ordinary logs."""
_SHORTEST = 3
"""Shorter names are ordinary syllables; they are only replaced inside a home folder's path."""
_MISREAD = (
    ("utf-8", "cp1251"),
    ("utf-8", "cp866"),
    ("utf-8", "cp1252"),
    ("cp1251", "cp866"),
    ("cp866", "cp1251"),
    ("cp1251", "cp1252"),
)
"""Code pages in which a name was written, and in which a console or a forum showed it."""

_SEPARATOR = r"(?:[\\/]{1,8}+|%5C|%2F)"
_END = r"(?![\w-])"
_GAP = r"(?:[\s_.+-]|%20|\\*u00a0)?"
_NAME_SIGN = r"(?:\\+u[0-9a-f]{4}|[^\\/:*?\"'<>|\s%~])"
_FOLDERS = "home|Users|Documents and Settings|Пользователи|Benutzer|Utilisateurs|Usuarios|Usuários|Utenti|用户"

ANY_HOME = (
    rf"(?:file:/+)?(?:[a-z](?::|%3A)|/mnt/[a-z]|/cygdrive/[a-z]|/[a-z])?{_SEPARATOR}"
    rf"(?:{_FOLDERS}){_SEPARATOR}(?!(?:Public|Default|All Users|Shared){_END})"
    rf"(?:{_NAME_SIGN}+(?:[ \u00a0]{_NAME_SIGN}+){{0,3}}(?=[\\/>\"'])"
    rf"|{_NAME_SIGN}+(?:[ \u00a0](?-i:[A-ZА-ЯЁ]){_NAME_SIGN}+)+(?=[\s.,;)\]]|$)"
    r"|(?:\\+u[0-9a-f]{4}|[^\\/:*?\"'<>|\s,;)\]])+)"
)
"""The home folder of anybody, on any system. A name with a blank needs a sign after it that ends a path, or a capital
letter after the blank, to be seen as one."""


def private(name: str) -> bool:
    """Whether a name tells of a person or a computer."""
    return len(name.strip()) >= _SHORTEST and name.strip().lower() not in _NOT_PRIVATE


def secret_forms(text: str) -> set[str]:
    """Return the spellings of a secret: as it is, percent-encoded, as JSON escapes it, and misread."""
    text = text.strip()
    return _spelled(text) if len(text) >= _SHORTEST else set()


def name(text: str) -> str:
    """A whole word; an underscore is a border, blanks may be missing, and a computer's name may carry a domain."""
    forms = "|".join(_alternatives(text.strip()))
    return rf"(?:(?<![^\W_])|(?<=%[0-9a-f][0-9a-f]))(?:{forms})(?:\.(?:local|lan|home|localdomain))?(?![^\W_])"


def mounts(text: str) -> Iterable[str]:
    """The user's name where disks are mounted: also one too short for a word of its own, or one that begins a name."""
    forms = "|".join(_alternatives(text.strip()))
    if forms and text.strip().lower() not in _NOT_PRIVATE:
        yield rf"(?<=/media/)(?:{forms})(?=[/\s\"']|$)"
        yield rf"(?<=/Volumes/)(?:{forms})(?-i:(?![a-zа-яё]))"


def home(path: str) -> str:
    r"""The home folder however it is written: `C:\Users\Me`, `C:\\Users\\Me`, `/c/Users/me`, `file:///C:/Users/Me`."""
    drive, _, rest = path.partition(":") if re.match(r"[A-Za-z]:", path) else ("", "", path)
    parts = [part for part in re.split(r"[\\/]+", rest) if part]
    body = _SEPARATOR.join(f"(?:{'|'.join(_alternatives(part))})" for part in parts)
    start = rf"(?:file:/+)?(?:{drive}(?::|%3A)|/(?:mnt/|cygdrive/)?{drive})" if drive else r"(?:file:/+(?=/))?"
    return rf"{start}{_SEPARATOR}{body}{_END}"


def _alternatives(text: str) -> Iterable[str]:
    """Give expressions for the spellings of a name, the longest first."""
    words = text.split()
    found = {_GAP.join(re.escape(word) for word in words)} | {re.escape(form) for form in _spelled(text)}
    return sorted((_any_backslashes(form) for form in found), key=len, reverse=True)


def _any_backslashes(expression: str) -> str:
    r"""Let `\u0412` stand for `\\u0412` too, as JSON within JSON writes it."""
    return re.sub(r"\\\\u(?=[0-9a-f]{4})", r"\\\\+u", expression)


def _spelled(text: str) -> set[str]:
    both = {unicodedata.normalize(form, text) for form in ("NFC", "NFD")} | {text}
    found = {spelling for form in both for spelling in (form, quote(form, safe=""), quote(form), quote_plus(form))}
    found |= {json.dumps(form, ensure_ascii=plain)[1:-1] for form in both for plain in (True, False)}
    if not text.isascii():
        found |= {_misread(text, *pages) for pages in _MISREAD}
    return {form for form in found if len(form) >= min(_SHORTEST, len(text))}


def _misread(text: str, written: str, shown: str) -> str:
    try:
        return text.encode(written).decode(shown)
    except UnicodeError:
        return text
