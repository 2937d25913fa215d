"""A verification in one paragraph, to paste in a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foxup.finding import Severity
from foxup.i18n import _
from foxup.redact import Redactor

if TYPE_CHECKING:
    from foxup.report.model import Report

_SHOWN = 3


def paragraph(report: Report) -> str:
    """Return one paragraph without line breaks: verdict, numbers, causes, machine."""
    parts = [
        _("foxup {version}, profile {profile}, {reference}: {sentence}").format(
            version=report.version,
            profile=report.profile,
            reference=report.reference_title,
            sentence=report.sentence,
        )
    ]
    numbers = _numbers(report)
    if numbers:
        parts.append(f"({numbers})")
    causes = [item for item in report.findings if item.severity is not Severity.INFO]
    parts += [item.message for item in causes[:_SHOWN]]
    parts += [item.message for item in report.findings if item.code == "ruled-out"]
    if report.machine:
        parts.append("; ".join(f"{name}: {value}" for name, value in report.machine) + ".")
    return Redactor().redact(" ".join(" ".join(part.split()) for part in parts))


def _numbers(report: Report) -> str:
    shown = (("layout", "S {value:.3f}"), ("psnr_tc", "PSNR {value:.1f} dB"), ("ssim_tc", "SSIM {value:.3f}"))
    return ", ".join(text.format(value=report.metrics[key]) for key, text in shown if key in report.metrics)
