"""What git says when a source fails, in words for people, and whether another try may help."""

from __future__ import annotations

import re
from dataclasses import dataclass

from foxup.i18n import _


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why one source did not give the repository. `passing`: a second try may go better."""

    text: str
    passing: bool = False


_SIGNS = (
    ("stalled", r"Operation too slow|timed out|Timeout was reached"),
    ("login", r"could not read (Username|Password)|Authentication failed|terminal prompts disabled"),
    ("ssh", r"Host key verification|Permission denied \(publickey"),
    ("page", r"dumb http transport|not valid: is this a git repository|invalid index-pack|bad line length"),
    ("loop", r"redirects followed"),
    ("refused", r"returned error: 403"),
    ("gone", r"repository '.*' not found|returned error: 4\d\d|does not appear to be a git repository"),
    ("absent", r"not our ref|unadvertised object|couldn't find remote ref|not a tree|reference is not a tree"),
    ("unreachable", r"Could not resolve|Couldn't connect|Failed to connect|No route|Network is unreachable|refused"),
    ("busy", r"returned error: (429|5\d\d)"),
    ("tls", r"SSL|TLS|certificate|handshake"),
    (
        "cut",
        r"RPC failed|early EOF|unexpected disconnect|hung up|Connection reset|Empty reply|curl \d+|index-pack failed",
    ),
)
"""Kinds of trouble in the order in which they are looked for; git speaks English to us (LC_ALL=C)."""

_PASSING = frozenset({"stalled", "unreachable", "busy", "cut"})


def read(output: str) -> Trouble:
    """Return what git's error output means; its own last line when it is none of the known troubles."""
    for kind, pattern in _SIGNS:
        if re.search(pattern, output, re.IGNORECASE):
            return of(kind)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return Trouble(lines[-1] if lines else _("git gave up without a word"))


def of(kind: str) -> Trouble:
    """Return the trouble of a kind."""
    texts = {
        "stalled": _("it stopped sending"),
        "login": _("it asks for a password (so hosts answer for a repository that was removed or made private)"),
        "ssh": _("your git settings lead to ssh, which wants a key"),
        "page": _("it answers with a web page instead of a repository (perhaps a sign-in page of this network)"),
        "loop": _("it redirects in a circle"),
        "refused": _("it refuses access (403)"),
        "gone": _("there is no such repository (any more)"),
        "absent": _("it does not have the pinned commit"),
        "unreachable": _("it cannot be reached from here"),
        "busy": _("it is out of order or overloaded at the moment"),
        "tls": _("no secure connection came about (a proxy, an antivirus, or a wrong clock)"),
        "cut": _("the connection broke off in the middle"),
    }
    return Trouble(texts[kind], kind in _PASSING)
