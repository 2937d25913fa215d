"""Everything a report says, before anything private is taken out of it."""

from __future__ import annotations

import re
from typing import Any

from foxup import __version__
from foxup.components import settings
from foxup.doctor.checks.environment import pinned_versions
from foxup.doctor.examination import Examination
from foxup.i18n import pick
from foxup.system.journal import now

KIND = "foxup-report"
_FILE_KEYS = ("sd_vae", "sd_model_checkpoint")
_ASSIGNMENT = re.compile(r"^\s*(?:@?\s*set\s|export\s|[A-Za-z_]+=)", re.IGNORECASE)
_VERSIONS = ("torch", "torchvision", "xformers", "numpy", "setuptools", "gradio", "transformers", "safetensors")


def document(examination: Examination) -> dict[str, Any]:
    """Return what a helper asks for; the checks rest on its `facts` and `state`."""
    case = examination.case
    return {
        "schema": 1,
        "kind": KIND,
        "foxup": __version__,
        "created": now(),
        "profile": case.profile.address,
        "facts": case.facts.to_document(),
        "state": _state(examination),
        "checks": [result.to_document() for result in examination.results],
        "findings": [finding.to_document() for finding in examination.findings],
        "versions": _versions(examination),
        "settings": _settings(examination),
        "log": _log(examination),
        "verdict": _verdict(examination),
    }


def pins(examination: Examination) -> dict[str, set[str]]:
    """Return the public versions of packages: those in the profile's locks."""
    return pinned_versions(examination.case)


def _state(examination: Examination) -> dict[str, Any]:
    """Return the state with no more of settings and scripts than the checks need."""
    case = examination.case
    found = case.state.to_document()
    keys = {*case.profile.settings, *_FILE_KEYS}
    found["config"]["values"] = {key: value for key, value in case.state.config.values.items() if key in keys}
    for name in ("launch_script", "settings_script"):
        if found[name] is not None:
            lines = [line for line in found[name].splitlines() if _ASSIGNMENT.match(line)]
            found[name] = "\n".join(lines) + "\n"
    return found


def _versions(examination: Examination) -> dict[str, str]:
    case = examination.case
    packages, program = case.state.environment.packages, case.state.program
    found = {"foxup": __version__, "webui": f"{program.kind} {program.version or ''}".strip()}
    commit = case.state.repositories.get(".")
    if commit and commit.commit:
        found["commit"] = commit.commit[:10]
    if case.state.environment.python:
        found["python"] = case.state.environment.python
    return {**found, **{name: packages[name] for name in _VERSIONS if name in packages}}


def _settings(examination: Examination) -> list[dict[str, Any]]:
    case = examination.case
    changes = settings.differing(case.state.config.values, case.profile.settings)
    return [{"key": key, "present": have, "prescribed": want} for key, (have, want) in changes.items()]


def _log(examination: Examination) -> dict[str, Any] | None:
    """Return the newest log that tells of the present: the lines that matter, then its end."""
    logs = examination.case.state.logs
    chosen = next((log for log in logs if not log.stale), logs[0] if logs else None)
    if chosen is None:
        return None
    return {
        "name": chosen.name,
        "modified": chosen.modified,
        "codes": list(chosen.codes),
        "evidence": [] if chosen.stale else [{"line": item.line, "text": item.text} for item in chosen.evidence],
        "tail": list(chosen.tail),
    }


def _verdict(examination: Examination) -> dict[str, Any] | None:
    last = examination.case.state.verdict
    if last is None:
        return None
    references = {item.id: pick(item.title.model_dump()) for item in examination.case.profile.references}
    return {
        "reference": last.reference,
        "title": references.get(last.reference, last.reference),
        "verdict": last.verdict,
        "proven": last.proven,
        "at": last.at,
        "codes": list(last.codes),
        "infotext": last.infotext,
    }
