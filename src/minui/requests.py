"""Generation requests: fields with defaults, loose types, 422 details, filling from an infotext."""

from __future__ import annotations

import copy
import json
import tomllib
from functools import cache
from typing import Any

from minui import infotext, samplerlist
from minui.flags import DATA
from minui.loose import BadValue, convert
from minui.options import Options


class Unprocessable(Exception):  # noqa: N818 - an answer, not a failure
    """A body that does not fit; ``problems`` is the list under ``detail`` of the 422 answer."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__()
        self.problems = problems


@cache
def _fields(kind: str) -> dict[str, tuple[str, Any]]:
    table = tomllib.loads((DATA / "requests.toml").read_text(encoding="utf-8"))
    found: dict[str, tuple[str, Any]] = {}
    for part in ("common", kind, "last"):
        for name, entry in table[part].items():
            found[name] = (entry[0], entry[1] if len(entry) > 1 else None)
    return found


def parse_json(raw: bytes) -> Any:
    """A request's body. Raises Unprocessable for none and for broken JSON."""
    if not raw:
        raise Unprocessable([{"loc": ["body"], "msg": "field required", "type": "value_error.missing"}])
    try:
        return json.loads(raw)
    except json.JSONDecodeError as error:
        ctx = {"msg": error.msg, "doc": error.doc, "pos": error.pos, "lineno": error.lineno, "colno": error.colno}
        problem = {"loc": ["body", error.pos], "msg": str(error), "type": "value_error.jsondecode", "ctx": ctx}
        raise Unprocessable([problem]) from error


def as_object(body: Any) -> dict[str, Any]:
    """The body as an object; an empty list counts as one. Raises Unprocessable."""
    if body == []:
        return {}
    if not isinstance(body, dict):
        raise Unprocessable([{"loc": ["body"], "msg": "value is not a valid dict", "type": "type_error.dict"}])
    return body


def parse(kind: str, body: Any) -> tuple[dict[str, Any], set[str]]:
    """All fields of a txt2img or img2img request, and the names that it gave itself.

    Unknown names are ignored. Raises Unprocessable with every wrong field.
    """
    given = as_object(body)
    found, problems = {}, []
    for name, (field_kind, default) in _fields(kind).items():
        try:
            found[name] = convert(field_kind, given[name]) if name in given else copy.deepcopy(default)
        except BadValue as error:
            problems.append({"loc": ["body", name], "msg": error.message, "type": error.kind})
    if problems:
        raise Unprocessable(problems)
    return found, set(given) & set(found)


def _number(text: Any, kind: type) -> Any:
    return None if text is None else kind(text)


def _from_text(told: dict[str, Any]) -> dict[str, Any]:
    """Request fields that an infotext speaks of."""
    sampler, scheduler = samplerlist.read_names(told.get("Sampler"), told.get("Schedule type"))
    hires = "Hires upscale" in told or "Hires upscaler" in told or str(told.get("Hires resize-1", 0)) != "0"
    return {
        "prompt": told.get("Prompt"),
        "negative_prompt": told.get("Negative prompt"),
        "steps": _number(told.get("Steps"), int),
        "sampler_name": sampler if "Sampler" in told else None,
        "scheduler": scheduler if "Sampler" in told else None,
        "cfg_scale": _number(told.get("CFG scale"), float),
        "seed": _number(told.get("Seed"), int),
        "subseed": _number(told.get("Variation seed"), int),
        "subseed_strength": _number(told.get("Variation seed strength"), float),
        "width": _number(told.get("Size-1"), int),
        "height": _number(told.get("Size-2"), int),
        "denoising_strength": _number(told.get("Denoising strength"), float),
        "enable_hr": True if hires else None,
        "hr_scale": _number(told.get("Hires upscale"), float),
        "hr_upscaler": told.get("Hires upscaler"),
        "hr_second_pass_steps": _number(told.get("Hires steps"), int),
        "hr_resize_x": _number(told.get("Hires resize-1"), int),
        "hr_resize_y": _number(told.get("Hires resize-2"), int),
        "hr_prompt": told.get("Hires prompt"),
        "hr_negative_prompt": told.get("Hires negative prompt"),
    }


def apply_infotext(request: dict[str, Any], given: set[str], options: Options) -> None:
    """Fill fields that the request did not give itself from its ``infotext``, and settings that differ."""
    if not request["infotext"]:
        return
    told = infotext.read(request["infotext"], options.infotext_skip_pasting)
    for name, value in _from_text(told).items():
        if value is not None and name in request and name not in given:
            request[name] = value
    request["override_settings"] = request["override_settings"] or {}
    for key, value in infotext.overrides(told, options).items():
        request["override_settings"].setdefault(key, value)
