"""Verify: generate a reference on this install as it is set up, and say whether the picture is the published one.

Nothing of the person's is touched: foxup starts a server of its own with a copy of the settings (or uses the one that
`foxup start` left running, and waits its turn), and every setting that shapes a picture is sent with the request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from foxup import generation, launch, survey
from foxup.components import settings as settings_rules
from foxup.errors import FoxupError, UsageError
from foxup.finding import Finding, Severity
from foxup.i18n import _
from foxup.launch import Server, Start
from foxup.paths import Layout
from foxup.profile import FileModel, Profile, ReferenceModel
from foxup.system import files
from foxup.system.download import content
from foxup.system.journal import now

if TYPE_CHECKING:
    from foxup.installed import Installed
    from foxup.pictures.evidence import FileEvidence
    from foxup.pictures.verdict import Judgement
    from foxup.system.webui_api import Generation

PACKAGED = "package:"
_ROLES = {"checkpoint": "checkpoint", "vae": "vae", "upscaler": "upscaler", "embedding": "embedding"}
_GENERATE_TIMEOUT_S = 3600.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying one reference gave. `generated` and `published` are files, None where there is none."""

    reference: ReferenceModel
    verdict: str
    explanation: tuple[Finding, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    judgement: Judgement | None = None
    generated: Path | None = None
    published: Path | None = None
    infotext: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None
    seconds: float = 0.0
    files: tuple[FileEvidence, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether the verdict is one the profile accepts and no error was found beside it."""
        wrong = any(finding.severity in (Severity.ERROR, Severity.BLOCKER) for finding in self.explanation)
        return self.verdict in self.reference.tolerance.proven and not wrong

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form of the verify contract."""
        return {
            "reference": self.reference.id,
            "verdict": self.verdict,
            "proven": self.proven,
            "explanation": [finding.to_document() for finding in self.explanation],
            "metrics": dict(self.metrics),
            "generated": str(self.generated) if self.generated else None,
            "published": str(self.published) if self.published else None,
            "infotext": self.infotext,
            "request": dict(self.request),
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True, slots=True)
class Run:
    """What a verification works on."""

    layout: Layout
    profile: Profile
    reference: ReferenceModel
    tell: Tell
    published: Path | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


def verify(run: Run) -> Verification:
    """Generate the reference, judge the picture, explain a mismatch.

    Raises FoxupError when there is no install; a web UI that cannot generate is a result, not an error.
    """
    run.tell(_("checking the files"))
    installed = survey.look(run.layout, run.profile, full_hash=True)
    if not (run.layout.root / "launch.py").is_file() or not run.layout.environment_python.exists():
        raise launch.not_installed(run.layout)
    published = run.published or published_picture(run.profile, run.reference)
    folder = run.layout.reports / now().replace(":", "").replace("+0000", "")
    try:
        with _server(run, installed) as server:
            return _judged(run, installed, server, published, folder)
    except FoxupError as error:
        return _broken(run, installed, error, published)


def published_picture(profile: Profile, reference: ReferenceModel) -> Path | None:
    """Return the published picture if it ships with foxup, or None."""
    if reference.picture and reference.picture.startswith(PACKAGED):
        path = profile.folder / PurePosixPath(reference.picture.removeprefix(PACKAGED))
        return path if path.is_file() else None
    return None


@contextmanager
def _server(run: Run, installed: Installed) -> Iterator[Server]:
    """Give a ready server: the one that runs, unless the settings file would not be read the next time."""
    running = launch.running_server(run.layout)
    if running and settings_rules.read(installed.config) is not None:
        launch.wait_ready(running, timeout_s=run.profile.launch.ready_timeout_s, tell=run.tell)
        yield running
        return
    copy = run.layout.scratch / "settings-of-the-proof.json"
    if installed.config is not None:
        files.write_atomic(copy, installed.config)
    else:
        files.remove(copy)
    thrown_away = run.layout.root / "tmp" / "config.json"
    was_there = thrown_away.exists()
    server = launch.start(run.layout, Start(private=True, settings=copy))
    try:
        launch.wait_ready(server, timeout_s=run.profile.launch.ready_timeout_s, tell=run.tell)
        yield server
    finally:
        launch.stop(run.layout, server)
        files.remove(copy)
        if not was_there:
            files.remove(thrown_away)


def _judged(run: Run, installed: Installed, server: Server, published: Path | None, folder: Path) -> Verification:
    import time

    options = server.api.options()
    effective = generation.effective_options(options, settings_rules.read(installed.config))
    request = generation.changed(generation.request(run.reference, effective), run.changes)
    run.tell(_("generating “{name}”").format(name=run.reference.id))
    begun = time.monotonic()
    made = server.api.generate(run.reference.mode, request, timeout_s=_GENERATE_TIMEOUT_S)
    seconds = time.monotonic() - begun
    run.tell(_("comparing the pictures"))
    generated = folder / f"{run.reference.id}.png"
    files.write_atomic(generated, made.pictures[0])
    judgement = _judge(run.reference, generated, published)
    shown = {**options, **{key: effective[key] for key in generation.SHAPING if key in effective}}
    evidence = _evidence(run, installed, judgement, made, request, shown, server)
    return Verification(
        reference=run.reference,
        verdict=str(judgement.verdict),
        explanation=evidence,
        metrics=judgement.metrics,
        judgement=judgement,
        generated=generated,
        published=published,
        infotext=made.infotext,
        request=request,
        folder=folder,
        seconds=seconds,
        files=_file_evidence(run, installed),
    )


def _judge(reference: ReferenceModel, generated: Path, published: Path | None) -> Judgement:
    """Judge against the picture, else its fingerprint, else say that there is nothing to compare with."""
    from foxup.pictures import fingerprint, judge, load
    from foxup.pictures.verdict import Judgement, Verdict

    if published is not None:
        return judge.compare_files(generated, published, same_psnr=reference.tolerance.same_psnr)
    if reference.fingerprint:
        return judge.judge_fingerprint(load.load(generated), fingerprint.read(reference.fingerprint))
    return Judgement(Verdict.UNCONFIRMED)


def _evidence(
    run: Run,
    installed: Installed,
    judgement: Judgement,
    made: Generation,
    request: Mapping[str, Any],
    options: Mapping[str, Any],
    server: Server,
) -> tuple[Finding, ...]:
    from foxup.components import launch_script
    from foxup.pictures.evidence import Evidence, config_evidence
    from foxup.pictures.explain import explain

    flags = launch_script.current_arguments(installed.launch_script, windows=run.layout.windows)
    return tuple(
        explain(
            run.reference,
            Evidence(
                judgement=judgement,
                infotext=made.infotext,
                request=request,
                options=options,
                settings=run.profile.settings,
                config=config_evidence(installed.config),
                files=_file_evidence(run, installed),
                vae_names=tuple(str(vae.get("model_name")) for vae in server.api.vaes()),
                flags=flags,
                expected_flags=run.profile.launch.arguments,
            ),
        )
    )


def _file_evidence(run: Run, installed: Installed) -> tuple[FileEvidence, ...]:
    from foxup.pictures.evidence import FileEvidence

    return tuple(
        FileEvidence(
            role=_ROLES[file.kind],  # type: ignore[arg-type]
            name=PurePosixPath(file.destination).name,
            size=state.size if (state := installed.files.get(file.destination)) else None,
            sha256=state.sha256 if state else None,
            expected_size=file.size,
            expected_sha256=file.sha256 or file.sha256_prefix,
            whole=content.whole(run.layout.root / PurePosixPath(file.destination)) if state else None,
        )
        for file in run.profile.files
        if file.kind in _ROLES and _concerns(file, run.reference)
    )


def _concerns(file: FileModel, reference: ReferenceModel) -> bool:
    """Whether this reference is made with that file."""
    name = PurePosixPath(file.destination).name
    by_name = {"checkpoint": reference.checkpoint, "vae": reference.vae}
    return name == by_name[file.kind] if file.kind in by_name else file.id in reference.needs


def _broken(run: Run, installed: Installed, error: FoxupError, published: Path | None) -> Verification:
    """Explain by files and settings why there is no picture; the web UI's own words come last."""
    from foxup.pictures.evidence import Evidence, config_evidence
    from foxup.pictures.explain import explain
    from foxup.pictures.verdict import Judgement, Verdict

    if isinstance(error, UsageError) or error.code in {"not-installed", "port-taken", "install-locked"}:
        raise error
    evidence = Evidence(
        judgement=Judgement(Verdict.BROKEN),
        settings=run.profile.settings,
        config=config_evidence(installed.config),
        files=_file_evidence(run, installed),
    )
    found = [item for item in explain(run.reference, evidence) if item.code != "cause-unknown"]
    words = Finding(error.code, Severity.ERROR, error.message, error.cause, error.hint)
    return Verification(
        reference=run.reference,
        verdict=str(Verdict.BROKEN),
        explanation=(*(item for item in found if item.severity != Severity.INFO), words),
        published=published,
        files=evidence.files,
    )
