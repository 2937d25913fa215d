"""The HTML report: one self-contained file that asks the network for nothing."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from foxup import i18n

if TYPE_CHECKING:
    from jinja2 import Template

    from foxup.report.model import Report


def render(report: Report) -> str:
    """Return the report as HTML in the language in force. All text of the report is escaped."""
    return _template().render(report=report, language=i18n.language())


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
