"""What a reference needs beside the web UI: model files and extensions, and which of them are not here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from foxup.finding import Finding
from foxup.installed import Installed
from foxup.paths import Layout
from foxup.profile import Profile, ReferenceModel

_CODES = {
    "checkpoint": "checkpoint-missing",
    "vae": "vae-missing",
    "upscaler": "upscaler-missing",
    "embedding": "embedding-missing",
    "extension": "extension-missing",
}


@dataclass(frozen=True, slots=True)
class Need:
    """One missing thing: its id for `foxup fetch`, what it is, and its name."""

    id: str
    kind: str
    name: str


def missing(profile: Profile, reference: ReferenceModel, installed: Installed) -> tuple[Need, ...]:
    """Return what has to be fetched before the reference can be generated.

    What a plain install brings is not asked for here, unless the web UI would do without it and not say so: a missing
    upscaler becomes a plain enlargement, an embedding plain words. Checkpoint and VAE of the install are the
    explanation's business.
    """
    found = []
    for file in profile.files:
        name = PurePosixPath(file.destination).name
        chosen = file.id in reference.needs or (name in (reference.checkpoint, reference.vae) and not file.default)
        if chosen and file.destination not in installed.files:
            found.append(Need(file.id, file.kind, name))
    for extension in profile.extensions:
        state = installed.repositories.get(extension.destination)
        if extension.id in reference.needs and not (state and state.present):
            found.append(Need(extension.id, "extension", extension.name))
    return tuple(found)


def findings(needs: Iterable[Need], layout: Layout) -> tuple[Finding, ...]:
    """Name what is missing; the first finding carries the one command that brings all of it."""
    from foxup.pictures.data import finding

    wanted = list(needs)
    command = f"foxup fetch {' '.join(need.id for need in wanted)} --dir {layout.root}"
    return tuple(replace(finding(_CODES[need.kind], name=need.name), commands=(command,)) for need in wanted)
