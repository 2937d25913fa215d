"""Stand-ins for signs that a console's code page lacks: cp866 and cp437 have neither dashes nor typographic quotes."""

from __future__ import annotations

import codecs

ERRORS = "foxup.stand-in"
"""Name of the error handler, for `TextIO.reconfigure(errors=...)`."""
_STAND_INS = {
    **dict.fromkeys("«»„“”", '"'),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("\u00a0\u202f", " "),
    "…": "...",
    "·": "-",
    "•": "-",
    "→": "->",
    "×": "x",
    "≤": "<=",
    "≥": ">=",
    "±": "+-",
    "²": "2",
    "°": " ",
    "№": "N",
}


def stand_in(error: UnicodeError) -> tuple[str, int]:
    """Give a stand-in for each letter that cannot be encoded, `?` for one without; a codec error handler."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_STAND_INS.get(letter, "?") for letter in missing), error.end


codecs.register_error(ERRORS, stand_in)
