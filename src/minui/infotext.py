"""Generation parameters as text: writing them under a picture, reading them back.

Layout, key order and defaults follow A1111 v1.10.1 (modules/processing.py create_infotext, infotext_utils.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from minui.options import Options
from minui.prompts import uses_emphasis

_PAIR = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_SIZE = re.compile(r"^(\d+)x(\d+)$")
_NEGATIVE = "Negative prompt:"
FEWEST_PAIRS = 3
"""The last line holds parameters only if it has at least this many ``key: value`` pairs."""

_MISSING: dict[str, Any] = {
    "Clip skip": "1",
    "Hires sampler": "Use same sampler",
    "Hires schedule type": "Use same scheduler",
    "Hires checkpoint": "Use same checkpoint",
    "Hires prompt": "",
    "Hires negative prompt": "",
    "Mask mode": "Inpaint masked",
    "Masked content": "original",
    "Inpaint area": "Whole picture",
    "Masked area padding": 32,
}
_MISSING_AFTER_SIZES: dict[str, Any] = {
    "RNG": "GPU",
    "Schedule type": "Automatic",
    "Schedule max sigma": 0,
    "Schedule min sigma": 0,
    "Schedule rho": 0,
    "VAE Encoder": "Full",
    "VAE Decoder": "Full",
    "FP8 weight": "Disable",
}
"""What an absent key means (filled in when reading)."""


def quoted(value: Any) -> Any:
    """``value``, as JSON text if it holds a comma, a line end or a colon."""
    text = str(value)
    return json.dumps(value, ensure_ascii=False) if any(mark in text for mark in ",\n:") else value


def write(prompt: str, negative: str, parameters: Mapping[str, Any]) -> str:
    """The whole text; parameters that are None are left out, a key equal to its value stands alone."""
    pairs = [
        key if key == value else f"{key}: {quoted(value)}" for key, value in parameters.items() if value is not None
    ]
    negative_line = f"\n{_NEGATIVE} {negative}" if negative else ""
    return f"{prompt}{negative_line}\n{', '.join(pairs)}".strip()


def _unquoted(value: str) -> Any:
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _pairs(line: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, raw in _PAIR.findall(line):
        if not raw:
            print(f'Error parsing "{key}: {raw}"')
            continue
        value = _unquoted(raw)
        size = _SIZE.match(value) if isinstance(value, str) else None
        if size:
            found[f"{key}-1"], found[f"{key}-2"] = size.groups()
        else:
            found[key] = value
    return found


def _prompts(lines: list[str]) -> tuple[str, str]:
    parts: dict[bool, list[str]] = {False: [], True: []}
    negative = False
    for raw in lines:
        line = raw.strip()
        if line.startswith(_NEGATIVE):
            negative = True
            line = line.removeprefix(_NEGATIVE).strip()
        if parts[negative] or line:
            parts[negative].append(line)
    return "\n".join(parts[False]), "\n".join(parts[True])


def _first_pass_sizes(found: dict[str, Any]) -> None:
    """Old texts gave the first pass's size: turn them into size and hires target."""
    if "First pass size-1" not in found or "First pass size-2" not in found:
        return
    first = int(found["First pass size-1"]), int(found["First pass size-2"])
    final = int(found.get("Size-1", 512)), int(found.get("Size-2", 512))
    found["Size-1"], found["Size-2"] = first
    found["Hires resize-1"], found["Hires resize-2"] = final


def read(text: str, skip: list[str] | None = None) -> dict[str, Any]:
    """Parameters of a text with what absent keys mean filled in; values are text unless filled in."""
    *lines, last = text.strip().split("\n")
    if len(_PAIR.findall(last)) < FEWEST_PAIRS:
        lines, last = [*lines, last], ""
    found = _pairs(last)
    found["Prompt"], found["Negative prompt"] = _prompts(lines)
    found.setdefault("Clip skip", _MISSING["Clip skip"])
    if "Hires resize-1" not in found:
        found["Hires resize-1"] = found["Hires resize-2"] = 0
    for key, value in _MISSING.items():
        found.setdefault(key, value)
    _first_pass_sizes(found)
    for key, value in _MISSING_AFTER_SIZES.items():
        found.setdefault(key, value)
    if "Emphasis" not in found and (uses_emphasis(found["Prompt"]) or uses_emphasis(found["Negative prompt"])):
        found["Emphasis"] = "Original"
    found.setdefault("Refiner switch by sampling steps", False)
    for key in skip or []:
        found.pop(key, None)
    return found


def overrides(parameters: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """Settings that a text asks for and that differ from the present ones."""
    found = {}
    for key, item in options.known.items():
        text = parameters.get(item.infotext) if item.infotext else None
        if text is None or (key == "sd_model_checkpoint" and options.disable_weights_auto_swap):
            continue
        value = options.cast(key, text)
        if value != options.get(key):
            found[key] = value
    return found
