"""What uv says when packages do not come, as errors in words for people."""

from __future__ import annotations

import re

from foxup.errors import FoxupError
from foxup.i18n import _

_SIGNS = (
    ("hash", "hash mismatch"),
    ("build", "failed to build|build backend returned an error"),
    ("page", "unexpected header|could not find EOCD|is not a zip"),
    ("refused", r"\b(401 unauthorized|403 forbidden|lack of valid authentication)"),
    ("lacking", "was not found in the package registry|there is no version of|no solution found|404 not found"),
    ("busy", r"status server error \(5"),
    ("cut", "truncated|end of file before|connection reset|error decoding response body|network timeout"),
    ("unreachable", "failed to fetch|dns error|connection refused|error sending request"),
)
_CODES = {
    "hash": "package-hash-mismatch",
    "page": "package-not-offered",
    "refused": "package-not-offered",
    "lacking": "package-not-offered",
    "busy": "package-index-unreachable",
    "unreachable": "package-index-unreachable",
    "cut": "package-not-whole",
}
_PACKAGE = re.compile(r"Failed to (?:download|build) `([^`]+)`|Because (\S+) was not found|no version of (\S+)")


def read(output: str) -> FoxupError:
    """Return what uv's output means; its own last words are the end of the cause."""
    kind = next((kind for kind, pattern in _SIGNS if re.search(pattern, output, re.IGNORECASE)), "")
    lines = [line.strip(" ×╰─▶├│") for line in output.splitlines() if line.strip()]
    last = [line for line in lines if not line.startswith("hint:")][-1:]
    words = last[0].removeprefix("cause: ").removeprefix("error: ") if last else ""
    found = _PACKAGE.search(output)
    name = next(filter(None, found.groups()), "") if found else ""
    cause = " ".join(filter(None, (f"{name}:" if name else "", _why(kind), f"({words})" if kind else words)))
    return FoxupError(_CODES.get(kind, "packages-failed"), _message(kind), cause=cause, hint=_hint(kind))


def _message(kind: str) -> str:
    return {
        "hash": _("A package from the index is not the pinned one (hash mismatch)."),
        "build": _("A package could not be built on this machine."),
        "page": _("The package index gave something that is not a package."),
        "refused": _("The package index refuses access."),
        "lacking": _("The package index does not have what is needed."),
        "busy": _("The package index is out of order or overloaded at the moment."),
        "cut": _("A package did not arrive whole."),
        "unreachable": _("The package index cannot be reached."),
    }.get(kind, _("The packages could not be installed."))


def _why(kind: str) -> str:
    return {
        "hash": _("what came has other content than what foxup was tested with; it was not installed"),
        "page": _("a web page came instead, perhaps the sign-in page of this network"),
        "refused": _("it wants a password or turns this network away"),
        "lacking": _("an incomplete mirror, or a sign-in page in its place"),
        "cut": _("the connection broke off or stopped"),
        "busy": _("it is out of order or overloaded at the moment"),
        "unreachable": _("it cannot be reached from here"),
    }.get(kind, "")


def _hint(kind: str) -> str:
    if kind in {"", "build"}:
        return _("Run the same command again; what was already fetched is kept.")
    return _(
        "Check the network and run the same command again. Where these addresses are blocked or slow, add "
        "--mirrors russia or --mirrors china; others go into the configuration, see docs/how-to/sources.md."
    )
