"""The receipt: what was applied to an install and what was proved there. Written last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Proof:
    """A picture that was generated and judged.

    `state` is the digest of everything that shapes the picture (files, settings, packages, parameters); when it is
    unchanged, the proof still holds. `at` is the time in UTC, ISO 8601.
    """

    reference: str
    verdict: str
    state: str
    at: str
    picture: str
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checks:
    """What the web UI and its torch said of themselves after a start.

    `environment` is the digest of the package set they were asked about, `footer` the versions at the bottom of the
    page, `torch` the answers of `system.torch_question`, `codes` those of the findings.
    """

    environment: str | None
    at: str
    footer: dict[str, str] = field(default_factory=dict)
    torch: dict[str, Any] = field(default_factory=dict)
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What foxup knows it has done.

    `files` maps paths inside the install to the SHA-256 they were given; `extensions` are the ids of those asked for.
    """

    foxup: str
    profile: str
    files: Mapping[str, str] = field(default_factory=dict)
    environment: str | None = None
    proofs: Mapping[str, Proof] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    checks: Checks | None = None

    def with_proof(self, proof: Proof) -> Receipt:
        """Return the receipt with `proof` in place of an older one of the same reference."""
        return replace(self, proofs={**self.proofs, proof.reference: proof})

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"schema": SCHEMA, **asdict(self)}


def from_document(document: object) -> Receipt | None:
    """Read a receipt; None when it is missing, spoiled or of another schema."""
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        return None
    try:
        proofs = {name: Proof(**proof) for name, proof in document["proofs"].items()}
        return Receipt(
            foxup=str(document["foxup"]),
            profile=str(document["profile"]),
            files={str(path): str(digest) for path, digest in document["files"].items()},
            environment=document.get("environment"),
            proofs=proofs,
            extensions=tuple(str(name) for name in document.get("extensions", ())),
            checks=_checks(document.get("checks")),
        )
    except (KeyError, TypeError, AttributeError):
        return None


def _checks(value: Any) -> Checks | None:
    return Checks(**{**value, "codes": tuple(value.get("codes", ()))}) if isinstance(value, Mapping) else None
