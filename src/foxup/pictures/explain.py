"""Why a picture is not the reference: evidence from the surest down, likeliest cause first, what was ruled out last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foxup.pictures.data import finding, label, table
from foxup.pictures.explain_files import file_findings
from foxup.pictures.explain_parameters import made_with, parameter_findings
from foxup.pictures.explain_settings import config_findings, environment_findings, option_findings
from foxup.pictures.verdict import Verdict

if TYPE_CHECKING:
    from foxup.finding import Finding
    from foxup.pictures.evidence import Evidence
    from foxup.pictures.verdict import Judgement
    from foxup.profile import ReferenceModel

_TONE = {"img-washed-out-no-vae", "img-other-vae", "img-colour-cast"}
_VAE = {
    "config-json-corrupt",
    "settings-missing",
    "vae-missing",
    "vae-file-differs",
    "vae-unknown-name",
    "img-washed-out-no-vae",
    "img-other-vae",
}
_FINE = {Verdict.IDENTICAL, Verdict.SAME, Verdict.UNCONFIRMED}


def explain(reference: ReferenceModel, evidence: Evidence) -> list[Finding]:
    """Return the causes of a mismatch, most likely first; an empty list when there is nothing to explain.

    Order: files, then parameters and settings, then what the pixels show and nothing above explains, then the
    environment. The last finding says what was ruled out. Causes found beside a matching picture are returned too:
    they will act on the next one.
    """
    files = file_findings(evidence)
    parameters = [*parameter_findings(reference, evidence), *option_findings(reference, evidence)]
    if any(item.code == "vae-missing" for item in files):  # that the web UI went on without it follows from this
        parameters = [item for item in parameters if item.code not in {"img-washed-out-no-vae", "vae-unknown-name"}]
    config = config_findings(evidence)
    judgement = evidence.judgement
    pixels = _unexplained(list(judgement.causes), [*files, *config, *parameters]) if judgement else []
    if any(item.severity != "info" for item in parameters) and _vae_is_right(evidence, [*files, *config, *parameters]):
        pixels = [item for item in pixels if item.code not in _TONE]  # CFG, clip skip and prompts act on colours too
    broken = judgement is not None and judgement.verdict is Verdict.BROKEN
    middle = [*pixels, *config, *parameters] if broken else [*config, *parameters, *pixels]
    environment = environment_findings(evidence)
    found = _once([*_ranked(files), *_tone_first(middle, judgement), *environment])
    found.sort(key=lambda item: item.code != "reference-picture-broken")  # what differs from it names no cause
    if judgement is None or judgement.verdict in _FINE:
        return found
    return [*found, *_closing(evidence, found)]


def _vae_is_right(evidence: Evidence, others: list[Finding]) -> bool:
    """Whether the picture names the VAE it was made with, and nothing is wrong with it."""
    made = made_with(evidence)
    named = evidence.infotext is not None and made is not None and bool(made.fields.get("VAE"))
    return named and not _VAE & {item.code for item in others}


def _unexplained(pixels: list[Finding], others: list[Finding]) -> list[Finding]:
    """Leave out what the pixels say when a surer finding explains it; layout verdicts fall to any real difference."""
    codes = {item.code for item in others if item.severity != "info"}
    explained = table("options")["explained"]
    weak = {"img-different-composition", "img-other-seed", "img-other-picture", "img-other-style"}
    return [
        item
        for item in pixels
        if item.code not in codes
        and not codes & set(explained.get(item.code, ()))
        and not (item.code in weak and codes)
    ]


def _ranked(findings: list[Finding]) -> list[Finding]:
    order = table("options")["rank"]["files"]
    return sorted(findings, key=lambda item: order.index(item.code) if item.code in order else len(order))


def _tone_first(findings: list[Finding], judgement: Judgement | None) -> list[Finding]:
    """Put the VAE first when the layout agrees and only the colours do not: no seed or prompt does that."""
    if judgement is None or not {cause.code for cause in judgement.causes} & _TONE:
        return findings
    return sorted(findings, key=lambda item: item.code not in _VAE)


def _once(findings: list[Finding]) -> list[Finding]:
    seen: dict[tuple[str, str], Finding] = {}
    for item in findings:
        seen.setdefault((item.code, item.message), item)
    return list(seen.values())


def _closing(evidence: Evidence, found: list[Finding]) -> list[Finding]:
    """Say what was ruled out; and when nothing was found, what the verdict alone allows to say."""
    causes = [item for item in found if item.severity != "info"]
    named = [label(name) for name in _cleared(evidence, {item.code for item in causes})]
    result: list[Finding] = []
    drifted = evidence.judgement is not None and evidence.judgement.verdict is Verdict.DRIFTED
    if not causes and drifted:
        result.append(finding("img-slightly-different", _looked_at(evidence)))
    if named and (causes or drifted):
        result.append(finding("ruled-out", list=", ".join(named)))
    elif not causes:
        result.append(finding("cause-unknown", list=", ".join(named) or label("nothing")))
    return result


def _looked_at(evidence: Evidence) -> str:
    """Name the sentences that say no more than was looked at; empty: parameters and files both."""
    parameters, files = made_with(evidence) is not None, bool(evidence.files)
    if parameters and files:
        return ""
    return "parameters" if parameters else "files" if files else "pixels"


def _cleared(evidence: Evidence, codes: set[str]) -> list[str]:
    """Return the names of what was checked and found right."""
    judgement = evidence.judgement
    roles = {item.role for item in evidence.files if item.sha256 and item.expected_sha256}
    guilty = {
        "checkpoint": {"checkpoint-missing", "safetensors-incomplete", "img-wrong-model"},
        "vae": {"vae-missing", "vae-file-differs", "safetensors-incomplete"},
        "upscaler": {"upscaler-missing", "model-file-differs"},
        "embedding": {"embedding-missing", "model-file-differs"},
    }
    names = [role for role in guilty if role in roles and not codes & guilty[role]]
    checks: tuple[tuple[str, bool, set[str]], ...] = (
        ("config", evidence.config is not None, {"config-json-corrupt", "settings-missing", "settings-wrong-type"}),
        ("parameters", evidence.infotext is not None, {code for code in codes if code.startswith("param-")}),
        ("options", evidence.options is not None, {"img-clip-skip", "option-compat", "settings-not-applied", *_VAE}),
        ("versions", bool(evidence.versions and evidence.expected_versions), {"environment-versions"}),
        ("flags", evidence.flags is not None, {"img-medvram-different"}),
        ("picture", judgement is not None and judgement.verdict is not Verdict.BROKEN, set()),
    )
    return names + [name for name, known, against in checks if known and not codes & against]
