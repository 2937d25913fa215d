"""img2img: start from a picture, as strongly changed as the denoising strength says."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from minui import pictures
from minui.generate import first_pass
from minui.job import Job
from minui.model import DOWN, Model

LATENT_RESIZE = 3
"""Resize mode "just resize (latent upscale)"."""


class Img2Img:
    """The plan of an img2img request."""

    kind = "img2img"

    def __init__(self, starts: list[Image.Image]) -> None:
        self._starts = starts
        self._latents = torch.empty(0)

    def prepare(self, job: Job, model: Model) -> None:
        """Encode the start pictures. Raises RuntimeError for more of them than the batch holds."""
        asked = job.asked
        job.extra["Denoising strength"] = asked.denoising_strength
        arrays = [self._fit(job, start) for start in self._starts]
        if len(arrays) == 1:
            arrays = arrays * asked.batch_size
        elif len(arrays) > asked.batch_size:
            raise RuntimeError(f"bad number of images passed: {len(arrays)}; expecting {asked.batch_size} or less")
        asked.batch_size = len(arrays)
        self._latents = model.encode(torch.from_numpy(np.array(arrays)))
        if asked.resize_mode == LATENT_RESIZE:
            size = (asked.height // DOWN, asked.width // DOWN)
            self._latents = interpolate(self._latents, size=size, mode="bilinear")

    @staticmethod
    def _fit(job: Job, start: Image.Image) -> np.ndarray:
        asked, web = job.asked, job.web
        picture = pictures.flatten(start, web.options.img2img_background_color)
        if asked.resize_mode != LATENT_RESIZE:
            picture = web.upscalers.resize(asked.resize_mode, picture, asked.width, asked.height, web.interrupted)
        return pictures.to_array(picture)

    def latents(self, job: Job, model: Model, batch: int) -> Tensor:
        """Final latents of a batch."""
        run = first_pass(job, model, batch)
        run.denoising = job.asked.denoising_strength
        noise = run.noise.next()
        wanted = job.asked.initial_noise_multiplier
        multiplier = job.web.options.initial_noise_multiplier if wanted is None else wanted
        if multiplier != 1.0:
            job.extra["Noise multiplier"] = multiplier
            noise = noise * multiplier
        return run.from_latent(self._latents, noise)
