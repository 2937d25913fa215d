"""Writing the fingerprint of a published picture into the profile, so that verdicts need the picture no more."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from foxup.errors import UsageError
from foxup.i18n import _
from foxup.paths import Layout
from foxup.pins import read as read_pins
from foxup.profile import Profile, ReferenceModel
from foxup.system import files

_TABLE = re.compile(r"^\[\[references\]\][ \t]*$", re.MULTILINE)
_NEXT = re.compile(r"^\[", re.MULTILINE)
_LINE = re.compile(r"^fingerprint = .*$", re.MULTILINE)


def pin(profile: Profile, reference: ReferenceModel, layout: Layout, picture: Path | None = None) -> Path:
    """Write the fingerprint of `picture`, else of the one kept in the install, into the profile; return its file.

    Raises UsageError: `nothing-to-pin`, `reference-not-in-profile`; FoxupError for a file that is no picture.
    """
    from foxup.pictures import fingerprint, load

    known = read_pins(layout).get(reference.id)
    if picture is not None:
        text = fingerprint.write(fingerprint.make(load.load(picture)))
    elif known is not None:
        text = known.fingerprint
    else:
        raise UsageError(
            "nothing-to-pin",
            _("The published picture of “{name}” was not fetched yet.").format(name=reference.id),
            hint=f"foxup profile pin {reference.id} --picture FILE",
        )
    for path in profile.reference_files:
        written = with_fingerprint(path.read_text(encoding="utf-8"), reference.id, text)
        if written is not None:
            files.write_atomic(path, written.encode())
            return path
    message = _("Profile {profile} takes “{name}” from another profile.").format(
        profile=profile.name, name=reference.id
    )
    raise UsageError("reference-not-in-profile", message, hint="foxup profile list")


def with_fingerprint(document: str, name: str, fingerprint: str) -> str | None:
    """Return a TOML document with the fingerprint of one reference, all else as it was; None without such a table."""
    for start in (match.end() for match in _TABLE.finditer(document)):
        following = _NEXT.search(document, start)
        end = following.start() if following else len(document)
        table = document[start:end]
        if tomllib.loads(table).get("id") != name:
            continue
        present = _LINE.search(table)
        line = f"fingerprint = '{fingerprint}'"  # base85 holds neither quote nor backslash
        if present:
            table = table[: present.start()] + line + table[present.end() :]
        else:
            body, comment = _parted(table)
            table = f"{body.rstrip()}\n{line}\n{comment}"
        return document[:start] + table + document[end:]
    return None


def _parted(table: str) -> tuple[str, str]:
    """Part a table from the comment that stands before the next one."""
    lines = table.split("\n")
    last = max(number for number, text in enumerate(lines) if text.strip() and not text.startswith("#"))
    return "\n".join(lines[: last + 1]), "\n".join(lines[last + 1 :])
