"""Verifications as JUnit XML, for continuous integration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from foxup.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foxup.report.model import Report

# XML 1.0 knows no control characters but tab and line ends; a prompt may hold any
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(reports: Sequence[Report]) -> str:
    """Return one test suite with a test case for each reference; a picture that is not proven is a failure."""
    failures = [report for report in reports if not report.proven]
    suite = ET.Element(
        "testsuite",
        name="foxup",
        tests=str(len(reports)),
        failures=str(len(failures)),
        errors="0",
        skipped="0",
        time=f"{sum(report.seconds for report in reports):.3f}",
    )
    for report in reports:
        _case(suite, report)
    ET.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def _case(suite: ET.Element, report: Report) -> None:
    name = _clean(report.reference_id)
    case = ET.SubElement(
        suite, "testcase", classname=f"foxup.{report.profile}", name=name, time=f"{report.seconds:.3f}"
    )
    properties = ET.SubElement(case, "properties")
    for key, value in (("verdict", str(report.verdict)), *((key, f"{item:g}") for key, item in report.metrics.items())):
        ET.SubElement(properties, "property", name=key, value=value)
    if not report.proven:
        failure = ET.SubElement(case, "failure", type=str(report.verdict), message=_clean(report.sentence))
        failure.text = "\n".join(
            _clean(f"{item.code}: {item.message} {item.cause} {item.remedy}".strip())
            for item in report.findings
            if item.severity is not Severity.INFO or item.code == "ruled-out"
        )


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
