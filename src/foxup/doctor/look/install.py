"""The web UI's own files: which program it is, its scripts and settings, hashes of what the profile names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from foxup import survey
from foxup.components import settings
from foxup.doctor.state import Config, Program
from foxup.doctor.texts import knowledge
from foxup.paths import Layout
from foxup.profile import Profile
from foxup.receipt import from_document
from foxup.signatures.decode import LineDecoder
from foxup.signatures.phrases import Phrases
from foxup.system import files as disk
from foxup.system.journal import Journal

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_VERSION = re.compile(r"^## +v?(\d+\.\d+\.\d+\S*)", re.MULTILINE)
_HEAD = 4096


def program(layout: Layout) -> dict[str, Any]:
    """Return which web UI it is, by files only it has, and its release by its list of changes."""
    receipt = disk.read_json(layout.receipt)
    known = from_document(receipt)
    begun = Journal(layout.journal).begun("webui.files")
    fields: dict[str, Any] = {"receipt": receipt if known else None, "made": bool(known and begun)}
    if not (layout.root / "launch.py").is_file():
        return {**fields, "program": Program()}
    kind = next(
        (fork.kind for fork in knowledge().forks if any((layout.root / mark).exists() for mark in fork.markers)),
        "unknown",
    )
    return {**fields, "program": Program(kind, _version(layout.root))}


def scripts(layout: Layout) -> dict[str, Any]:
    """Return the launch script, the one that may shadow it, and config.json as the web UI would read it."""
    content = disk.read_bytes(layout.config)
    return {
        "launch_script": _text(disk.read_bytes(layout.launch_script)),
        "settings_script": _text(disk.read_bytes(layout.root / "webui.settings.bat")),
        "config": Config(config_state(content), settings.salvage(content)),
    }


def config_state(content: bytes | None) -> str:
    """Return missing, ok, bom or corrupt."""
    if content is None:
        return "missing"
    if settings.read(content) is not None:
        return "ok"
    return "bom" if content.startswith(_BOMS) else "corrupt"


def files(layout: Layout, profile: Profile) -> dict[str, Any]:
    """Return sizes and hashes of the files that the profile names."""
    seen = survey.look(layout, profile)
    return {"files": dict(seen.files), "foreign": seen.foreign}


def _version(root: Path) -> str | None:
    content = disk.read_bytes(root / "CHANGELOG.md")
    hit = _VERSION.search(content[:_HEAD].decode("utf-8", "replace")) if content else None
    return hit[1] if hit else None


def _text(content: bytes | None) -> str | None:
    """Read a script as text; one from an old Windows editor is in its code page, one for cmd.exe in the console's."""
    if content is None:
        return None
    decoder = LineDecoder(Phrases(()))
    return "\n".join(decoder.decode(line) for line in content.split(b"\n"))
