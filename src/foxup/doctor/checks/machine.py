"""The machine: what the hardware rules say of it, parted among the checks."""

from __future__ import annotations

import re
from dataclasses import replace

from foxup import signatures
from foxup.components import requirements
from foxup.context import Context
from foxup.doctor.case import Case, NotApplicable
from foxup.doctor.texts import CheckModel, knowledge, say
from foxup.finding import Finding, Severity
from foxup.i18n import _

_FOR_NEW_ONES = frozenset(
    {"disk-too-small", "disk-low", "free-disk", "provision-python", "choose-other-path", "folder-not-empty"}
)
"""Findings that matter before an install and say nothing of one that is there."""

_BELOW = ("degraded", "unsupported")
_MINIMUM = "hardware-below-minimum"


def judge(check: CheckModel, case: Case) -> list[Finding]:
    """Return the findings of the rules that this check answers for."""
    found = [item for item in _all(case) if item.code in check.codes]
    if check.id == "machine.disk" and case.there:
        found += _nearly_full(case)
    if check.id == "gpu.driver":
        found += _spills(case)
    if check.id == "gpu.card":
        found += _below(case)
    return [item for item in found if not (case.there and item.code in _FOR_NEW_ONES)]


def git(case: Case) -> list[Finding]:
    """Say so when git is missing and the web UI needs it."""
    if not case.profile.requirements.git:
        raise NotApplicable(_("This web UI needs no git."))
    return [] if case.facts.git else [say("git-missing")]


def network(case: Case) -> list[Finding]:
    """Name the hosts that do not answer."""
    silent = [host for host, answers in case.state.network.items() if not answers]
    return [say("network-unreachable", hosts=", ".join(silent))] if silent else []


def _all(case: Case) -> list[Finding]:
    if case.profile.requirements.hardware == "none":
        return requirements.findings(Context(case.profile, case.facts, case.installed, case.layout))
    return list(case.decision.findings)


def _below(case: Case) -> list[Finding]:
    """Say that the machine as a whole is less than the guide asks for at least; what of it, the others say."""
    if case.profile.requirements.hardware != "card" or case.decision.verdict not in _BELOW:
        return []
    told = replace(signatures.finding(_MINIMUM), severity=Severity.INFO, fixed_by=None)
    # where nothing can run, flags do not help; what stands in the way says what does
    return [told if case.decision.torch else replace(told, remedy="", commands=())]


def _spills(case: Case) -> list[Finding]:
    """Tell of a card with little memory that this driver on Windows moves data into main memory instead of failing."""
    if case.profile.requirements.hardware != "card" or not case.decision.torch or case.decision.selected_gpu is None:
        return []
    rule, card = knowledge().spill, case.facts.gpus[case.decision.selected_gpu]
    version = re.match(r"\d+", case.facts.nvml.driver or "")
    new = case.facts.os.family == "windows" and version is not None and int(version[0]) >= rule.driver_from
    little = card.vendor == "nvidia" and card.vram_mib is not None and card.vram_mib <= rule.vram_up_to_mib
    return [replace(signatures.finding("gpu-sysmem-fallback-slow"), severity=Severity.INFO)] if new and little else []


def _nearly_full(case: Case) -> list[Finding]:
    free = case.facts.disk.target_free_gib
    full = free is not None and free < knowledge().disk_full_below_gib
    return [say("disk-nearly-full", free=f"{free:.1f}")] if full else []
