"""Texts for people about what the web UI and its torch said after a start. Pure: builds lines, writes none."""

from __future__ import annotations

from foxup.i18n import _
from foxup.receipt import Checks

_ORDER = ("version", "python", "torch", "xformers", "gradio", "checkpoint")


def lines(checks: Checks | None) -> list[str]:
    """Return the versions of the page's footer in one line, what computes in another, and what is wrong."""
    if checks is None:
        return []
    found = []
    if checks.footer:
        shown = [f"{name} {checks.footer[name]}" for name in _ORDER if name in checks.footer]
        found.append(_("versions: {list}").format(list=", ".join(shown)))
    if checks.torch.get("product"):
        device = checks.torch.get("name") or checks.torch.get("device")
        torch = checks.torch.get("torch")
        found.append(_("torch {version} computes right on {device}").format(version=torch, device=device))
    if checks.codes:
        found.append(_("wrong: {codes}; look closer with: foxup verify").format(codes=", ".join(checks.codes)))
    return found
