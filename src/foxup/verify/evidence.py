"""What a verification can know of its surroundings, for the explanation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from foxup.components import launch_script
from foxup.finding import Finding
from foxup.profile import FileModel, ReferenceModel
from foxup.system.download import content

if TYPE_CHECKING:
    from foxup.installed import Installed
    from foxup.launch import Server
    from foxup.paths import Layout
    from foxup.pictures.evidence import FileEvidence
    from foxup.pictures.verdict import Judgement
    from foxup.profile import Profile

_ROLES = {"checkpoint": "checkpoint", "vae": "vae", "upscaler": "upscaler", "embedding": "embedding"}


def of_files(
    layout: Layout, profile: Profile, reference: ReferenceModel, installed: Installed
) -> tuple[FileEvidence, ...]:
    """Return the model files the reference is made with, as they lie on the disk."""
    from foxup.pictures.evidence import FileEvidence

    return tuple(
        FileEvidence(
            role=_ROLES[file.kind],  # type: ignore[arg-type]
            name=PurePosixPath(file.destination).name,
            size=state.size if (state := installed.files.get(file.destination)) else None,
            sha256=state.sha256 if state else None,
            expected_size=file.size,
            expected_sha256=file.sha256 or file.sha256_prefix,
            whole=content.whole(layout.root / PurePosixPath(file.destination)) if state else None,
        )
        for file in profile.files
        if file.kind in _ROLES and _concerns(file, reference)
    )


def _concerns(file: FileModel, reference: ReferenceModel) -> bool:
    """Whether this reference is made with that file."""
    name = PurePosixPath(file.destination).name
    by_name = {"checkpoint": reference.checkpoint, "vae": reference.vae}
    return name == by_name[file.kind] if file.kind in by_name else file.id in reference.needs


def without_picture(
    profile: Profile, reference: ReferenceModel, installed: Installed, found: tuple[FileEvidence, ...], verdict: str
) -> list[Finding]:
    """Explain by files and settings alone."""
    from foxup.pictures.evidence import Evidence, config_evidence
    from foxup.pictures.explain import explain
    from foxup.pictures.verdict import Judgement, Verdict

    known = Evidence(
        judgement=Judgement(Verdict(verdict)),
        settings=profile.settings,
        config=config_evidence(installed.config),
        files=found,
    )
    return [item for item in explain(reference, known) if item.code != "cause-unknown" and item.severity != "info"]


def with_picture(
    layout: Layout,
    profile: Profile,
    reference: ReferenceModel,
    installed: Installed,
    server: Server,
    judgement: Judgement,
    generated: Mapping[str, Any],
) -> tuple[Finding, ...]:
    """Explain by everything; `generated` holds infotext, request, options and files of the generation."""
    from foxup.pictures.evidence import Evidence, config_evidence
    from foxup.pictures.explain import explain

    flags = launch_script.current_arguments(installed.launch_script, windows=layout.windows)
    return tuple(
        explain(
            reference,
            Evidence(
                judgement=judgement,
                settings=profile.settings,
                config=config_evidence(installed.config),
                vae_names=tuple(str(vae.get("model_name")) for vae in server.api.vaes()),
                flags=flags,
                expected_flags=profile.launch.arguments,
                **generated,
            ),
        )
    )
