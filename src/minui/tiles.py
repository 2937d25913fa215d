"""Cutting a picture into overlapping tiles and joining them with soft seams (A1111 v1.10.1 modules/images.py)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass
class Tiles:
    """Rows of (left edge, picture); each row has its top edge. Sizes in pixels."""

    rows: list[tuple[int, list[tuple[int, Image.Image]]]]
    width: int
    height: int
    whole: tuple[int, int]
    overlap: int

    @property
    def flat(self) -> list[Image.Image]:
        """All tiles, row by row."""
        return [tile for _, row in self.rows for _, tile in row]

    def replaced(self, tiles: list[Image.Image], factor: int = 1) -> Tiles:
        """The same layout, ``factor`` times larger, with other tiles."""
        waiting = iter(tiles)
        rows = [(top * factor, [(left * factor, next(waiting)) for left, _ in row]) for top, row in self.rows]
        whole = (self.whole[0] * factor, self.whole[1] * factor)
        return Tiles(rows, self.width * factor, self.height * factor, whole, self.overlap * factor)

    def joined(self) -> Image.Image:
        """The whole picture, each tile fading into its neighbours over the overlap."""
        across = _ramp(np.arange(self.overlap)[None, :].repeat(self.height, axis=0), self.overlap)
        down = _ramp(np.arange(self.overlap)[:, None].repeat(self.whole[0], axis=1), self.overlap)
        result = Image.new("RGB", self.whole)
        for top, row in self.rows:
            strip = Image.new("RGB", (self.whole[0], self.height))
            for left, tile in row:
                _paste(strip, tile, (left, 0), across if left else None, horizontal=True)
            _paste(result, strip, (0, top), down if top else None, horizontal=False)
        return result


def _ramp(values: np.ndarray, overlap: int) -> Image.Image | None:
    if overlap == 0:
        return None
    return Image.fromarray((values.astype(np.float32) * 255 / overlap).astype(np.uint8), "L")


def _paste(
    target: Image.Image, part: Image.Image, at: tuple[int, int], mask: Image.Image | None, *, horizontal: bool
) -> None:
    if mask is None:
        target.paste(part, at)
        return
    seam = mask.width if horizontal else mask.height
    cut = (seam, 0) if horizontal else (0, seam)
    first = (0, 0, seam, part.height) if horizontal else (0, 0, part.width, seam)
    target.paste(part.crop(first), at, mask=mask)
    target.paste(part.crop((*cut, part.width, part.height)), (at[0] + cut[0], at[1] + cut[1]))


def _edges(length: int, tile: int, overlap: int) -> list[int]:
    count = math.ceil((length - overlap) / (tile - overlap))
    stride = (length - tile) / (count - 1) if count > 1 else 0
    edges = [int(index * stride) for index in range(count)]
    return [length - tile if edge + tile >= length else edge for edge in edges]


def split(picture: Image.Image, width: int, height: int, overlap: int) -> Tiles:
    """Tiles of one size that cover a picture with at least ``overlap`` pixels in common."""
    rows = []
    for top in _edges(picture.height, height, overlap):
        lefts = _edges(picture.width, width, overlap)
        rows.append((top, [(left, picture.crop((left, top, left + width, top + height))) for left in lefts]))
    return Tiles(rows, width, height, picture.size, overlap)
