"""The models of reference generations: parameters, picture, tolerance."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from foxup.profile.base import Model, Sha256, Text


class Tolerance(Model):
    """Which verdicts prove the picture."""

    proven: tuple[Literal["identical", "same", "drifted"], ...] = ("identical", "same")
    """Verdicts that count as a match."""
    same_psnr: float | None = None
    """In dB: raises the mark of `same` where little noise is expected: on a CPU in full precision 88 were measured."""


class HiresModel(Model):
    """The second pass of txt2img."""

    upscaler: str
    """Name as the web UI lists it."""
    scale: float = 2.0
    """Factor of width and height."""
    steps: int = 0
    """0: as many as the first pass."""
    denoising_strength: float
    """0..1."""


class ReferenceModel(Model):
    """A generation with published parameters and picture."""

    id: str
    """Stable short name, for `foxup verify`."""
    title: Text
    """For people."""
    mode: Literal["txt2img", "img2img"] = "txt2img"
    """Which route makes it."""
    prompt: str
    """Positive prompt."""
    negative_prompt: str = ""
    """Negative prompt."""
    steps: int
    """Sampling steps."""
    sampler: str
    """Name without scheduler, for example `DPM++ 2M`."""
    scheduler: str = "Automatic"
    """For example `Karras`."""
    cfg_scale: float
    """Guidance."""
    seed: int
    """First seed."""
    width: int
    """Pixels, as `Size` in the infotext: of the first pass, of SD upscale's tiles, of Ultimate SD upscale's result."""
    height: int
    """Pixels."""
    clip_skip: int = 1
    """CLIP_stop_at_last_layers."""
    ensd: int = 0
    """eta_noise_seed_delta."""
    checkpoint: str
    """File name of the checkpoint, or its model name."""
    checkpoint_hash: str | None = Field(default=None, pattern=r"^[0-9a-f]{10}$")
    """First ten digits of the checkpoint's sha256."""
    vae: str | None = None
    """File name of the VAE; none: the checkpoint's own."""
    hires: HiresModel | None = None
    """Second pass, if any."""
    denoising_strength: float | None = None
    """For img2img."""
    init: str | None = None
    """For img2img: id of the reference whose picture is the source; none: the guide does not publish it."""
    init_picture: Literal["published", "generated"] = "published"
    """Which picture of it is the source: the published one where it can be had, or always one generated here."""
    script: str | None = None
    """Title of the script that runs the generation."""
    script_args: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """Values of that script by the names in `pictures/scripts.toml`; what is not named stays at its default."""
    needs: tuple[str, ...] = ()
    """Ids of files or extensions this reference needs beyond the defaults."""
    assumed: tuple[str, ...] = ()
    """Parameters that the guide does not print: left to a screenshot, to defaults, or to the reader."""
    picture: str | None = None
    """Address of the published picture, or `package:` path."""
    incomparable: Text | None = None
    """Why the published picture cannot be compared with one generation (a collage)."""
    picture_sha256: Sha256 | None = None
    """Hash of the picture file, where known."""
    fingerprint: str | None = None
    """Compact fingerprint, for when the picture cannot be had."""
    tolerance: Tolerance = Tolerance()
    """Which verdicts prove it."""
