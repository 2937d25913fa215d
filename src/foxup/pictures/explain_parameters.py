"""Parameters: what the picture says it was made with, or what was asked for, against the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foxup.pictures.data import finding, label, table
from foxup.pictures.differences import Difference, acts, differences
from foxup.pictures.infotext import Infotext, as_number, from_reference, from_request, parse

if TYPE_CHECKING:
    from foxup.finding import Finding
    from foxup.pictures.evidence import Evidence
    from foxup.profile import ReferenceModel

_CODES = {
    "Prompt": "param-prompt",
    "Negative prompt": "param-negative-prompt",
    "Seed": "param-seed",
    "Steps": "param-steps",
    "Sampler": "param-sampler",
    "Schedule type": "param-sampler",
    "CFG scale": "param-cfg",
    "Clip skip": "img-clip-skip",
    "ENSD": "param-ensd",
    "RNG": "param-rng",
    "Model hash": "img-wrong-model",
    "Model": "img-wrong-model",
}
_LEAST_LATENT = 0.55  # below it a Latent upscaler blurs (the guide; the grid is gone from 0.501 on)


def parameter_findings(reference: ReferenceModel, evidence: Evidence) -> list[Finding]:
    """Return one finding for each parameter that differs, strongest first.

    The infotext wins over the request, because the web UI may have changed what was asked for. An infotext can be
    false about an upscaler, a model hash and a VAE hash; files are judged before it.
    """
    expected, actual = from_reference(reference), made_with(evidence)
    if actual is None:
        return []
    found = differences(expected, actual)
    result = [*_vae(reference, actual, evidence), *_sizes(found, expected, actual), *_hires(found, expected, actual)]
    handled = {"Size-1", "Size-2", "VAE", "Denoising strength"}
    rest = [item for item in found if item.key not in handled and not item.key.startswith("Hires ")]
    result += [_plain(item, expected, actual) for item in rest]
    order = table("options")["rank"]["parameters"]
    unique = {(item.code, item.message): item for item in result}
    return sorted(unique.values(), key=lambda item: order.index(item.code) if item.code in order else len(order))


def made_with(evidence: Evidence) -> Infotext | None:
    """Return the parameters of the generated picture: its own text, else the request's."""
    if evidence.infotext:
        return parse(evidence.infotext)
    return from_request(evidence.request) if evidence.request else None


def _plain(item: Difference, expected: Infotext, actual: Infotext) -> Finding:
    known = item.key in expected.fields or acts(item.key)
    code = _CODES.get(item.key, "param-other" if known else "param-unknown")
    if code in {"param-prompt", "param-negative-prompt"}:
        return finding(code, difference=_words(item))
    values: dict[str, Any] = {
        "key": item.key,
        "expected": item.expected or label("absent"),
        "actual": item.actual or label("absent"),
    }
    if code == "param-sampler":
        values["expected"], values["actual"] = _sampler(expected), _sampler(actual)
    elif code == "img-wrong-model":
        values["expected"], values["actual"] = _model(expected), _model(actual)
    return finding(code, **values)


def _sampler(text: Infotext) -> str:
    """Return sampler and scheduler by the names that the text's own web UI shows."""
    return text.fields.get("Sampler", "") if text.joint_sampler else " ".join(text.sampler)


def _model(text: Infotext) -> str:
    name, digits = text.fields.get("Model", ""), text.fields.get("Model hash", "")
    return f"{name} [{digits}]".strip() if digits else name


def _words(item: Difference) -> str:
    """Return the tags that only one side has, `-` for missing and `+` for added ones, at most six."""
    sides = [[tag.strip() for tag in (text or "").split(",")] for text in (item.expected, item.actual)]
    missing = [f"-{tag}" for tag in sides[0] if tag and tag not in sides[1]]
    added = [f"+{tag}" for tag in sides[1] if tag and tag not in sides[0]]
    words = [*missing, *added] or [item.actual or label("absent")]
    return ", ".join(words[:6]) + (", ..." if len(words) > 6 else "")


def _sizes(found: list[Difference], expected: Infotext, actual: Infotext) -> list[Finding]:
    if not any(item.key in {"Size-1", "Size-2"} for item in found):
        return []
    sides = ["x".join(map(str, text.size)) if text.size else label("absent") for text in (expected, actual)]
    return [finding("param-size", expected=sides[0], actual=sides[1])]


def _hires(found: list[Difference], expected: Infotext, actual: Infotext) -> list[Finding]:
    """Judge the second pass. A request without hr_upscaler means Latent, which the infotext then leaves out."""
    if expected.hires != actual.hires:
        return [finding("img-hires-missing" if expected.hires else "img-hires-extra", "parameters")]
    result = []
    for item in found:
        values = {"key": item.key, "expected": item.expected, "actual": item.actual or label("absent")}
        if item.key == "Denoising strength":
            result.append(_denoising(values, actual))
        elif item.key.startswith("Hires ") and not (
            item.key == "Hires upscaler" and item.expected == "Latent" and item.actual is None
        ):
            values["expected"] = item.expected or label("absent")
            result.append(finding("param-hires", **values))
    return result


def _denoising(values: dict[str, Any], actual: Infotext) -> Finding:
    strength = as_number(values["actual"])
    latent = (actual.fields.get("Hires upscaler") or "Latent").startswith("Latent") and actual.hires
    low = latent and strength is not None and strength < _LEAST_LATENT
    values["expected"] = values["expected"] or label("absent")
    return finding("img-latent-blur-squares", "parameters", **values) if low else finding("param-denoising", **values)


def _vae(reference: ReferenceModel, actual: Infotext, evidence: Evidence) -> list[Finding]:
    """Judge the VAE by its name; its hash in the infotext may belong to another file (one cache entry for all).

    The infotext of 1.6.0 and later names a VAE when a separate one is loaded, so its absence is evidence too, and with
    older texts when the running web UI's settings are at hand; a request tells nothing unless it overrides the setting.
    """
    name = actual.fields.get("VAE")
    asked = {**(evidence.options or {}), **(evidence.request or {}).get("override_settings", {})}
    chosen = str(asked.get("sd_vae", "")) or label("absent")
    if name is None and not (evidence.infotext and (evidence.options is not None or actual.names_vae)):
        return []
    if reference.vae and not name:
        known = evidence.vae_names
        if known is not None and chosen not in {*known, "None", "Automatic", "auto", label("absent")}:
            return [finding("vae-unknown-name", expected=reference.vae, actual=chosen)]
        return [finding("img-washed-out-no-vae", "parameters", expected=reference.vae, actual=chosen)]
    wanted = reference.vae or "None"
    if name and name not in {wanted, wanted.rpartition("/")[2]}:
        return [finding("img-other-vae", "parameters", expected=wanted, actual=name)]
    return []
