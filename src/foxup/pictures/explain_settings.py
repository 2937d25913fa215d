"""Settings on the disk and in the running web UI, and the environment it runs in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from foxup.pictures.data import finding, label, table
from foxup.pictures.explain_parameters import made_with
from foxup.pictures.infotext import equal
from foxup.pictures.samplers import uses_ensd
from foxup.pictures.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from foxup.finding import Finding
    from foxup.pictures.evidence import Evidence
    from foxup.profile import ReferenceModel


def config_findings(evidence: Evidence) -> list[Finding]:
    """Judge config.json: unreadable, absent, of a wrong type, or not what the running web UI uses."""
    config = evidence.config
    if config is None:
        return []
    if not config.present:
        return [finding("settings-missing")] if evidence.settings else []
    if config.problem:
        return [finding("config-json-corrupt", problem=label(config.problem))]
    return [*_types(config.values, evidence.settings), *_not_applied(config.values, evidence)]


def _types(values: Mapping[str, Any], settings: Mapping[str, Any]) -> list[Finding]:
    """Compare JSON types with the profile's. Whole and broken numbers are interchangeable, texts and numbers not."""
    return [
        finding("settings-wrong-type", key=key, actual=repr(values[key]), expected=repr(wanted))
        for key, wanted in settings.items()
        if key in values and _kind(values[key]) != _kind(wanted)
    ]


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return "list" if isinstance(value, (list, tuple)) else type(value).__name__


def _not_applied(values: Mapping[str, Any], evidence: Evidence) -> list[Finding]:
    if evidence.options is None:
        return []
    known = table("options")
    keys = [*known["own"]["keys"], *known["acting"]]
    return [
        finding("settings-not-applied", key=key, written=values[key], actual=evidence.options[key])
        for key in keys
        if key in values and key in evidence.options and not _same_setting(key, values[key], evidence.options[key])
    ]


def _same_setting(key: str, written: object, actual: object) -> bool:
    """Compare a setting; a checkpoint goes by many names: path, file name, title with or without `[hash]`."""
    if key != "sd_model_checkpoint" or not written or not actual:
        return _equal(written, actual)
    names = [
        re.sub(r" \[[0-9a-f]+\]$", "", str(name)).replace("\\", "/").rpartition("/")[2] for name in (written, actual)
    ]
    return names[0].rpartition(".")[0] == names[1].rpartition(".")[0] or names[0] == names[1]


def option_findings(reference: ReferenceModel, evidence: Evidence) -> list[Finding]:
    """Judge the running web UI's settings where the infotext is silent: ENSD, compatibility, and all without a text.

    Options that the request overrides are left out; the infotext has shown their effect already.
    """
    if evidence.options is None:
        return []
    overrides = (evidence.request or {}).get("override_settings") or {}
    options = {**evidence.options, **overrides}
    found = []
    printed: Collection[str] = ()
    if made_with(evidence) is None:
        found += _without_text(reference, options)
    elif evidence.infotext:
        printed = table("options")["printed"]["keys"]
    ensd = options.get("eta_noise_seed_delta", 0)
    if uses_ensd(reference.sampler) and not equal(ensd, reference.ensd):
        found.append(finding("param-ensd", expected=reference.ensd, actual=ensd))
    for key, default in table("options")["acting"].items():
        wanted = evidence.settings.get(key, default)
        if key not in printed and key in options and not _equal(options[key], wanted):
            found.append(finding("option-compat", key=key, expected=wanted, actual=options[key]))
    return found


def _without_text(reference: ReferenceModel, options: Mapping[str, Any]) -> list[Finding]:
    found = []
    skip = options.get("CLIP_stop_at_last_layers", 1)
    if not equal(skip, reference.clip_skip):
        found.append(finding("img-clip-skip", expected=reference.clip_skip, actual=skip))
    chosen = str(options.get("sd_vae", "Automatic"))
    if reference.vae and chosen in {"None", "Automatic", "auto"}:
        found.append(finding("img-washed-out-no-vae", "parameters", expected=reference.vae, actual=chosen))
    elif reference.vae and chosen != reference.vae.rpartition("/")[2]:
        found.append(finding("img-other-vae", "parameters", expected=reference.vae, actual=chosen))
    return found


def _equal(one: object, other: object) -> bool:
    """Compare two settings; the web UI answers whole numbers as 2.0 and false as 0 where it was stored so."""
    if isinstance(one, bool) or isinstance(other, bool):
        return bool(one) == bool(other)
    if not one and not other:  # nothing chosen is stored as null, or as an empty text
        return True
    return equal(one, other)


def environment_findings(evidence: Evidence) -> list[Finding]:
    """Name what rounds differently. It explains drift, never another composition."""
    judgement = evidence.judgement
    if judgement is None or judgement.verdict not in {Verdict.DRIFTED, Verdict.DIFFERENT}:
        return []
    found = []
    rounding = table("options")["rounding"]
    odd = [flag for flag in evidence.flags or () if flag in rounding["flags"] and flag not in evidence.expected_flags]
    if odd:
        found.append(finding("img-medvram-different", flags=" ".join(odd)))
    versions = [
        f"{name} {evidence.versions[name]} ({wanted})"
        for name, wanted in evidence.expected_versions.items()
        if name in evidence.versions and evidence.versions[name] != wanted
    ]
    if versions:
        found.append(finding("environment-versions", versions=", ".join(versions)))
    return found
