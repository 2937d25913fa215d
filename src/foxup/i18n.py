"""English and Russian: which language is spoken, and the translation of one sentence.

Only what a person reads is translated. Codes, JSON keys, log lines and command names stay English.
"""

from __future__ import annotations

import gettext as _gettext
import locale
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

DOMAIN = "foxup"
LANGUAGES = ("en", "ru")
_LOCALE_DIR = Path(__file__).parent / "locale"


@dataclass(slots=True)
class _Spoken:
    """The language in force; one for the process."""

    language: str = "en"
    catalogue: _gettext.NullTranslations = field(default_factory=_gettext.NullTranslations)


_spoken = _Spoken()


def language() -> str:
    """Return the language in force, `en` or `ru`."""
    return _spoken.language


def use(name: str) -> None:
    """Switch to language `name`; anything but a known one means English."""
    _spoken.language = name if name in LANGUAGES else "en"
    _spoken.catalogue = _gettext.translation(DOMAIN, _LOCALE_DIR, languages=[_spoken.language], fallback=True)


def _(message: str) -> str:
    """Translate one whole sentence; placeholders are named and filled by the caller."""
    return _spoken.catalogue.gettext(message) if message else ""


def ngettext(singular: str, plural: str, count: int) -> str:
    """Translate a sentence that depends on a count (Russian has three forms)."""
    return _spoken.catalogue.ngettext(singular, plural, count)


@cache
def sentences() -> tuple[str, ...]:
    """Return every sentence of the code, with its placeholders, in English and Russian; none without the catalogue."""
    russian = _gettext.translation(DOMAIN, _LOCALE_DIR, languages=["ru"], fallback=True)
    found: dict[str | tuple[str, int], str] = getattr(russian, "_catalog", {})  # gettext gives no list of its own
    singular = [key if isinstance(key, str) else key[0] for key in found]
    return tuple(dict.fromkeys(text for text in (*singular, *found.values()) if text))


def pick(texts: Mapping[str, str]) -> str:
    """Choose from a text kept in data in several languages, English when ours is missing."""
    return texts.get(_spoken.language) or texts.get("en", "")


def choose(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """Decide the language: `--lang`, then FOXUP_LANG, then the system, then English.

    It is read from raw arguments because help texts are evaluated before typer has parsed them.
    """
    for position, argument in enumerate(argv):
        if argument == "--lang" and position + 1 < len(argv):
            return _known(argv[position + 1])
        if argument.startswith("--lang="):
            return _known(argument.partition("=")[2])
    for name in ("FOXUP_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        if environ.get(name):
            return _known(environ[name])
    return _known(_windows_language()) if sys.platform == "win32" else "en"


def printable(name: str, encoding: str | None) -> str:
    """Return language `name`, or English where the console's code page has no Cyrillic: nobody can read `????`."""
    try:
        "яЯёЁ".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "en"
    return name


def _known(name: str) -> str:
    short = name.lower().replace("-", "_").split("_")[0].split(".")[0]
    return short if short in LANGUAGES else "en"


def _windows_language() -> str:
    """Ask Windows for the language of its interface; no environment variable tells it there."""
    import ctypes

    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - absent from the stubs off Windows
    return locale.windows_locale.get(kernel.GetUserDefaultUILanguage(), "en")


if os.environ.get("FOXUP_LANG"):  # a process that starts without the command line (tests, tools)
    use(_known(os.environ["FOXUP_LANG"]))
