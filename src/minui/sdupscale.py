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


def run(web: WebUi, start: Image.Image, request: dict[str, Any]) -> Result:
    """Enlarged pictures; each is saved even if the request saves nothing.

    Raises ValueError for an upscaler nobody knows and for fewer than four arguments.
    """
    _, overlap, wanted, factor = request["script_args"]
    names = [upscaler.name.lower() for upscaler in web.upscalers.all]
    upscaler = web.upscalers.all[names.index(wanted.lower()) if isinstance(wanted, str) else wanted]
    extra = {"SD upscale overlap": overlap, "SD upscale upscaler": upscaler.name}
    picture = pictures.flatten(start, web.options.img2img_background_color)
    if upscaler.name != "None":
        picture = web.upscalers.scale(upscaler, picture, factor, web.interrupted)
    tiles = split(picture, request["width"], request["height"], overlap)
    size, repeats, seed = request["batch_size"], request["n_iter"], fixed_seed(request["seed"])
    batches = math.ceil(len(tiles.flat) / size)
    web.state.job_count = batches * repeats
    columns, rows = len(tiles.rows[0][1]), len(tiles.rows)
    print(
        f"SD upscaling will process a total of {len(tiles.flat)} images tiled as {columns}x{rows} per upscale"
        f" in a total of {web.state.job_count} batches."
    )
    plain = {**request, "n_iter": 1, "do_not_save_grid": True, "do_not_save_samples": True}
    results, first = [], None
    for repeat in range(repeats):
        done: list[Image.Image] = []
        now = seed + repeat
        for batch in range(batches):
            part = tiles.flat[batch * size : (batch + 1) * size]
            web.state.job = f"Batch {batch + 1 + repeat * batches} out of {web.state.job_count}"
            result = process(web, Img2Img(part), {**plain, "seed": now}, extra)
            first = first or result
            now = result.job.seeds[0] + 1
            done += result.pictures
        blank = Image.new("RGB", (request["width"], request["height"]))
        done += [blank] * (len(tiles.flat) - len(done))
        results.append(tiles.replaced(done).joined())
        _save(web, results[-1], first, seed + repeat)
    assert first is not None  # noqa: S101 - n_iter is at least one
    return Result(first.job, results, first.texts[:1] * len(results))


def _save(web: WebUi, picture: Image.Image, first: Result, seed: int) -> None:
    options = web.options
    if options.samples_save:
        folder = options.outdir_samples or options.outdir_img2img_samples
        pictures.save(picture, folder, options, text=first.texts[0], seed=seed)
