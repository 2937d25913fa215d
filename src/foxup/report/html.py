"""The HTML report: one self-contained file that asks the network for nothing."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from foxup import i18n
from foxup.finding import Severity
from foxup.report import text

if TYPE_CHECKING:
    from jinja2 import Template

    from foxup.finding import Finding
    from foxup.report.model import Report


def render(report: Report) -> str:
    """Return the report as HTML in the language in force. All text of the report is escaped."""
    said = text.paragraph(report)
    return _template().render(report=report, language=i18n.language(), paragraph=said, leading=_leading(report))


def _leading(report: Report) -> Finding | None:
    """Return the likeliest cause, to stand beside the verdict, or None."""
    return next((item for item in report.findings if item.severity is not Severity.INFO), None)


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("foxup.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = i18n._
    return environment.get_template("report.html.j2")
