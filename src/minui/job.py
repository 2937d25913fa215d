"""One generation: what was asked, what it became, its infotext and its JSON description."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from PIL import Image

from minui import VERSION_TEXT, infotext, samplerlist
from minui.context import WebUi
from minui.prompts import strip_comments

if TYPE_CHECKING:
    from minui.sampling import Pass

LARGEST_SEED = 4294967294


def fixed_seed(seed: Any) -> int:
    """The seed, or a random one for -1 and for anything that is no number."""
    try:
        number = int(seed)
    except (TypeError, ValueError):
        number = -1
    return random.randrange(LARGEST_SEED) if number == -1 else number


@dataclass
class Job:
    """A request on its way through the passes. ``asked`` holds the request's fields."""

    web: WebUi
    asked: SimpleNamespace
    extra: dict[str, Any] = field(default_factory=dict)
    sampler_name: str = ""
    scheduler: str = "Automatic"
    prompts: list[str] = field(default_factory=list)
    negatives: list[str] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)
    subseeds: list[int] = field(default_factory=list)
    model_name: str | None = None
    model_hash: str | None = None
    vae_name: str | None = None
    vae_hash: str | None = None
    late: dict[str, Any] = field(default_factory=dict)
    """Infotext values that the JSON description does not show (upstream computes them when writing the text)."""
    last_pass: Pass | None = None

    @property
    def sampler(self) -> samplerlist.Sampler:
        """The sampler of the (first) pass."""
        found = samplerlist.by_name(self.sampler_name)
        assert found is not None, f"bad sampler name: {self.sampler_name}"
        return found

    def setup(self) -> None:
        """Prompts, seeds, and the names of what is loaded."""
        asked, engine = self.asked, self.web.engine
        model = engine.model
        assert model is not None
        self.model_name, self.model_hash = model.checkpoint.stem, model.hash
        self.vae_name, self.vae_hash = engine.vae_name, engine.vae_hash()
        count = asked.batch_size * asked.n_iter
        self.prompts = [self.cleaned(asked.prompt)] * count
        self.negatives = [self.cleaned(asked.negative_prompt)] * count
        seed, subseed = fixed_seed(asked.seed), fixed_seed(asked.subseed)
        varied = asked.subseed_strength != 0
        self.seeds = [seed + (0 if varied else index) for index in range(count)]
        self.subseeds = [subseed + index for index in range(count)]

    def cleaned(self, prompt: str) -> str:
        """The prompt without comments, if the setting says so."""
        return strip_comments(prompt) if self.web.options.enable_prompt_comments else prompt

    def batch(self, number: int) -> slice:
        """Pictures of a batch in the lists."""
        size = self.asked.batch_size
        return slice(number * size, (number + 1) * size)

    def _ensd(self) -> Any:
        """The seed delta, if the sampler draws noise between steps."""
        delta = self.web.options.eta_noise_seed_delta
        if delta == 0 or not self.sampler.options.get("uses_ensd"):
            return None
        setting = self.web.options.eta_ancestral if self.last_pass is not None else 1.0
        eta = self.asked.eta if self.asked.eta is not None else setting
        return None if eta == 0 else delta

    def parameters(self, index: int) -> dict[str, Any]:
        """Infotext keys in their order; None leaves a key out."""
        asked, options = self.asked, self.web.options
        skip = options.CLIP_stop_at_last_layers
        varied = asked.subseed_strength != 0
        resized = asked.seed_resize_from_w > 0 and asked.seed_resize_from_h > 0
        return {
            "Steps": asked.steps,
            "Sampler": self.sampler_name,
            "Schedule type": self.scheduler,
            "CFG scale": asked.cfg_scale,
            "Seed": self.seeds[index],
            "Size": f"{asked.width}x{asked.height}",
            "Model hash": self.model_hash if options.add_model_hash_to_info else None,
            "Model": self.model_name if options.add_model_name_to_info else None,
            "VAE hash": self.vae_hash if options.add_vae_hash_to_info else None,
            "VAE": self.vae_name if options.add_vae_name_to_info else None,
            "Variation seed": self.subseeds[index] if varied else None,
            "Variation seed strength": asked.subseed_strength if varied else None,
            "Seed resize from": f"{asked.seed_resize_from_w}x{asked.seed_resize_from_h}" if resized else None,
            "Denoising strength": self.extra.get("Denoising strength"),
            "Clip skip": skip if skip > 1 else None,
            "ENSD": self._ensd(),
            "RNG": options.randn_source if options.randn_source != "GPU" else None,
            "Tiling": "True" if self.asked.tiling else None,
            **self.extra,
            **self.late,
            "Version": VERSION_TEXT if options.add_version_to_infotext else None,
        }

    def text(self, index: int = 0) -> str:
        """Infotext of one picture."""
        return infotext.write(self.prompts[index], self.negatives[index], self.parameters(index))


@dataclass
class Result:
    """Finished pictures with their texts."""

    job: Job
    pictures: list[Image.Image]
    texts: list[str]
    first_picture: int = 0
    info: str = ""

    def describe(self, **other: Any) -> Result:
        """Write ``info``, the JSON text of an answer, while the request's settings still hold."""
        job, asked, options = self.job, self.job.asked, self.job.web.options
        told = {
            "prompt": job.prompts[0],
            "all_prompts": job.prompts,
            "negative_prompt": job.negatives[0],
            "all_negative_prompts": job.negatives,
            "seed": job.seeds[0],
            "all_seeds": job.seeds,
            "subseed": job.subseeds[0],
            "all_subseeds": job.subseeds,
            "subseed_strength": asked.subseed_strength,
            "width": asked.width,
            "height": asked.height,
            "sampler_name": job.sampler_name,
            "cfg_scale": asked.cfg_scale,
            "steps": asked.steps,
            "batch_size": asked.batch_size,
            "restore_faces": bool(asked.restore_faces),
            "face_restoration_model": None,
            "sd_model_name": job.model_name,
            "sd_model_hash": job.model_hash,
            "sd_vae_name": job.vae_name,
            "sd_vae_hash": job.vae_hash,
            "seed_resize_from_w": asked.seed_resize_from_w,
            "seed_resize_from_h": asked.seed_resize_from_h,
            "denoising_strength": asked.denoising_strength,
            "extra_generation_params": job.extra,
            "index_of_first_image": self.first_picture,
            "infotexts": self.texts,
            "styles": asked.styles or [],
            "job_timestamp": job.web.state.job_timestamp,
            "clip_skip": options.CLIP_stop_at_last_layers,
            "is_using_inpainting_conditioning": False,
            "version": VERSION_TEXT,
        }
        self.info = json.dumps({**told, **other})
        return self
