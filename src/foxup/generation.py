"""From a reference to a request of the web UI, and to the settings that picture is made with. Pure."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from foxup.errors import UsageError
from foxup.i18n import _
from foxup.pictures import scripts
from foxup.profile import ReferenceModel

SHAPING = (
    "CLIP_stop_at_last_layers",
    "eta_noise_seed_delta",
    "sd_vae",
    "sd_model_checkpoint",
    "use_downcasted_alpha_bar",
    "use_old_karras_scheduler_sigmas",
    "use_old_emphasis_implementation",
    "use_old_scheduling",
    "hires_fix_use_firstpass_conds",
    "randn_source",
    "emphasis",
    "pad_cond_uncond",
    "enable_prompt_comments",
    "sd_vae_overrides_per_model_preferences",
    "ESRGAN_tile",
    "ESRGAN_tile_overlap",
    "comma_padding_backtrack",
)
"""Settings that shape a picture. Each is sent with every request, so that none leaks from an earlier one."""

_SETTABLE = {
    "prompt": str,
    "negative_prompt": str,
    "steps": int,
    "sampler": str,
    "scheduler": str,
    "cfg_scale": float,
    "seed": int,
    "width": int,
    "height": int,
    "denoising_strength": float,
    "clip_skip": int,
    "ensd": int,
    "vae": str,
    "checkpoint": str,
}
_LEAST = {"steps": 1, "width": 64, "height": 64, "clip_skip": 1, "denoising_strength": 0.0}
"""Below these the web UI divides by zero or draws nothing."""
_OPTION_OF = {
    "clip_skip": "CLIP_stop_at_last_layers",
    "ensd": "eta_noise_seed_delta",
    "vae": "sd_vae",
    "checkpoint": "sd_model_checkpoint",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a reference needs beside its own parameters.

    `scripts` is what the web UI tells of its scripts for img2img, `source` the picture file that img2img starts from.
    """

    scripts: tuple[Mapping[str, Any], ...] = ()
    source: bytes | None = None


def request(
    reference: ReferenceModel, options: Mapping[str, Any], around: Surroundings | None = None
) -> dict[str, Any]:
    """Return the body for txt2img or img2img: the reference's parameters, the install's own settings in full.

    Raises FoxupError when the web UI's script takes other values than the reference names.
    """
    body: dict[str, Any] = {
        "prompt": reference.prompt,
        "negative_prompt": reference.negative_prompt,
        "steps": reference.steps,
        "sampler_name": reference.sampler,
        "scheduler": reference.scheduler,
        "cfg_scale": reference.cfg_scale,
        "seed": reference.seed,
        "width": reference.width,
        "height": reference.height,
        "batch_size": 1,
        "n_iter": 1,
        "save_images": False,
        "override_settings": {key: options[key] for key in SHAPING if key in options},
        "override_settings_restore_afterwards": True,
    }
    if reference.denoising_strength is not None:
        body["denoising_strength"] = reference.denoising_strength
    if reference.hires:
        body |= {
            "enable_hr": True,
            "hr_scale": reference.hires.scale,
            "hr_upscaler": reference.hires.upscaler,
            "hr_second_pass_steps": reference.hires.steps,
            "denoising_strength": reference.hires.denoising_strength,
        }
    around = around or Surroundings()
    if around.source is not None:
        body["init_images"] = [base64.b64encode(around.source).decode("ascii")]
    if reference.script:
        values = scripts.arguments(reference.script, reference.script_args, around.scripts)
        body |= {"script_name": reference.script, "script_args": values}
    return body


def effective_options(running: Mapping[str, Any], on_disk: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what the next start would use: the settings file's values, the web UI's defaults where it says nothing.

    `on_disk` is None when the web UI cannot read the file; then what runs is what counts.
    """
    return {
        key: (on_disk or {}).get(key, running.get(key)) for key in SHAPING if key in running or key in (on_disk or {})
    }


def parse_changes(pairs: list[str]) -> dict[str, Any]:
    """Read `--set name=value` pairs. Raises UsageError (`parameter-unknown`, `parameter-invalid`)."""
    changes: dict[str, Any] = {}
    for pair in pairs:
        name, separator, text = pair.partition("=")
        if name not in _SETTABLE or not separator:
            raise UsageError(
                "parameter-unknown",
                _("{name} is not a parameter that can be set.").format(name=name),
                cause=", ".join(_SETTABLE),
                hint="foxup verify --set seed=1",
            )
        try:
            changes[name] = _read(name, text)
        except ValueError:
            message = _("{text} is no value for {name}.").format(text=text, name=name)
            raise UsageError("parameter-invalid", message, hint=f"foxup verify --set {name}=1") from None
    return changes


def _read(name: str, text: str) -> Any:
    """Return a parameter's value. Raises ValueError."""
    value = _SETTABLE[name](text)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(text)
    if name in _LEAST and value < _LEAST[name]:
        raise ValueError(text)
    return value


def changed(body: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request with parameters changed by name."""
    result = {**body, "override_settings": dict(body["override_settings"])}
    for name, value in changes.items():
        if name in _OPTION_OF:
            result["override_settings"][_OPTION_OF[name]] = value
        elif name in SHAPING:
            result["override_settings"][name] = value
        else:
            result["sampler_name" if name == "sampler" else name] = value
    return result
