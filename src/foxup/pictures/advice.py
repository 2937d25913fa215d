"""The guide's advice on a picture by itself: where its parameters go against what the guide recommends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from foxup.pictures import families, prompt
from foxup.pictures.data import finding, table

if TYPE_CHECKING:
    from foxup.finding import Finding
    from foxup.pictures.infotext import Infotext
    from foxup.pictures.metadata import Metadata


def advise_picture(metadata: Metadata) -> list[Finding]:
    """Return advice on a picture's own parameters, or say that it carries none, or none of the web UI's form."""
    from foxup.pictures.infotext import parse

    if metadata.program:
        return [finding("picture-other-program", program=metadata.program)]
    if metadata.parameters is None:
        return [finding("img-no-metadata")]
    text = parse(metadata.parameters)
    return advise(text, metadata.model) if text.fields else [finding("picture-no-parameters")]


def advise(text: Infotext, model: str = "") -> list[Finding]:
    """Return what goes against the guide, what matters most first; an empty list when nothing does.

    Advice that holds for SD 1.x only is left out for other families. `model` is what the program calls its model,
    where the text names none.
    """
    rules, kin = table("advice"), families.family(text, model)
    judged = {
        "negative": _negative(text),
        "clip_skip": _clip_skip(text, rules["clip_skip"]),
        "size": _size(text, rules["size"]),
        "size_sdxl": _size_sdxl(text, rules["size"]) if kin.name == "sdxl" else [],
        "latent": _latent(text, rules["latent"]),
        "vae": _vae(text, rules["vae_pairs"]),
        "cfg": _cfg(text, rules["cfg"]),
        "steps": _steps(text, rules["steps"]),
        "weights": _weights(text, rules["weights"]),
        "both": _both(text),
        "quality": _quality(text, rules["quality"]),
        "tiles": _tiles(text, rules["tiles"]),
    }
    return [item for name, found in judged.items() if name not in kin.leave_out for item in found]


def _negative(text: Infotext) -> list[Finding]:
    return [] if text.negative_prompt.strip() else [finding("img-ugly-missing-settings")]


def _model(text: Infotext) -> str:
    return text.fields.get("Model", "").lower()


def _tiled(text: Infotext) -> bool:
    return any(key.startswith(("SD upscale", "Ultimate SD upscale")) for key in text.fields)


def _clip_skip(text: Infotext, rules: dict[str, Any]) -> list[Finding]:
    actual = text.number("Clip skip")
    if not text.fields or actual is None or actual >= rules["wanted"]:
        return []
    exempt = any(word in _model(text) for word in rules["exempt"])
    return [] if exempt else [finding("img-clip-skip", "advice", actual=int(actual))]


def _size(text: Infotext, rules: dict[str, Any]) -> list[Finding]:
    megapixels = _megapixels(text)
    if megapixels is None:
        return []
    if megapixels > rules["most"]:
        return [finding("img-duplicate-bodies", **_sized(text, megapixels))]
    return [finding("advice-size-small", **_sized(text, megapixels))] if megapixels < rules["least"] else []


def _size_sdxl(text: Infotext, rules: dict[str, Any]) -> list[Finding]:
    megapixels = _megapixels(text)
    if megapixels is None or megapixels >= rules["least_sdxl"]:
        return []
    return [finding("img-too-small-sdxl", **_sized(text, megapixels))]


def _megapixels(text: Infotext) -> float | None:
    """Return the size of the first pass, of pictures made at once: hires fix and img2img begin with another size."""
    if text.size is None or _tiled(text) or ("Denoising strength" in text.fields and not text.hires):
        return None
    return text.size[0] * text.size[1] / 1e6


def _sized(text: Infotext, megapixels: float) -> dict[str, str]:
    return {"actual": "x".join(map(str, text.size or ())), "megapixels": f"{megapixels:.2f}"}


def _latent(text: Infotext, rules: dict[str, Any]) -> list[Finding]:
    strength = text.number("Denoising strength")
    if not text.hires or strength is None or strength >= rules["least"]:
        return []
    upscaler = text.fields.get("Hires upscaler", "Latent")  # left out of the text when Latent was not asked for by name
    if not upscaler.startswith("Latent"):
        return []
    return [finding("img-latent-blur-squares", "advice", actual=f"{strength:g}", upscaler=upscaler)]


def _vae(text: Infotext, pairs: list[dict[str, list[str]]]) -> list[Finding]:
    vae, model = text.fields.get("VAE", ""), _joined(_model(text))
    for pair in pairs:
        if any(word in model for word in pair["models"]) and any(word in _joined(vae) for word in pair["vaes"]):
            return [finding("img-vae-incompatible", vae=vae, model=text.fields["Model"])]
    return [] if vae or not text.names_vae else [finding("advice-no-vae")]


def _joined(name: str) -> str:
    """Return a file's name without what its writers put between the words: `kl_f8_anime2`, `klF8Anime2`."""
    return re.sub(r"[\s._-]", "", name.lower())


