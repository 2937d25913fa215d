"""Generation parameters as text: read, written and compared by the web UI's own rules.

The layout is: prompt; a line `Negative prompt: ...` unless empty; one line `Key: value, Key: value`. Facts of v1.10.1
(modules/infotext_utils.py, modules/processing.py), written anew here.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from foxup.pictures import scripts
from foxup.pictures.data import table
from foxup.pictures.samplers import joint_names, split_joint, split_sampler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foxup.profile import ReferenceModel

NEGATIVE = "Negative prompt:"
_PAIR = re.compile(
    r"""\s*(?P<key>\w[\w \-/]+):\s*              # a key of at least two characters
        (?P<value>"(?:\\.|[^\\"])+"|[^,]*)       # a JSON string, or everything up to the next comma
        (?:,|$)""",
    re.VERBOSE,
)
_SIZE = re.compile(r"(\d+)x(\d+)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_VERSION = re.compile(r"v?(\d+)\.(\d+)")
_NAMES_VAE = (1, 6)
_LEAST_PAIRS = 3  # a last line with fewer is part of the prompt


@dataclass(frozen=True, slots=True)
class Infotext:
    """Generation parameters.

    `fields` holds the keys of the last line in their order, values as text; `Size: 512x768` is held as `Size-1` and
    `Size-2`, as the web UI does.
    """

    prompt: str = ""
    negative_prompt: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def get(self, key: str) -> str | None:
        """Return a field, or what its absence means, or None when nothing is known of it."""
        value = self.fields.get(key)
        return value.strip() if value is not None else table("infotext")["defaults"].get(key)

    def number(self, key: str) -> float | None:
        """Return a field as a number, or None."""
        return as_number(self.get(key))

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the first pass in pixels, as requested."""
        width, height = self.number("Size-1"), self.number("Size-2")
        return (int(width), int(height)) if width is not None and height is not None else None

    @property
    def hires(self) -> bool:
        """Whether the second pass of txt2img ran."""
        return "Hires upscale" in self.fields or "Hires resize-1" in self.fields

    @property
    def version(self) -> tuple[int, int] | None:
        """Major and minor version of the web UI that wrote the text; None when it states none, or a fork's own."""
        found = _VERSION.match(self.fields.get("Version", ""))
        return (int(found[1]), int(found[2])) if found else None

    @property
    def names_vae(self) -> bool:
        """Whether the web UI that wrote the text would have named a VAE under `VAE`: from 1.6.0 on.

        Of a version of another program's own, a schedule beside it tells the same. Later Forges name modules instead.
        """
        if "Module 1" in self.fields or "Version" not in self.fields:
            return False
        return self.version >= _NAMES_VAE if self.version else "Schedule type" in self.fields

    @property
    def joint_sampler(self) -> bool:
        """Whether the sampler's name says the scheduler too, as it did before 1.9.0."""
        return "Schedule type" not in self.fields and joint_names(self.fields.get("Version"))

    @property
    def sampler(self) -> tuple[str, str]:
        """Sampler and scheduler, joint names taken apart and Automatic resolved."""
        if self.joint_sampler:
            return split_joint(self.get("Sampler") or "")
        return split_sampler(self.get("Sampler") or "", self.get("Schedule type") or "Automatic")


def parse(text: str) -> Infotext:
    """Read parameters as the web UI does. Any text is accepted; without a parameter line all of it is prompt.

    What an extension wrote below the parameter line is left out, although the web UI then finds none.
    """
    *lines, last = _above_templates(text.strip().split("\n"))
    pairs = list(_PAIR.finditer(last))
    if len(pairs) < _LEAST_PAIRS:
        lines.append(last)
        pairs = []
    prompt: list[str] = []
    negative: list[str] = []
    target = prompt
    for line in (raw.strip() for raw in lines):
        if line.startswith(NEGATIVE):
            target = negative
            line = line.removeprefix(NEGATIVE).strip()  # noqa: PLW2901 - the rest of the same line
        if line or target:  # blank lines count only once something stands before them
            target.append(line)
    fields: dict[str, str] = {}
    for pair in pairs:
        fields.update(_field(pair["key"], pair["value"]))
    return Infotext("\n".join(prompt), "\n".join(negative), fields)


def _above_templates(lines: list[str]) -> list[str]:
    """Return the lines up to the parameter line, where Dynamic Prompts wrote its templates below it."""
    heads = tuple(table("infotext")["below"]["starts"])
    written = [(number, line.strip()) for number, line in enumerate(lines) if line.strip()]
    for (number, line), (_number, below) in pairwise(written):
        if below.startswith(heads) and line.startswith("Steps: ") and len(_PAIR.findall(line)) >= _LEAST_PAIRS:
            return lines[: number + 1]
    return lines


def _field(key: str, value: str) -> dict[str, str]:
    if not value:  # the web UI drops a key without a value
        return {}
    value = _unquoted(value)
    size = _SIZE.fullmatch(value)
    return {f"{key}-1": size[1], f"{key}-2": size[2]} if size else {key: value}


def _unquoted(value: str) -> str:
    if not (value.startswith('"') and value.endswith('"')):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value


