"""The flow of a verification: what to compare with, what is needed, the source, the generation, the judgement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from foxup import generation, launch, survey
from foxup.components import settings as settings_rules
from foxup.errors import FoxupError, UsageError
from foxup.finding import Finding, Severity
from foxup.first_start import Question
from foxup.i18n import _
from foxup.launch import Server
from foxup.paths import Layout
from foxup.profile import Profile, ReferenceModel
from foxup.receipt import Checks
from foxup.system import files
from foxup.system.journal import now
from foxup.verify import checks, drawing, evidence, needs, server, sizing, sources, trials
from foxup.verify.model import Asked, Source, Verification
from foxup.verify.published import Published, obtain, published_picture

if TYPE_CHECKING:
    from foxup.pictures.verdict import Judgement
    from foxup.verify.drawing import Drawn

Tell = Callable[[str], None]


class Session:
    """One look at the install and one web UI for all references of a run; the web UI is started when first needed."""

    def __init__(self, layout: Layout, profile: Profile, tell: Tell, asked: Asked | None = None) -> None:
        """Look at the install; every file is read whole. Raises FoxupError (`not-installed`)."""
        self.layout, self.profile, self.tell, self.asked = layout, profile, tell, asked or Asked()
        tell(_("checking the files"))
        self.installed = survey.look(layout, profile, full_hash=True)
        if not (layout.root / "launch.py").is_file() or not layout.environment_python.exists():
            raise launch.not_installed(layout)
        self.drawn: dict[str, Path] = {}
        """Pictures generated in this run by the reference's id, unless a parameter was changed."""
        self._stack = ExitStack()
        self._server: Server | None = None
        self._question: Question | None = None
        self._checked: tuple[Checks, tuple[Finding, ...]] | None = None
        self._stamp = now().replace(":", "").replace("+0000", "")

    def __enter__(self) -> Self:
        """Nothing is started yet."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop the web UI if it is foxup's own."""
        self._stack.close()

    @property
    def server(self) -> Server:
        """A ready web UI. Raises FoxupError when it cannot be started."""
        if self._server is None:
            self._question = self._question or Question(self.layout, self.profile, self.installed)
            made = server.ready(self.layout, self.profile, self.installed, self.tell)
            self._server = self._stack.enter_context(made)
        return self._server

    def checked(self) -> tuple[Checks, tuple[Finding, ...]] | None:
        """Return what the web UI and its torch said of themselves, and what is wrong; None where none was needed."""
        if self._checked is None and self._question is not None:
            self._checked = self._question.answered(self._server.api if self._server else None)
        return self._checked

    def folder(self, reference: ReferenceModel) -> Path:
        """Return where picture and report of a reference go."""
        return self.layout.reports / f"{self._stamp}-{reference.id}"

    def options(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the web UI's settings, and those that shape pictures as the next start would use them."""
        running = self.server.api.options()
        return running, generation.effective_options(running, settings_rules.read(self.installed.config))

    def draw(
        self, reference: ReferenceModel, source: Source | None, changes: Mapping[str, Any]
    ) -> tuple[Drawn, dict[str, Any]]:
        """Generate a reference; return what came, and the request. Raises FoxupError."""
        _running, effective = self.options()
        around = generation.Surroundings(
            scripts=tuple(self.server.api.scripts()) if reference.script else (),
            source=source.path.read_bytes() if source else None,
        )
        request = generation.changed(generation.request(reference, effective, around), changes)
        self.tell(_("generating “{name}”").format(name=reference.id))
        made = drawing.draw(self.layout, self.server, reference.mode, request, self.tell)
        return made, request


def verify(session: Session, reference: ReferenceModel) -> Verification:
    """Generate the reference, judge the picture, explain a mismatch.

    Raises FoxupError when there is no install; a web UI that cannot generate is a result, not an error.
    """
    published = obtain(session.layout, session.profile, reference, session.asked, session.tell)
    of_its_own = published
    if session.asked.like is not None:  # whose size says nothing of the reference's
        of_its_own = Published(published_picture(session.profile, reference, session.layout), reference.fingerprint)
    sized = sizing.by_picture(reference, of_its_own.size)
    lacking = needs.findings(needs.missing(session.profile, reference, session.installed), session.layout)
    if lacking:
        return _unconfirmed(session, sized, published, lacking)
    try:
        checks.refuse_unknown(session.asked.changes, session.server.api)
        source, about = sources.find(session, sized)
        if sized.mode == "img2img" and source is None:
            return _unconfirmed(session, sized, published, about)
        sized = sizing.by_source(sized, source)
        unlisted = checks.unlisted(session.profile, sized, session.server)
        if unlisted:
            return _broken(session, sized, published, unlisted)
        said = (*sizing.said(reference, sized), *about, *published.findings)
        return _judged(session, sized, published, source, said)
    except FoxupError as error:
        if isinstance(error, UsageError) or error.code in {"not-installed", "port-taken", "install-locked"}:
            raise
        words = Finding(error.code, Severity.ERROR, error.message, error.cause, error.hint)
        return _broken(session, sized, published, (words,))


def _judged(
    session: Session, reference: ReferenceModel, published: Published, source: Source | None, said: tuple[Finding, ...]
) -> Verification:
    asked = session.asked
    prescribed = trials.as_prescribed(reference, session.profile) if asked.like else {}
    drawn, request = session.draw(reference, source, {**prescribed, **asked.changes})
    folder = session.folder(reference)
    generated = folder / f"{reference.id}.png"
    files.write_atomic(generated, drawn.made.pictures[0])
    if drawn.partial:
        from foxup.pictures.data import finding

        return _broken(session, reference, published, (finding("generation-interrupted"),))
    if not asked.changes and not asked.like:
        session.drawn[reference.id] = generated
    session.tell(_("comparing the pictures"))
    judgement = judged(reference, generated, published)
    found = evidence.of_files(session.layout, session.profile, reference, session.installed)
    running, effective = session.options()
    shown = {**running, **{key: effective[key] for key in generation.SHAPING if key in effective}}
    known = {"infotext": drawn.made.infotext, "request": request, "options": shown, "files": found}
    why = evidence.with_picture(
        session.layout, session.profile, reference, session.installed, session.server, judgement, known
    )
    tried: tuple[trials.Trial, ...] = ()
    if asked.trials and judgement.verdict in {"drifted", "different", "broken"}:
        said = (*said, *trials.vain(judgement))
        tried = () if trials.vain(judgement) else trials.run(session, reference, request, published, drawn.seconds)
    return Verification(
        reference=reference,
        verdict=str(judgement.verdict),
        explanation=trials.explained(tried, (*why, *said), made=asked.like is not None),
        metrics=judgement.metrics,
        judgement=judgement,
        generated=generated,
        published=published.path,
        source=source,
        infotext=drawn.made.infotext,
        request=request,
        folder=folder,
        seconds=drawn.seconds,
        files=found,
        trials=tried,
    )


def judged(reference: ReferenceModel, generated: Path, published: Published) -> Judgement:
    """Judge against the picture, else its fingerprint, else say that there is nothing to compare with."""
    from foxup.pictures import fingerprint, judge, load
    from foxup.pictures.verdict import Judgement, Verdict

    if published.path is not None:
        return judge.compare_files(generated, published.path, same_psnr=reference.tolerance.same_psnr)
    if published.fingerprint:
        return judge.judge_fingerprint(load.load(generated), fingerprint.read(published.fingerprint))
    return Judgement(Verdict.UNCONFIRMED)


def _broken(
    session: Session, reference: ReferenceModel, published: Published, words: tuple[Finding, ...]
) -> Verification:
    """Explain by files and settings why there is no picture; the web UI's own words come last."""
    return _without(session, reference, published, "broken", words, last=True)


def _unconfirmed(
    session: Session, reference: ReferenceModel, published: Published, words: tuple[Finding, ...]
) -> Verification:
    """Say what keeps the reference from being generated, and what else is wrong with files and settings."""
    return _without(session, reference, published, "unconfirmed", words, last=False)


def _without(
    session: Session,
    reference: ReferenceModel,
    published: Published,
    verdict: str,
    words: tuple[Finding, ...],
    *,
    last: bool,
) -> Verification:
    found = evidence.of_files(session.layout, session.profile, reference, session.installed)
    why = evidence.without_picture(session.profile, reference, session.installed, found, verdict)
    codes = {(item.code, item.message) for item in words}
    why = [item for item in why if (item.code, item.message) not in codes]
    return Verification(
        reference=reference,
        verdict=verdict,
        explanation=(*why, *words) if last else (*words, *why, *published.findings),
        published=published.path,
        files=found,
    )