def _cfg(text: Infotext, rules: dict[str, Any]) -> list[Finding]:
    scale = text.number("CFG scale")
    if scale is None or rules["least"] <= scale <= rules["most"]:
        return []
    exempt = any(word in _model(text) for word in rules["exempt"]) or text.sampler[0] == "LCM"
    return [] if exempt else [finding("img-cfg-out-of-range", actual=f"{scale:g}")]


def _steps(text: Infotext, samplers: dict[str, dict[str, Any]]) -> list[Finding]:
    sampler, steps = text.sampler[0], text.number("Steps")
    rule = samplers.get(sampler)
    if rule is None or steps is None or rule["least"] <= steps <= rule["most"]:
        return []
    code = "advice-steps-few" if steps < rule["least"] else "advice-steps-many"
    return [finding(code, actual=int(steps), sampler=sampler, expected=rule["says"])]


def _weights(text: Infotext, rules: dict[str, Any]) -> list[Finding]:
    """Judge the prompt's weights; the negative prompt's only above the style limit, the guide uses 1.4 there itself."""
    parts = prompt.runs(text.prompt)
    heavy = [part for part in (*parts, *prompt.runs(text.negative_prompt)) if part.weight > rules["style"] + 1e-6]
    middle = [part for part in parts if rules["object"] + 1e-6 < part.weight <= rules["style"] + 1e-6]
    nested = [part for part in parts if part.brackets >= rules["brackets"]]
    found = []
    if heavy:
        found.append(finding("img-overweighted-tags", tags=_named(heavy)))
    if nested:
        found.append(finding("advice-brackets", tags=_named(nested)))
    single = [part for part in middle if part not in nested]
    return [*found, finding("advice-weight-object", tags=_named(single))] if single else found


def _named(parts: list[prompt.Span]) -> str:
    words = [f"{part.text.strip(' ,')} ({part.weight:.2f})" for part in parts if part.text.strip(" ,")]
    return ", ".join(words[:5]) + (", ..." if len(words) > 5 else "")


def _both(text: Infotext) -> list[Finding]:
    unwanted = {prompt.same(tag) for tag in prompt.tags(text.negative_prompt)}
    wanted = {prompt.same(tag): tag for tag in prompt.tags(text.prompt)}
    shared = [tag for name, tag in wanted.items() if name in unwanted]
    return [finding("advice-tag-in-both", tags=", ".join(shared[:6]))] if shared else []


def _quality(text: Infotext, rules: dict[str, Any]) -> list[Finding]:
    exempt = not text.fields or any(word in _model(text) for word in rules["exempt"])
    said = exempt or any(tag in prompt.same(text.prompt.lower()) for tag in rules["tags"])
    return [] if said else [finding("advice-no-quality-tags")]


def _tiles(text: Infotext, rules: dict[str, Any]) -> list[Finding]:
    if not _tiled(text):
        return []
    sides = [text.number(f"Ultimate SD upscale tile_{side}") for side in ("width", "height")]
    stated = [side for side in sides if side]  # a height of 0 means: as the width
    found = [*_ghosts(text, rules), *_seams(text, rules)]
    if any(not rules["least"] <= side <= rules["most"] for side in stated):
        found.append(finding("img-tile-size-off", actual="x".join(f"{side:g}" for side in stated)))
    return found


def _ghosts(text: Infotext, rules: dict[str, Any]) -> list[Finding]:
    """Judge the strength with which tiles are drawn anew: less is allowed beside tags of shots, and with Euler."""
    strength = text.number("Denoising strength") or 0.0
    shots = [tag for tag in prompt.tags(text.prompt) if prompt.same(tag) in rules["shots"]]
    if strength > rules["denoising_alone"] or (strength > rules["denoising"] and shots):
        named = f", {', '.join(shots)}" if shots else ""
        return [finding("img-tile-ghosts", actual=f"{strength:g}", tags=named)]
    sampler = text.sampler[0]
    if sampler in rules["unsteady"] and strength >= rules["denoising_unsteady"]:
        return [finding("img-tile-ghosts", "sampler", actual=f"{strength:g}", sampler=sampler)]
    return []


def _seams(text: Infotext, rules: dict[str, Any]) -> list[Finding]:
    """Judge how far the tiles of Ultimate SD upscale overlap."""
    have = {name: text.number(f"Ultimate SD upscale {name}") for name in rules["overlap"]}
    low = {name: value for name, value in have.items() if value is not None and value < rules["overlap"][name]}
    if not low:
        return []
    wanted = ", ".join(f"{name} {rules['overlap'][name]}" for name in low)
    return [finding("img-tile-seams", actual=", ".join(f"{name} {low[name]:g}" for name in low), expected=wanted)]
