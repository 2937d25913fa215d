"""From a request to pictures: settings of the request, batches, passes, decoding, saving.

After A1111 v1.10.1 modules/processing.py (process_images); so is the habit that only settings which the loaded
config.json already holds are put back after a request.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor

from minui import pictures, samplerlist
from minui.context import WebUi
from minui.denoiser import Conditioning, conditioning
from minui.errors import NansException
from minui.job import Job, Result
from minui.model import CHANNELS, DOWN, Model
from minui.noise import PictureNoise, Variation
from minui.prompts import Timeline
from minui.sampling import Knobs, Pass


class Plan(Protocol):
    """What txt2img and img2img do differently."""

    kind: str

    def prepare(self, job: Job, model: Model) -> None:
        """Before the first batch."""

    def latents(self, job: Job, model: Model, batch: int) -> Tensor | list[Tensor]:
        """Final latents (b, 4, h, w) of a batch, or already decoded pictures (3, h, w)."""


def process(web: WebUi, plan: Plan, request: dict[str, Any], extra: dict[str, Any] | None = None) -> Result:
    """Generate under the request's settings, then put those back that were stored before.

    ``extra`` are infotext entries of a script.
    """
    asked = SimpleNamespace(**request)
    wanted: dict[str, Any] = dict(asked.override_settings or {})
    before = {key: web.options.data[key] for key in wanted if key in web.options.data}
    try:
        _override(web, wanted)
        name, scheduler = samplerlist.read_names(asked.sampler_name, asked.scheduler, back_to_automatic=False)
        with torch.no_grad():
            return _batches(Job(web, asked, dict(extra or {}), sampler_name=name, scheduler=scheduler), plan)
    finally:
        if asked.override_settings_restore_afterwards:
            _restore(web, before)


def _override(web: WebUi, wanted: dict[str, Any]) -> None:
    """Apply settings in their order; a checkpoint nobody knows is dropped."""
    if wanted.get("sd_model_checkpoint") not in web.checkpoints.aliases:
        wanted.pop("sd_model_checkpoint", None)
        web.engine.reload_checkpoint()
    for key, value in wanted.items():
        web.options.set(key, value, from_api=True, run_callbacks=False)
        if key == "sd_model_checkpoint":
            web.engine.reload_checkpoint()
        elif key == "sd_vae":
            web.engine.reload_vae()


def _restore(web: WebUi, before: dict[str, Any]) -> None:
    for key, value in before.items():
        web.options.put(key, value)
        if key == "sd_vae":
            web.engine.reload_vae()


def _batches(job: Job, plan: Plan) -> Result:
    web, asked, state = job.web, job.asked, job.web.state
    model = web.engine.reload_checkpoint()
    asked.tiling = web.options.tiling if asked.tiling is None else asked.tiling
    model.set_tiling(asked.tiling)
    job.setup()
    model.refresh_embeddings()
    plan.prepare(job, model)
    if state.job_count == -1:
        state.job_count = asked.n_iter
    result = Result(job, [], [])
    for number in range(asked.n_iter):
        state.skipped = False
        if state.interrupted or state.stopping_generation:
            break
        model = web.engine.reload_checkpoint()
        if asked.n_iter > 1:
            state.job = f"Batch {number + 1} out of {asked.n_iter}"
        _one_batch(job, plan, model, number, result)
    result.texts = result.texts or [job.text()]
    _add_grid(job, plan, result)
    return result.describe()


def _one_batch(job: Job, plan: Plan, model: Model, number: int, result: Result) -> None:
    latents = plan.latents(job, model, number)
    decoded = latents if isinstance(latents, list) else decode_batch(job, model, latents)
    job.web.state.next_job()
    for offset, picture in enumerate(decoded):
        index = number * job.asked.batch_size + offset
        _finish_picture(job, plan, index, pictures.from_tensor(((picture + 1.0) / 2.0).clamp(0.0, 1.0)), result)


def _keeps_files(job: Job) -> bool:
    options, state = job.web.options, job.web.state
    whole = options.save_incomplete_images or not (state.interrupted or state.skipped)
    return bool(options.samples_save and not job.asked.do_not_save_samples and whole)


def _finish_picture(job: Job, plan: Plan, index: int, picture: Image.Image, result: Result) -> None:
    options, text = job.web.options, job.text(index)
    if _keeps_files(job):
        folder = options.get(f"outdir_{plan.kind}_samples")  # the API of A1111 does not ask outdir_samples
        pictures.save(picture, folder, options, text=text, seed=job.seeds[index])
    if options.enable_pnginfo:
        picture.info["parameters"] = text
    result.pictures.append(picture)
    result.texts.append(text)


def _add_grid(job: Job, plan: Plan, result: Result) -> None:
    options, asked = job.web.options, job.asked
    lonely = len(result.pictures) < 2 and options.grid_only_if_multiple
    if asked.do_not_save_grid or lonely or not result.pictures or not (options.return_grid or options.grid_save):
        return
    sheet, text = pictures.grid(result.pictures, options, asked.batch_size), job.text()
    if options.grid_save:
        folder = options.get(f"outdir_{plan.kind}_grids")
        pictures.save(sheet, folder, options, text=text, seed=job.seeds[0], prefix="grid")
    if options.return_grid:
        if options.enable_pnginfo:
            sheet.info["parameters"] = text
        result.pictures.insert(0, sheet)
        result.texts.insert(0, text)
        result.first_picture = 1


# ---- pieces that both plans use ---------------------------------------------------------------------------------


def noise_for(job: Job, batch: int, shape: tuple[int, int, int] | None = None) -> PictureNoise:
    """Noise of a batch; ``shape`` (c, h, w) differs in the second pass."""
    asked, options, part = job.asked, job.web.options, job.batch(batch)
    size = shape or (CHANNELS, asked.height // DOWN, asked.width // DOWN)
    seeds = job.subseeds[part]
    variation = Variation(seeds, asked.subseed_strength, asked.seed_resize_from_h, asked.seed_resize_from_w)
    return PictureNoise(size, job.seeds[part], options.randn_source, options.eta_noise_seed_delta or 0, variation)


def conds_for(job: Job, model: Model, prompts: Sequence[str], negatives: Sequence[str], line: Timeline) -> Conditioning:
    """Conditioning of a batch; notes emphasis and embeddings for the infotext."""
    options = job.web.options
    model.encoder.used.clear()
    found = conditioning(lambda texts: model.encoder.encode(texts, options), prompts, negatives, line)
    if options.emphasis != "Original" and any("(" in text or "[" in text for text in (*prompts, *negatives)):
        job.extra["Emphasis"] = options.emphasis
    used = [f"{name.translate({58: None, 44: None})}: {one.shorthash}" for name, one in model.encoder.used.items()]
    if used and options.textual_inversion_add_hashes_to_infotext:
        job.extra["TI hashes"] = ", ".join(used)
    return found


def first_pass(job: Job, model: Model, batch: int) -> Pass:
    """The pass at the request's own size; writes params.txt before sampling."""
    asked, part = job.asked, job.batch(batch)
    calls = job.sampler.calls(asked.steps)
    _ = calls // asked.steps  # zero steps fail here, in upstream's words
    line = Timeline(calls, old=job.web.options.use_old_scheduling)
    conds = conds_for(job, model, job.prompts[part], job.negatives[part], line)
    if batch == 0 and not job.web.flags.no_prompt_history:
        (job.web.paths.data / "params.txt").write_text(job.text(), encoding="utf-8")
    model.use_noise_table(job.web.options, job.extra)
    knobs = Knobs(asked.eta, asked.s_churn, asked.s_tmin, asked.s_tmax, asked.s_noise, asked.s_min_uncond)
    job.last_pass = Pass(
        model=model,
        sampler=job.sampler,
        scheduler=job.scheduler,
        steps=asked.steps,
        scale=asked.cfg_scale,
        conds=conds,
        noise=noise_for(job, batch),
        options=job.web.options,
        state=job.web.state,
        extra=job.extra,
        knobs=knobs,
    )
    return job.last_pass


def check(job: Job, tensor: Tensor, where: str) -> None:
    """Raise NansException when the first number of a tensor is not one."""
    flags = job.web.flags
    if flags.disable_nan_check or not bool(torch.isnan(tensor.flatten()[0])):
        return
    message = f"A tensor with NaNs was produced in {where}."
    if not flags.no_half and where == "Unet":
        message += (
            " This could be either because there's not enough precision to represent the picture, or because your"
            ' video card does not support half type. Try setting the "Upcast cross attention layer to float32" option'
            " in Settings > Stable Diffusion or using the --no-half commandline argument to fix this."
        )
    elif not flags.no_half and not flags.no_half_vae:
        message += (
            " This could be because there's not enough precision to represent the picture. Try adding --no-half-vae"
            " commandline argument to fix this."
        )
    raise NansException(message + " Use --disable-nan-check commandline argument to disable this check.")


def decode_batch(job: Job, model: Model, latents: Tensor) -> list[Tensor]:
    """Pictures (3, h, w) in about -1..1, decoded one by one."""
    check(job, latents, "Unet")
    decoded = []
    for latent in latents:
        picture = model.decode(latent.unsqueeze(0))[0]
        check(job, picture, "VAE")
        decoded.append(picture.float())
    return decoded
