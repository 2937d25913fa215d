"""What the newest console logs and the last verification say."""

from __future__ import annotations

from foxup import signatures
from foxup.doctor.case import Case, NotApplicable
from foxup.doctor.state import LogState
from foxup.doctor.texts import say
from foxup.finding import Finding
from foxup.i18n import _

_UNCONFIRMED = "unconfirmed"
_TOO_OLD = "gpu-too-old-for-new-torch"


def newest(case: Case) -> list[Finding]:
    """Say what the newest console log tells of; one from before a repair tells of the past."""
    logs = case.state.logs
    if not logs:
        raise NotApplicable(_("There is no log yet."))
    fresh = [log for log in logs if not log.stale]
    if not fresh:
        raise NotApplicable(_("The logs are older than the last repair."))
    return _of(case, fresh[0])


def verdict(case: Case) -> list[Finding]:
    """Say so when the last reference picture was not proven."""
    last = case.state.verdict
    if last is None:
        raise NotApplicable(_("Nothing was verified yet."))
    if last.proven:
        return []
    if last.verdict == _UNCONFIRMED:
        return [say("last-proof-failed/unconfirmed", reference=last.reference)]
    codes = ", ".join(last.codes) or _("nothing")
    return [say("last-proof-failed", reference=last.reference, verdict=last.verdict, codes=codes)]


def _of(case: Case, log: LogState) -> list[Finding]:
    catalogue = signatures.load().signatures
    found = [_said(case, code) for code in log.codes if code in catalogue]
    if found or log.healthy or log.known:
        return found
    line = log.evidence[-1].text if log.evidence else (log.tail[-1] if log.tail else "")
    return [say("log-unexplained", name=log.name, line=line)]


def _said(case: Case, code: str) -> Finding:
    """Return what the catalogue says; where no torch fits the card, it must not advise another torch."""
    card, decision = case.decision.selected_gpu, case.decision
    if code == _TOO_OLD and case.profile.requirements.hardware == "card" and not decision.torch and card is not None:
        return say("gpu-too-old-for-new-torch/nothing-fits", card=case.facts.gpus[card].name)
    return signatures.finding(code)
