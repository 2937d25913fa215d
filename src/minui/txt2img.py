"""txt2img: one pass from noise, and the second pass of hires fix."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from minui import pictures, samplerlist
from minui.generate import conds_for, decode_batch, first_pass, noise_for
from minui.job import Job
from minui.model import DOWN, Model
from minui.prompts import Timeline
from minui.sampling import Pass
from minui.upscalers import LATENT_MODES

DEFAULT_MODE = "Latent"
"""Upscaler of a request that names none; it is then not written into the infotext."""
SAME_CHECKPOINT = "Use same checkpoint"


def old_first_size(width: int, height: int) -> tuple[int, int]:
    """First pass of about 512x512 pixels in steps of 64 (setting ``use_old_hires_fix_width_height``)."""
    scale = (512 * 512 / (width * height)) ** 0.5
    return int(np.ceil(scale * width / 64)) * 64, int(np.ceil(scale * height / 64)) * 64


class Target:
    """Size of the second pass in pixels, and latent cells to cut off."""

    def __init__(self, width: int, height: int, scale: float, resize_x: int, resize_y: int) -> None:
        self.cut_x = self.cut_y = 0
        if resize_x == 0 and resize_y == 0:
            self.width, self.height = int(width * scale), int(height * scale)
        elif resize_y == 0 or (resize_x and width / height < resize_x / resize_y):
            self.width, self.height = resize_x, resize_x * height // width
        else:
            self.width, self.height = resize_y * width // height, resize_y
        if resize_x and resize_y:
            self.cut_x, self.cut_y = (self.width - resize_x) // DOWN, (self.height - resize_y) // DOWN


class Txt2Img:
    """The plan of a txt2img request."""

    kind = "txt2img"

    def __init__(self) -> None:
        self._target: Target | None = None
        self._checkpoint: Any = None

    def prepare(self, job: Job, model: Model) -> None:  # noqa: ARG002 - the plan of img2img needs it
        """With hires fix: sizes and notes. Raises Exception for an unknown upscaler or checkpoint."""
        asked, extra = job.asked, job.extra
        if asked.firstphase_width or asked.firstphase_height:
            asked.width, asked.height = asked.firstphase_width, asked.firstphase_height
        if not asked.enable_hr:
            return
        extra["Denoising strength"] = asked.denoising_strength
        self._choose_checkpoint(job)
        if asked.hr_sampler_name is not None and asked.hr_sampler_name != job.sampler_name:
            extra["Hires sampler"] = asked.hr_sampler_name
        self._note_prompts(job)
        if asked.hr_upscaler not in (None, *LATENT_MODES) and job.web.upscalers.named(asked.hr_upscaler) is None:
            raise Exception(f"could not find upscaler named {asked.hr_upscaler}")  # noqa: TRY002 - upstream's class
        self._target = self._size(job)
        self._count(job)
        if asked.hr_second_pass_steps:
            extra["Hires steps"] = asked.hr_second_pass_steps
        if asked.hr_upscaler is not None:
            extra["Hires upscaler"] = asked.hr_upscaler

    @staticmethod
    def _note_prompts(job: Job) -> None:
        """Second-pass prompts that differ; their places in the infotext come before the size."""
        asked = job.asked
        job.extra.update({"Hires prompt": None, "Hires negative prompt": None, "Hires schedule type": None})
        if asked.hr_prompt not in ("", asked.prompt):
            job.late["Hires prompt"] = asked.hr_prompt
        if asked.hr_negative_prompt not in ("", asked.negative_prompt):
            job.late["Hires negative prompt"] = asked.hr_negative_prompt

    def _choose_checkpoint(self, job: Job) -> None:
        name = job.asked.hr_checkpoint_name
        if not name or name == SAME_CHECKPOINT:
            return
        self._checkpoint = job.web.checkpoints.closest(name)
        if self._checkpoint is None:
            raise Exception(f"Could not find checkpoint with name {name}")  # noqa: TRY002 - upstream's class
        job.extra["Hires checkpoint"] = self._checkpoint.short_title

    @staticmethod
    def _size(job: Job) -> Target:
        asked, extra = job.asked, job.extra
        if job.web.options.use_old_hires_fix_width_height:
            asked.hr_resize_x, asked.hr_resize_y = asked.width, asked.height
            asked.width, asked.height = old_first_size(asked.width, asked.height)
        if asked.hr_resize_x == 0 and asked.hr_resize_y == 0:
            extra["Hires upscale"] = asked.hr_scale
        else:
            extra["Hires resize"] = f"{asked.hr_resize_x}x{asked.hr_resize_y}"
        return Target(asked.width, asked.height, asked.hr_scale, asked.hr_resize_x, asked.hr_resize_y)

    @staticmethod
    def _count(job: Job) -> None:
        state = job.web.state
        if not state.hires_counted:
            state.job_count = (job.asked.n_iter if state.job_count == -1 else state.job_count) * 2
            state.hires_counted = True

    def latents(self, job: Job, model: Model, batch: int) -> Tensor | list[Tensor]:
        """Latents of the first pass, or decoded pictures of the second."""
        first = first_pass(job, model, batch)
        samples = first.from_noise()
        if self._target is None or job.web.state.interrupted:
            return samples
        by_picture = job.asked.hr_upscaler not in (None, *LATENT_MODES)
        decoded = decode_batch(job, model, samples) if by_picture else []
        with job.web.engine.without_noting():
            model = job.web.engine.reload_checkpoint(self._checkpoint)
        enlarged = self._by_picture(job, model, decoded) if by_picture else self._by_latent(job, samples)
        job.web.state.next_job()
        return decode_batch(job, model, self._second_pass(job, model, batch, first, self._cut(enlarged)))

    def _goal(self) -> Target:
        assert self._target is not None
        return self._target

    def _by_latent(self, job: Job, samples: Tensor) -> Tensor:
        mode, antialias = LATENT_MODES[job.asked.hr_upscaler or DEFAULT_MODE]
        size = (self._goal().height // DOWN, self._goal().width // DOWN)
        return interpolate(samples, size=size, mode=mode, antialias=antialias)

    def _by_picture(self, job: Job, model: Model, decoded: list[Tensor]) -> Tensor:
        web, goal, resized = job.web, self._goal(), []
        for tensor in decoded:
            picture = pictures.from_tensor(((tensor + 1.0) / 2.0).clamp(0.0, 1.0))
            size = (goal.width, goal.height)
            larger = web.upscalers.resize(0, picture, *size, web.interrupted, job.asked.hr_upscaler)
            resized.append(pictures.to_array(larger))
        return model.encode(torch.from_numpy(np.array(resized)))

    def _cut(self, latent: Tensor) -> Tensor:
        cut_x, cut_y = self._goal().cut_x, self._goal().cut_y
        height, width = latent.shape[2:]
        return latent[:, :, cut_y // 2 : height - (cut_y + 1) // 2, cut_x // 2 : width - (cut_x + 1) // 2]

    def _second_pass(self, job: Job, model: Model, batch: int, first: Pass, latent: Tensor) -> Tensor:
        asked, options = job.asked, job.web.options
        source = noise_for(job, batch, (latent.shape[1], latent.shape[2], latent.shape[3]))
        noise = source.next()
        sampler = samplerlist.by_name(asked.hr_sampler_name or job.sampler_name)
        assert sampler is not None, f"bad sampler name: {asked.hr_sampler_name}"
        steps = asked.hr_second_pass_steps or asked.steps
        line = Timeline(sampler.calls(steps), first.sampler.calls(asked.steps), options.use_old_scheduling)
        if options.use_old_scheduling:
            line = Timeline(first.sampler.calls(asked.steps), old=True)
        count = len(latent)
        prompts = [job.cleaned(asked.hr_prompt or asked.prompt)] * count
        negatives = [job.cleaned(asked.hr_negative_prompt or asked.negative_prompt)] * count
        second = dataclasses.replace(
            first,
            model=model,
            sampler=sampler,
            scheduler=asked.hr_scheduler or job.scheduler,
            steps=steps,
            conds=conds_for(job, model, prompts, negatives, line),
            noise=source,
            second=True,
            denoising=asked.denoising_strength,
            fixed_steps=True,
        )
        return second.from_latent(latent, noise)
