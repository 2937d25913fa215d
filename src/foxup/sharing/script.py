"""What a launch script says, in the letters it was written in.

Scripts are split as bytes, which Latin-1 shows as other letters, some of them white space. Here foreign letters go
through that as numbers between control characters, which nothing splits or quotes.
"""

from __future__ import annotations

import re

from foxup.components import launch_script

_FOREIGN = re.compile(r"[^\x00-\x7f]")
_NUMBER = re.compile("\x01([0-9a-f]+)\x02")


def arguments(text: str | None, *, windows: bool) -> list[str]:
    """Return the words of COMMANDLINE_ARGS as the web UI is given them."""
    return [_back(word) for word in launch_script.current_arguments(_ascii(text), windows=windows)]


def variables(text: str | None, *, windows: bool) -> dict[str, str]:
    """Return the variables the script sets to plain values."""
    found = launch_script.all_variables(_ascii(text), windows=windows)
    return {name: _back(value) for name, value in found.items()}


def _ascii(text: str | None) -> bytes | None:
    return None if text is None else _FOREIGN.sub(lambda hit: f"\x01{ord(hit[0]):x}\x02", text).encode("ascii")


def _back(text: str) -> str:
    return _NUMBER.sub(lambda hit: chr(int(hit[1], 16)), text)
