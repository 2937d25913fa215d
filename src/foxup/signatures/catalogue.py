"""The catalogue: every signature file read once, and findings made of its entries."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from foxup.errors import ExitCode, FoxupError
from foxup.finding import Finding, Severity
from foxup.i18n import _, pick
from foxup.profile import profiles_folder
from foxup.signatures.models import Marker, Signature, SignatureFile

SEVERITIES = {
    "fatal": Severity.ERROR,
    "degraded": Severity.WARNING,
    "quality": Severity.ERROR,
    "harmless": Severity.INFO,
}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All signatures by id, in the order of their files, the marks of a run, and what begins a line."""

    signatures: Mapping[str, Signature]
    markers: tuple[Marker, ...]
    line_starts: tuple[str, ...] = ()


@cache
def load(folder: Path | None = None) -> Catalogue:
    """Read the catalogue that ships with foxup, or another folder. Raises FoxupError (`signatures-invalid`)."""
    signatures: dict[str, Signature] = {}
    markers: list[Marker] = []
    line_starts: list[str] = []
    for path in sorted((folder or profiles_folder() / "signatures").glob("*.toml")):
        content = _read(path)
        for signature in content.signature:
            if signature.id in signatures:
                raise _invalid(path, f"{signature.id} is there twice")
            signatures[signature.id] = signature
        markers.extend(content.marker)
        line_starts.extend(content.line_starts)
    return Catalogue(signatures, tuple(markers), tuple(line_starts))


def finding(code: str) -> Finding:
    """Return the catalogue's entry as a finding in the person's language. Raises KeyError for an unknown id."""
    return to_finding(load().signatures[code])


def to_finding(signature: Signature) -> Finding:
    """Make a finding of a signature."""
    return Finding(
        code=signature.id,
        severity=SEVERITIES[signature.severity],
        message=pick(signature.title.model_dump()),
        cause=pick(signature.cause.model_dump()),
        remedy=pick(signature.remedy.model_dump()),
        commands=signature.commands,
        fixed_by=signature.fixed_by,
    )


def _read(path: Path) -> SignatureFile:
    try:
        return SignatureFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise _invalid(path, str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _invalid(path, f"{where}: {first['msg']}") from None


def _invalid(path: Path, what: str) -> FoxupError:
    message = _("The signature file {path} is wrong: {what}").format(path=path.name, what=what)
    return FoxupError("signatures-invalid", message, hint="pip install --force-reinstall foxup", exit_code=ExitCode.BUG)
