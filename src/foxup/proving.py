"""A proof: verify one reference, write its report, remember the result in the receipt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from foxup import __version__, launch, present_verdict, state_digest, survey, verify
from foxup.apply import end_orphan, held
from foxup.context import Context
from foxup.facts import Facts
from foxup.i18n import _, pick
from foxup.paths import Layout
from foxup.profile import Profile, ReferenceModel
from foxup.receipt import Proof, from_document
from foxup.system import files
from foxup.system.journal import now
from foxup.verify import Asked, Need, Session, Verification, missing, published_picture

if TYPE_CHECKING:
    from foxup.report.model import Report

REPORT = "report.html"
PARAGRAPH = "report.txt"


def prove(
    layout: Layout,
    profile: Profile,
    references: Sequence[ReferenceModel],
    *,
    tell: Callable[[str], None],
    asked: Asked | None = None,
) -> list[Verification]:
    """Verify references on an install with one web UI, write reports, and remember proofs that hold.

    Raises FoxupError.
    """
    if not (layout.root / "launch.py").is_file():
        raise launch.not_installed(layout)
    asked = asked or Asked()
    results = []
    with held(layout):
        end_orphan(layout)
        with Session(layout, profile, tell, asked) as session:
            for reference in references:
                result = _with_checks(verify.verify(session, reference), session, layout)
                _write_report(result, profile, layout)
                if result.proven and asked.as_it_is:
                    _remember(result, layout, profile)
                results.append(result)
    return results


def _with_checks(result: Verification, session: Session, layout: Layout) -> Verification:
    """Add what was found when the web UI started, and remember it."""
    checked = session.checked()
    if checked is None:
        return result
    checks, found = checked
    receipt = from_document(files.read_json(layout.receipt))
    if receipt is not None and receipt.checks != checks:
        files.write_json(layout.receipt, replace(receipt, checks=checks).to_document(), scratch=layout.scratch)
    return replace(result, checks=checks, explanation=(*result.explanation, *found))


def lacking(layout: Layout, profile: Profile, references: Sequence[ReferenceModel]) -> dict[str, tuple[Need, ...]]:
    """Return what each reference needs and this install has not, sources of upscales included; nothing without one."""
    if not (layout.root / "launch.py").is_file():
        return {}
    installed = survey.look(layout, profile)
    found = {}
    for reference in references:
        needs = list(missing(profile, reference, installed))
        if reference.init and not published_picture(profile, profile.reference(reference.init), layout):
            needs += missing(profile, profile.reference(reference.init), installed)
        found[reference.id] = tuple(dict.fromkeys(needs))
    return found


def report_path(result: Verification) -> Path | None:
    """Return the HTML report of a verification, if one was written."""
    path = result.folder / REPORT if result.folder else None
    return path if path and path.is_file() else None


def paragraph(result: Verification) -> str:
    """Return the paragraph to paste in a thread, or an empty text when no report was written."""
    content = files.read_bytes(result.folder / PARAGRAPH) if result.folder else None
    return content.decode().strip() if content else ""


def write_junit(results: Sequence[Verification], profile: Profile, layout: Layout, path: Path) -> None:
    """Write the results as JUnit XML, for CI. Raises FoxupError like `write_atomic`."""
    from foxup.report import junit

    files.write_atomic(path, junit.to_junit([_model(result, profile, layout) for result in results]).encode())


def _write_report(result: Verification, profile: Profile, layout: Layout) -> None:
    from foxup.report import html, text

    if result.folder is None:
        return
    model = _model(result, profile, layout)
    files.write_atomic(result.folder / REPORT, html.render(model).encode())
    files.write_atomic(result.folder / PARAGRAPH, f"{text.paragraph(model)}\n".encode())
    files.write_json(result.folder / "report.json", {"schema": 1, **result.to_document()})


def _model(result: Verification, profile: Profile, layout: Layout) -> Report:
    """Return the Report model of a verification."""
    from foxup.pictures import load
    from foxup.pictures.verdict import Verdict
    from foxup.report import build
    from foxup.report.model import Report

    generated = load.load(result.generated) if result.generated else None
    published = load.load(result.published) if result.published else None
    return Report(
        command="verify",
        profile=profile.name,
        reference_id=result.reference.id,
        reference_title=pick(result.reference.title.model_dump()),
        created=now(),
        version=__version__,
        verdict=Verdict(result.verdict),
        sentence=present_verdict.said(result),
        proven=result.proven,
        metrics=result.metrics,
        findings=result.explanation,
        parameters=build.parameter_rows(result.reference, result.infotext),
        files=build.file_rows(result.files),
        machine=_machine(layout),
        pictures=build.picture_items(generated, published),
        seconds=result.seconds,
    )


def _machine(layout: Layout) -> tuple[tuple[str, str], ...]:
    """Return what of the environment shapes a picture, without anything personal."""
    import platform

    from foxup.system import uv

    versions = uv.packages(layout.environment_python)
    shaping = ("torch", "torchvision", "xformers", "transformers", "diffusers", "numpy", "gradio")
    rows = [(name, versions[name]) for name in shaping if name in versions]
    return ((_("System"), f"{platform.system()} {platform.machine()}"), *rows)


def _remember(result: Verification, layout: Layout, profile: Profile) -> None:
    receipt = from_document(files.read_json(layout.receipt))
    if receipt is None or result.generated is None:
        return
    installed = survey.look(layout, profile)
    context = Context(profile, Facts(), installed, layout)
    proof = Proof(
        reference=result.reference.id,
        verdict=result.verdict,
        state=state_digest.of(context, installed.environment.digest or ""),
        at=now(),
        picture=result.generated.relative_to(layout.root).as_posix(),
        metrics=dict(result.metrics),
    )
    files.write_json(layout.receipt, receipt.with_proof(proof).to_document(), scratch=layout.scratch)
