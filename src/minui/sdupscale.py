"""The script "SD upscale": enlarge a picture, then img2img over its tiles (A1111 v1.10.1 scripts/sd_upscale.py)."""

from __future__ import annotations

import math
from typing import Any

from PIL import Image

from minui import pictures
from minui.context import WebUi
from minui.generate import process
from minui.img2img import Img2Img
from minui.job import Result, fixed_seed
from minui.tiles import split

TITLE = "SD upscale"


def info(web: WebUi) -> dict[str, Any]:
    """Entry of /sdapi/v1/script-info: the four arguments in order."""
    blank = {"minimum": None, "maximum": None, "step": None, "choices": None}
    names = [upscaler.name for upscaler in web.upscalers.all]
    note = "Enlarges the picture by the factor, then works on tiles of the request's width and height."
    arguments = [
        {**blank, "label": "", "value": note},
        {**blank, "label": "Tile overlap", "value": 64, "minimum": 0, "maximum": 256, "step": 16},
        {**blank, "label": "Upscaler", "value": names[0], "choices": names},
        {**blank, "label": "Scale Factor", "value": 2.0, "minimum": 1.0, "maximum": 4.0, "step": 0.05},
    ]
    return {"name": TITLE.lower(), "is_alwayson": False, "is_img2img": True, "args": arguments}


class _Upscale:
    """One call of the script."""

    def __init__(self, web: WebUi, start: Image.Image, request: dict[str, Any]) -> None:
        _, overlap, wanted, factor = request["script_args"]
        self._web, self._request = web, request
        names = [upscaler.name.lower() for upscaler in web.upscalers.all]
        upscaler = web.upscalers.all[names.index(wanted.lower()) if isinstance(wanted, str) else wanted]
        self._notes = {"SD upscale overlap": overlap, "SD upscale upscaler": upscaler.name}
        picture = pictures.flatten(start, web.options.img2img_background_color)
        if upscaler.name != "None":
            picture = web.upscalers.scale(upscaler, picture, factor, web.interrupted)
        self._tiles = split(picture, request["width"], request["height"], overlap)
        self._batches = math.ceil(len(self._tiles.flat) / request["batch_size"])
        self.results: list[Result] = []

    def announce(self) -> None:
        """Tell how much there is to do."""
        state, tiles = self._web.state, self._tiles
        state.job_count = self._batches * self._request["n_iter"]
        print(
            f"SD upscaling will process a total of {len(tiles.flat)} images tiled as"
            f" {len(tiles.rows[0][1])}x{len(tiles.rows)} per upscale in a total of {state.job_count} batches."
        )

    def once(self, seed: int, repeat: int) -> Image.Image:
        """Work on all tiles; the seed rises by one from tile to tile."""
        request, state, size = self._request, self._web.state, self._request["batch_size"]
        plain = {**request, "n_iter": 1, "do_not_save_grid": True, "do_not_save_samples": True}
        done: list[Image.Image] = []
        for batch in range(self._batches):
            state.job = f"Batch {batch + 1 + repeat * self._batches} out of {state.job_count}"
            part = self._tiles.flat[batch * size : (batch + 1) * size]
            result = process(self._web, Img2Img(part), {**plain, "seed": seed}, self._notes)
            self.results.append(result)
            seed = result.job.seeds[0] + 1
            done += result.pictures
        blank = Image.new("RGB", (request["width"], request["height"]))
        return self._tiles.replaced(done + [blank] * (len(self._tiles.flat) - len(done))).joined()


def run(web: WebUi, start: Image.Image, request: dict[str, Any]) -> Result:
    """Enlarged pictures; each is saved even if the request saves nothing.

    Raises ValueError for an upscaler nobody knows and for another number of arguments than four.
    """
    work = _Upscale(web, start, request)
    work.announce()
    seed = fixed_seed(request["seed"])
    finished = []
    for repeat in range(request["n_iter"]):
        finished.append(work.once(seed + repeat, repeat))
        _save(web, finished[-1], work.results[0], seed + repeat)
    text = work.results[0].texts[0]
    for picture in finished:
        if web.options.enable_pnginfo:
            picture.info["parameters"] = text
    return Result(work.results[-1].job, finished, [text] * len(finished)).describe(seed=seed, subseed=-1)


def _save(web: WebUi, picture: Image.Image, first: Result, seed: int) -> None:
    options = web.options
    if options.samples_save:
        folder = options.outdir_img2img_samples
        pictures.save(picture, folder, options, text=first.texts[0], seed=seed)
