"""The picture that img2img starts from: given, published, or generated here first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foxup.finding import Finding
from foxup.i18n import pick
from foxup.system import files
from foxup.verify import needs, sizing
from foxup.verify.model import Asked, Source
from foxup.verify.published import obtain

if TYPE_CHECKING:
    from foxup.profile import ReferenceModel
    from foxup.verify.flow import Session

Found = tuple[Source | None, tuple[Finding, ...]]


def find(session: Session, reference: ReferenceModel) -> Found:
    """Return the source of a reference, None where it needs none or none can be had, and what is to be said of it.

    Raises FoxupError when it has to be generated and cannot be.
    """
    from foxup.pictures.data import finding
    from foxup.pictures.load import load

    if reference.mode != "img2img":
        return None, ()
    if session.asked.source is not None:
        load(session.asked.source)  # refuses what is no picture
        said = finding("reference-source", "given", name=session.asked.source.name)
        return Source("", "given", session.asked.source), (said,)
    if reference.init is None:
        return None, (finding("reference-source-unpublished"),)
    earlier = session.profile.reference(reference.init)
    plain = Asked(offline=session.asked.offline)
    published = obtain(session.layout, session.profile, earlier, plain, session.tell)
    name = pick(earlier.title.model_dump())
    if published.path is not None and reference.init_picture == "published":
        return Source(earlier.id, "published", published.path), (finding("reference-source", name=name),)
    source, lacking = _generated(session, sizing.by_picture(earlier, published.size))
    return source, lacking or (finding("reference-source", "generated", name=name),)


def _generated(session: Session, earlier: ReferenceModel) -> Found:
    """Generate the source, or take it from this run."""
    if earlier.id in session.drawn:
        return Source(earlier.id, "generated", session.drawn[earlier.id]), ()
    lacking = needs.findings(needs.missing(session.profile, earlier, session.installed), session.layout)
    if lacking:
        return None, lacking
    its_source, about = find(session, earlier)
    if earlier.mode == "img2img" and its_source is None:
        return None, about
    drawn, _request = session.draw(earlier, its_source, {})
    if drawn.partial:
        from foxup.pictures.data import finding

        return None, (finding("generation-interrupted"),)
    path = session.folder(earlier) / f"{earlier.id}.png"
    files.write_atomic(path, drawn.made.pictures[0])
    session.drawn[earlier.id] = path
    return Source(earlier.id, "generated", path), ()