def write(infotext: Infotext) -> str:
    """Write parameters as the web UI does; `parse` of the result gives them back."""
    fields = dict(infotext.fields)
    for key in [key for key in fields if key.endswith("-1") and f"{key[:-1]}2" in fields]:
        stem, height = key[:-2], fields.pop(f"{key[:-1]}2")
        fields = {(stem if name == key else name): value for name, value in fields.items()}
        fields[stem] = f"{fields[stem]}x{height}"
    last = ", ".join(key if key == value else f"{key}: {_quoted(value)}" for key, value in fields.items())
    negative = f"\n{NEGATIVE} {infotext.negative_prompt}" if infotext.negative_prompt else ""
    return f"{infotext.prompt}{negative}\n{last}".strip()


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if any(sign in value for sign in ",\n:") else value


def parse_markdown(text: str) -> Infotext:
    """Read parameters out of a guide's or a thread's Markdown: quote marks, code fences, blank lines, links."""
    lines = [re.sub(r"^[>\s]+|[`\s]+$", "", line).removeprefix("```") for line in text.split("\n")]
    lines = [line for line in lines if line]
    if lines:
        lines[-1] = _LINK.sub(r"\1", lines[-1])
    return parse("\n".join(lines))


def as_number(value: object) -> float | None:
    """Return a value as a number when it is one: `7` and `7.0` are the same."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(str(value).strip())
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def equal(one: object, other: object) -> bool:
    """Compare two values numerically where both are numbers, else as text without outer spaces."""
    left, right = as_number(one), as_number(other)
    if left is not None and right is not None:
        if left.is_integer() and right.is_integer():  # seeds differ by one in ten digits
            return left == right
        return math.isclose(left, right, rel_tol=1e-6)
    return str(one).strip() == str(other).strip()


def from_reference(reference: ReferenceModel) -> Infotext:
    """Return the parameters a web UI would print for a reference, ENSD included although newer ones leave it out."""
    hires = reference.hires
    denoising = hires.denoising_strength if hires else reference.denoising_strength
    values: dict[str, object] = {
        "Steps": reference.steps,
        "Sampler": reference.sampler,
        "Schedule type": reference.scheduler,
        "CFG scale": reference.cfg_scale,
        "Seed": reference.seed,
        "Size-1": reference.width,
        "Size-2": reference.height,
        "Model hash": reference.checkpoint_hash,
        "Model": reference.checkpoint.rpartition("/")[2].removesuffix(".safetensors").removesuffix(".ckpt"),
        "VAE": reference.vae,
        "Denoising strength": denoising,
        "Clip skip": reference.clip_skip if reference.clip_skip > 1 else None,
        "ENSD": reference.ensd or None,
        "Hires upscale": hires.scale if hires else None,
        "Hires steps": hires.steps or None if hires else None,
        "Hires upscaler": hires.upscaler if hires else None,
        **scripts.printed(reference),
    }
    fields = {key: _plain(value) for key, value in values.items() if value is not None}
    return Infotext(reference.prompt, reference.negative_prompt, fields)


def from_request(request: Mapping[str, Any]) -> Infotext:
    """Return the parameters that a body for /sdapi/v1/txt2img or img2img asks for, with the API's own defaults."""
    overrides = request.get("override_settings") or {}
    values: dict[str, object] = {
        "Steps": request.get("steps", 50),
        "Sampler": request.get("sampler_name") or request.get("sampler_index") or "Euler",
        "Schedule type": request.get("scheduler") or "Automatic",
        "CFG scale": request.get("cfg_scale", 7),
        "Seed": request.get("seed", -1),
        "Size-1": request.get("width", 512),
        "Size-2": request.get("height", 512),
        "VAE": overrides.get("sd_vae"),
        "Variation seed strength": request.get("subseed_strength") or None,
        "Clip skip": overrides.get("CLIP_stop_at_last_layers"),
        "ENSD": overrides.get("eta_noise_seed_delta"),
        "Tiling": "True" if request.get("tiling") else None,
        **_second_pass(request),
    }
    if request.get("subseed_strength"):
        values["Variation seed"] = request.get("subseed", -1)
    fields = {key: _plain(value) for key, value in values.items() if value is not None}
    return Infotext(str(request.get("prompt", "")), str(request.get("negative_prompt", "")), fields)


def _second_pass(request: Mapping[str, Any]) -> dict[str, object]:
    """Return what hires fix or img2img adds. A size to reach takes the place of the factor."""
    if not request.get("enable_hr"):
        return {"Denoising strength": request.get("denoising_strength", 0.75) if "init_images" in request else None}
    width, height = request.get("hr_resize_x") or 0, request.get("hr_resize_y") or 0
    goal = {"Hires resize-1": width, "Hires resize-2": height}
    return {
        "Denoising strength": request.get("denoising_strength", 0.75),
        **(goal if width or height else {"Hires upscale": request.get("hr_scale", 2)}),
        "Hires steps": request.get("hr_second_pass_steps") or None,
        "Hires upscaler": request.get("hr_upscaler"),
    }


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
