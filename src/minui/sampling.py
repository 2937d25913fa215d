"""Running a sampler for a job: sigmas or timesteps, starting latent, settings that act, notes for the infotext."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from PIL.Image import Image
from torch import Tensor

from minui import schedules
from minui.denoiser import Conditioning, Guidance
from minui.discrete import Levels
from minui.errors import Interrupted
from minui.model import Model
from minui.noise import PictureNoise
from minui.pictures import from_tensor
from minui.samplerlist import Sampler
from minui.samplers import Walk
from minui.samplers_ddim import CFG_PLUS_PLUS_SCALE, TimeWalk
from minui.state import JobState

OLD_KARRAS = (0.1, 10.0)
"""Fixed sigma range of the setting ``use_old_karras_scheduler_sigmas``."""
MOST_DENOISING = 0.999
LAST_TIMESTEP = 999


@dataclass
class Knobs:
    """Sampler numbers of a request; None leaves the setting in charge."""

    eta: float | None = None
    s_churn: float | None = None
    s_tmin: float | None = None
    s_tmax: float | None = None
    s_noise: float | None = None
    s_min_uncond: float | None = None


@dataclass
class Pass:
    """One sampling pass: what the sampler needs to know about the job."""

    model: Model
    sampler: Sampler
    scheduler: str
    steps: int
    scale: float
    conds: Conditioning
    noise: PictureNoise
    options: Any
    state: JobState
    extra: dict[str, Any]
    second: bool = False
    denoising: float = 0.0
    fixed_steps: bool = False
    knobs: Knobs = field(default_factory=Knobs)
    blend: Callable[[Tensor], Tensor] | None = None

    def from_noise(self) -> Tensor:
        """Final latents (b, 4, h, w) of a fresh picture."""
        return (_TimeRun(self) if self.sampler.over_timesteps else _SigmaRun(self)).from_noise()

    def from_latent(self, latent: Tensor, noise: Tensor) -> Tensor:
        """Final latents when starting from given ones with ``noise`` on top, as strongly as ``denoising`` says."""
        return (_TimeRun(self) if self.sampler.over_timesteps else _SigmaRun(self)).from_latent(latent, noise)

    def img2img_steps(self) -> tuple[int, int]:
        """Steps of the whole schedule and the last one (from the end) that is walked."""
        if self.options.img2img_fix_steps or self.fixed_steps:
            strength = min(self.denoising, MOST_DENOISING)
            return (int(self.steps / strength) if self.denoising > 0 else 0), self.steps - 1
        return self.steps, int(min(self.denoising, MOST_DENOISING) * self.steps)


class _Run(ABC):
    """What runs over sigmas and over timesteps have in common."""

    eta_setting, eta_note, eta_plain = "eta_ancestral", "Eta", 1.0

    def __init__(self, job: Pass) -> None:
        self.job = job
        self.guidance = Guidance(self.ask_model, job.conds, job.scale, job.options, self._stopped)
        self.guidance.blend = job.blend
        self.guidance.notes = job.extra
        chosen = job.knobs.s_min_uncond
        self.guidance.skip_uncond_below = job.options.s_min_uncond if chosen is None else chosen

    @abstractmethod
    def ask_model(self, x: Tensor, at: Tensor, context: Tensor) -> Tensor:
        """What the model says of ``x`` at the noise level or step ``at``."""

    def _stopped(self) -> bool:
        return self.job.state.interrupted or self.job.state.skipped

    def _progress(self, step: int) -> None:
        self.job.state.sampling_step = step

    def _discard(self) -> bool:
        """Whether the last but one sigma is left out."""
        always = bool(self.job.options.always_discard_next_to_last_sigma)
        own = bool(self.job.sampler.options.get("discard_next_to_last_sigma"))
        if always and not own:
            self.job.extra["Discard penultimate sigma"] = True
        return always or own

    def _eta(self) -> float:
        eta = self.job.options.get(self.eta_setting) if self.job.knobs.eta is None else self.job.knobs.eta
        if self.job.sampler.uses_eta and eta != self.eta_plain:
            self.job.extra[self.eta_note] = eta
        return float(eta)

    def _walk(self, steps: int, start: Tensor, walk: Callable[[], Tensor]) -> Tensor:
        """Run a sampler; when interrupted, the last answer to the prompt (or the start)."""
        self.job.state.sampling_steps, self.job.state.sampling_step = steps, 0
        self.guidance.total_steps = max(self.job.sampler.calls(steps), 1)
        self.job.state.preview, self.job.state.preview_source = None, self._preview
        try:
            return walk()
        except Interrupted:
            return self.last_picture() if self.guidance.last_answer is not None else start

    def last_picture(self) -> Tensor:
        answer = self.guidance.last_answer
        assert answer is not None
        return answer

    def _preview(self) -> Image | None:
        """The first picture of the batch as far as it is; called from another thread."""
        if self.guidance.last_answer is None:
            return None
        with torch.no_grad():
            decoded = self.job.model.decode(self.last_picture()[:1])[0]
        return from_tensor(((decoded + 1.0) / 2.0).clamp(0.0, 1.0))

    def _add_extra_noise(self, x: Tensor, noise: Tensor, share: Tensor | float) -> Tensor:
        extra = self.job.options.img2img_extra_noise
        if extra <= 0:
            return x
        self.job.extra["Extra noise"] = extra
        return x + noise * extra * share


class _SigmaRun(_Run):
    """k-diffusion samplers."""

    def __init__(self, job: Pass) -> None:
        super().__init__(job)
        self.levels = Levels(job.model.alphas, quantize=bool(job.options.enable_quantization))

    def ask_model(self, x: Tensor, at: Tensor, context: Tensor) -> Tensor:
        """Denoised latents at sigmas ``at``."""
        sigma = at.reshape(-1, 1, 1, 1)
        eps = self.job.model.eps(x * (1 / (sigma**2 + 1.0) ** 0.5), self.levels.to_timestep(at), context)
        return x + eps * -sigma

    def _sigmas(self, steps: int) -> Tensor:
        job, discard = self.job, self._discard()
        steps += 1 if discard else 0
        label = job.scheduler or "Automatic"
        chosen = schedules.find(job.sampler.scheduler if label == "Automatic" else label)
        if chosen is None or chosen.spread is None:
            sigmas = self.levels.evenly(steps)
        else:
            self._note_schedule(chosen.label)
            sigmas = chosen.spread(self._range(steps, chosen))
        return torch.cat([sigmas[:-2], sigmas[-1:]]) if discard else sigmas

    def _note_schedule(self, label: str) -> None:
        if not self.job.second:
            self.job.extra["Schedule type"] = label
        elif label != self.job.extra.get("Schedule type"):
            self.job.extra["Hires schedule type"] = label

    def _range(self, steps: int, chosen: schedules.Scheduler) -> schedules.Range:
        options, extra = self.job.options, self.job.extra
        low, high = self.levels.smallest, self.levels.largest
        ends = list(OLD_KARRAS if options.use_old_karras_scheduler_sigmas else (low, high))
        for index, (key, word, plain) in enumerate((("sigma_min", "min", low), ("sigma_max", "max", high))):
            wanted = options.get(key)
            if wanted not in (0, plain):
                ends[index] = extra[f"Schedule {word} sigma"] = wanted
        rho = None
        if chosen.default_rho != -1 and options.rho not in (0, chosen.default_rho):
            rho = extra["Schedule rho"] = options.rho
        shape = (options.beta_dist_alpha, options.beta_dist_beta)
        if chosen.name == "beta":
            extra["Beta schedule alpha"], extra["Beta schedule beta"] = shape
        return schedules.Range(steps, ends[0], ends[1], self.levels, rho, shape)

    def _knobs(self) -> dict[str, Any]:
        """The noise settings that this sampler obeys; a setting that differs from the plain value beats the request."""
        plain = {"s_churn": 0.0, "s_tmin": 0.0, "s_tmax": float("inf"), "s_noise": 1.0}
        found = {}
        for name in self.job.sampler.knobs:
            setting, asked = self.job.options.get(name), getattr(self.job.knobs, name)
            value = setting if asked is None else asked
            if name == "s_tmax":
                setting, value = setting or plain[name], value or plain[name]
            if setting != plain[name]:
                value = self.job.extra[f"Sigma {name.removeprefix('s_')}"] = setting
            found[name] = value
        return found

    def _make_walk(self, x: Tensor, sigmas: Tensor) -> Walk:
        job = self.job
        return Walk(self.guidance, x, sigmas, job.noise.next, self._progress, self._eta(), **self._knobs())

    def from_noise(self) -> Tensor:
        job = self.job
        sigmas = self._sigmas(job.steps)
        noise = job.noise.next()
        if job.options.sgm_noise_multiplier:
            job.extra["SGM noise multiplier"] = True
            x = noise * torch.sqrt(1.0 + sigmas[0] ** 2.0)
        else:
            x = noise * sigmas[0]
        walk = self._make_walk(x, sigmas)
        return self._walk(job.steps, x, lambda: job.sampler.run(walk))

    def from_latent(self, latent: Tensor, noise: Tensor) -> Tensor:
        steps, last = self.job.img2img_steps()
        sigmas = self._sigmas(steps)[steps - last - 1 :]
        x = self._add_extra_noise(latent + noise * sigmas[0], noise, 1.0)
        walk = self._make_walk(x, sigmas)
        return self._walk(last + 1, latent, lambda: self.job.sampler.run(walk))


class _TimeRun(_Run):
    """DDIM and PLMS."""

    eta_setting, eta_note, eta_plain = "eta_ddim", "Eta DDIM", 0.0

    def __init__(self, job: Pass) -> None:
        super().__init__(job)
        self.guidance.blend_first = True
        self._asked: tuple[Tensor, Tensor] | None = None
        if job.sampler.name == "DDIM CFG++":
            self.guidance.scale_multiplier = 1 / CFG_PLUS_PLUS_SCALE

    def ask_model(self, x: Tensor, at: Tensor, context: Tensor) -> Tensor:
        """Eps at timesteps ``at``."""
        return self.job.model.eps(x, at, context)

    def _guided(self, x: Tensor, at: Tensor) -> Tensor:
        self._asked = (x, at)
        return self.guidance(x, at)

    def last_picture(self) -> Tensor:
        """The noise-free picture that the last eps means."""
        assert self._asked is not None
        x, at = self._asked
        alpha = self.job.model.alphas[at.to(dtype=torch.int64)][:, None, None, None]
        return (x - (1 - alpha).sqrt() * super().last_picture()) / alpha.sqrt()

    def _timesteps(self, steps: int) -> Tensor:
        steps += 1 if self._discard() else 0
        return torch.clip(torch.asarray(list(range(0, 1000, 1000 // steps))) + 1, 0, LAST_TIMESTEP)

    def _uncond(self) -> Tensor:
        uncond = self.guidance.last_uncond
        assert uncond is not None
        return uncond

    def _make_walk(self, x: Tensor, timesteps: Tensor) -> TimeWalk:
        job = self.job
        alphas = job.model.alphas
        return TimeWalk(self._guided, x, timesteps, alphas, job.noise.next, self._progress, self._uncond, self._eta())

    def from_noise(self) -> Tensor:
        noise = self.job.noise.next()
        walk = self._make_walk(noise, self._timesteps(self.job.steps))
        return self._walk(self.job.steps, noise, lambda: self.job.sampler.run(walk))

    def from_latent(self, latent: Tensor, noise: Tensor) -> Tensor:
        steps, last = self.job.img2img_steps()
        timesteps = self._timesteps(steps)
        alpha = self.job.model.alphas[timesteps[last]]
        x = latent * alpha.sqrt() + noise * (1 - alpha).sqrt()
        walk = self._make_walk(self._add_extra_noise(x, noise, alpha.sqrt()), timesteps[:last])
        return self._walk(last + 1, latent, lambda: self.job.sampler.run(walk))
