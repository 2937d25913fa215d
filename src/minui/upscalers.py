"""Upscalers for pictures: None, Lanczos, Nearest, and ESRGAN files (A1111 v1.10.1 modules/upscaler.py).

Real-ESRGAN names are listed whether or not their file is there; a missing or broken file is reported and the picture
is then resized by Lanczos (upstream's habit, which a checker has to know).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from minui import errors
from minui.files import walk
from minui.options import Options
from minui.paths import Paths
from minui.tiles import split

if TYPE_CHECKING:
    from minui.esrgan import RrdbNet

LANCZOS = Image.Resampling.LANCZOS
LATENT_MODES = {
    "Latent": ("bilinear", False),
    "Latent (antialiased)": ("bilinear", True),
    "Latent (bicubic)": ("bicubic", False),
    "Latent (bicubic antialiased)": ("bicubic", True),
    "Latent (nearest)": ("nearest", False),
    "Latent (nearest-exact)": ("nearest-exact", False),
}
"""Interpolation of latents by upscaler name: torch mode and antialiasing."""

_RELEASES = "https://github.com/xinntao/Real-ESRGAN/releases/download/"
REAL_ESRGAN = {
    "R-ESRGAN 4x+": f"{_RELEASES}v0.1.0/RealESRGAN_x4plus.pth",
    "R-ESRGAN 4x+ Anime6B": f"{_RELEASES}v0.2.2.4/RealESRGAN_x4plus_anime_6B.pth",
}
"""Names of Real-ESRGAN upscalers of this network and where their files come from."""
FAMILY = "ESRGAN_4x"
ESRGAN_ADDRESS = "https://github.com/cszn/KAIR/releases/download/v1.0/ESRGAN.pth"
"""Stands in the list while there is no ESRGAN file."""
MOST_ROUNDS = 3

Progress = Callable[[], bool]
"""Tells whether the job was interrupted."""


@dataclass(frozen=True)
class Upscaler:
    """One entry of /sdapi/v1/upscalers; ``kind`` is none, lanczos, nearest or net.

    ``path`` is what the API shows (for Real-ESRGAN always its address), ``file`` what is read.
    """

    name: str
    kind: str
    path: str | None = None
    family: str | None = None
    file: str | None = None

    def listed(self) -> dict[str, Any]:
        """Fields of the API."""
        return {"name": self.name, "model_name": self.family, "model_path": self.path, "model_url": None, "scale": 4.0}


BUILT_IN = (Upscaler("None", "none"), Upscaler("Lanczos", "lanczos"), Upscaler("Nearest", "nearest"))


class Upscalers:
    """All upscalers found at the start, and running them."""

    def __init__(self, paths: Paths, options: Options, esrgan_folder: str, real_folder: str) -> None:
        self._options = options
        self._nets: dict[str, RrdbNet] = {}
        files = [
            Upscaler(os.path.splitext(os.path.basename(file))[0], "net", file, FAMILY, file)
            for file in walk(esrgan_folder or paths.upscalers, (".pt", ".pth"))
        ]
        on_disk = {os.path.basename(file): file for file in walk(real_folder, (".pth",))}
        real = [
            Upscaler(name, "net", url, None, on_disk.get(url.rsplit("/", 1)[1]))
            for name, url in REAL_ESRGAN.items()
            if name in options.realesrgan_enabled_models
        ]
        files = files or [Upscaler(FAMILY, "net", ESRGAN_ADDRESS, FAMILY)]
        self.all = [*BUILT_IN, *sorted([*files, *real], key=lambda item: item.name.lower())]

    def named(self, name: str | None) -> Upscaler | None:
        """An upscaler by its exact name."""
        return next((item for item in self.all if item.name == name), None)

    def scale(self, upscaler: Upscaler, picture: Image.Image, factor: float, interrupted: Progress) -> Image.Image:
        """A picture ``factor`` times larger, sides cut to multiples of 8."""
        width, height = int((picture.width * factor) // 8 * 8), int((picture.height * factor) // 8 * 8)
        for turn in range(MOST_ROUNDS):
            enough = picture.width >= width and picture.height >= height and (turn > 0 or factor != 1)
            if enough or interrupted():
                break
            before = picture.size
            picture = self._once(upscaler, picture, factor, interrupted)
            if picture.size == before:
                break
        return picture if picture.size == (width, height) else picture.resize((width, height), LANCZOS)

    def _once(self, upscaler: Upscaler, picture: Image.Image, factor: float, interrupted: Progress) -> Image.Image:
        if upscaler.kind == "none":
            return picture
        if upscaler.kind == "net":
            return self._by_net(upscaler, picture, interrupted)
        size = (int(picture.width * factor), int(picture.height * factor))
        return picture.resize(size, LANCZOS if upscaler.kind == "lanczos" else Image.Resampling.NEAREST)

    def _by_net(self, upscaler: Upscaler, picture: Image.Image, interrupted: Progress) -> Image.Image:
        try:
            net = self._load(upscaler)
        except Exception as error:  # noqa: BLE001 - upstream goes on with the plain picture
            family = "ESRGAN" if upscaler.family else "RealESRGAN"
            errors.report(f"Unable to load {family} model {upscaler.path}", error)
            return picture
        tile = int(self._options.ESRGAN_tile)
        if tile <= 0:
            return _through(net, picture)
        tiles = split(picture, tile, tile, int(self._options.ESRGAN_tile_overlap))
        done = []
        for part in tiles.flat:
            if interrupted():
                return picture
            done.append(_through(net, part))
        return tiles.replaced(done, done[0].width // tiles.width).joined()

    def _load(self, upscaler: Upscaler) -> RrdbNet:
        file = upscaler.file
        if file is None:
            raise FileNotFoundError(f"{upscaler.path} is not downloaded: this web UI fetches nothing by itself")
        if file not in self._nets:
            from minui.esrgan import load

            self._nets[file] = load(file)
        return self._nets[file]

    def resize(
        self, mode: int, picture: Image.Image, width: int, height: int, interrupted: Progress, name: str | None = None
    ) -> Image.Image:
        """Fit a picture: 0 stretches, 1 crops, 2 fills the sides with the edge's colours."""
        name = name or self._options.upscaler_for_img2img
        if mode == 0:
            return self._stretch(picture, width, height, name, interrupted)
        wide = width / height > picture.width / picture.height
        by_width = wide if mode == 1 else not wide and width / height != picture.width / picture.height
        inner_w = width if by_width else picture.width * height // picture.height
        inner_h = height if not by_width else picture.height * width // picture.width
        inner = self._stretch(picture, inner_w, inner_h, name, interrupted)
        result = Image.new("RGB", (width, height))
        left, top = width // 2 - inner_w // 2, height // 2 - inner_h // 2
        result.paste(inner, (left, top))
        if mode != 1:
            _fill_sides(result, inner, left, top)
        return result

    def _stretch(
        self, picture: Image.Image, width: int, height: int, name: str | None, interrupted: Progress
    ) -> Image.Image:
        if name is None or name == "None" or picture.mode == "L":
            return picture.resize((width, height), LANCZOS)
        factor = max(width / picture.width, height / picture.height)
        if factor > 1.0:
            upscaler = self.named(name)
            if upscaler is None:
                upscaler = self.all[0]
                print(f"could not find upscaler named {name or '<empty string>'}, using {upscaler.name} as a fallback")
            picture = self.scale(upscaler, picture, factor, interrupted)
        return picture if picture.size == (width, height) else picture.resize((width, height), LANCZOS)


def _fill_sides(result: Image.Image, inner: Image.Image, left: int, top: int) -> None:
    width, height = result.size
    if top > 0:
        result.paste(inner.resize((width, top), box=(0, 0, width, 0)), (0, 0))
        result.paste(inner.resize((width, top), box=(0, inner.height, width, inner.height)), (0, top + inner.height))
    if left > 0:
        result.paste(inner.resize((left, height), box=(0, 0, 0, height)), (0, 0))
        result.paste(inner.resize((left, height), box=(inner.width, 0, inner.width, height)), (left + inner.width, 0))


def _through(net: RrdbNet, picture: Image.Image) -> Image.Image:
    """One picture through the network, which is fed blue first, as upstream does."""
    import torch

    pixels = np.ascontiguousarray(np.moveaxis(np.array(picture.convert("RGB"))[:, :, ::-1], 2, 0)) / 255
    with torch.inference_mode():
        out = net(torch.from_numpy(pixels).float().unsqueeze(0))[0].clamp(0, 1).numpy()
    return Image.fromarray((255.0 * np.moveaxis(out, 0, 2)).round().astype(np.uint8)[:, :, ::-1].copy())
