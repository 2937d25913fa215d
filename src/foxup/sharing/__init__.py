"""One file to post: an examination without private things, as Markdown, JSON or HTML. Nothing is ever uploaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foxup.errors import UsageError
from foxup.i18n import _

if TYPE_CHECKING:
    from foxup.doctor.examination import Examination
    from foxup.redact import Redactor

FORMATS = ("md", "json", "html")


@dataclass(frozen=True, slots=True)
class Posted:
    """What may be shown to strangers: the redacted document, small pictures, and how much was replaced by what."""

    document: Mapping[str, Any]
    pictures: tuple[Mapping[str, str], ...]
    counts: Mapping[str, int]

    def summary(self) -> str:
        """Return what was replaced, for people."""
        parts = [f"{count} × {word}" for word, count in sorted(self.counts.items()) if count]
        return ", ".join(parts) or _("nothing")


def check_format(form: str) -> None:
    """Raise UsageError (`format-unknown`) for a format that does not exist."""
    if form not in FORMATS:
        message = _("There is no report format {name}.").format(name=form)
        raise UsageError("format-unknown", message, hint="foxup report --format md|json|html")


def make(examination: Examination, *, with_prompts: bool = False, redactor: Redactor | None = None) -> Posted:
    """Gather, take prompts out unless wanted, redact. `redactor` replaces the one for this machine and person."""
    from foxup.sharing import gather, private, thumbnails

    raw = gather.document(examination)
    worker = redactor or private.redactor(examination.case)
    clean = private.clean(raw, worker, with_prompts=with_prompts, pins=gather.pins(examination))
    return Posted(clean, thumbnails.of(examination), dict(worker.counts))


def render(posted: Posted, form: str) -> str:
    """Return the report as text in one of the formats."""
    if form == "json":
        import json

        document = {**posted.document, "replaced": dict(posted.counts), "pictures": list(posted.pictures)}
        return json.dumps(document, ensure_ascii=True, indent=2) + "\n"
    from foxup.sharing import pages

    return pages.render(posted, form)
