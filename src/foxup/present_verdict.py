"""Verdicts in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foxup.i18n import _, pick

if TYPE_CHECKING:
    from foxup.verify import Verification


def sentence(verdict: str) -> str:
    """Return what a verdict means, in one sentence."""
    return {
        "identical": _("Identical: every pixel is the same."),
        "same": _("The same picture, up to the numerical noise of another machine."),
        "drifted": _("Drifted: the same composition, with visible differences."),
        "different": _("A different picture."),
        "broken": _("No picture came out."),
        "unconfirmed": _("Nothing to compare with: the published picture cannot be had."),
    }[verdict]


def line(result: Verification) -> str:
    """Return the verdict on one reference for people, with its title."""
    return f"{pick(result.reference.title.model_dump())}: {said(result)}"


def said(result: Verification) -> str:
    """Return the verdict on one reference for people."""
    text = sentence(result.verdict)
    if result.verdict in result.reference.tolerance.proven and not result.proven:
        return text + " " + _("But something is wrong beside it:")
    return text
