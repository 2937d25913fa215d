"""What is measured on one picture: thumbnails of brightness and colour, and a few facts. numpy and Pillow only.

All brightness and colour values are in 0..255 as floats. The method and its measured behaviour are described in
docs/explanation/judging-pictures.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float32]
THUMB = 64  # side of the square thumbnails: at 512x768 one cell is 8x12 px, about one latent cell
CHROMA = 16  # side of the colour thumbnails in a fingerprint
LAYOUT_SIDE = 128  # short side on which layout blocks are searched
FINE_SIDE = 256  # short side on which PSNR and SSIM are taken, and at most half of the picture's own: see `view`


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """Numbers of one picture.

    `mean`, `std` of luma; `highest` channel value; `black_rows` share of all-black rows (0..1); `near`, `far`
    correlation of the picture with itself shifted by 1 and 16 px (the lower and the higher one of both directions);
    `kurtosis` of its gradient (noise: about 3); `detail`
    root mean square of the Laplacian; `grid8`, `grid16` excess of the gradient profile at one phase of 8 and 16 px;
    `colour` mean saturation-like distance from grey; `flat_std` largest standard deviation of the three channels.
    """

    mean: float
    std: float
    highest: float
    black_rows: float
    near: float
    far: float
    kurtosis: float
    detail: float
    grid8: float
    grid16: float
    colour: float
    flat_std: float


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture as the judge looks at it.

    `thumb` is 64x64 luma; `chroma` 2 x n x n (Cb, Cr around 0); `layout` and `fine` are luma at the short sides above,
    in the shape of the reference, or the thumbnail again when only a fingerprint is known; `quantiles` describe the
    palette (3 x 33: Y, Cb, Cr). `flat_end` is the share of rows at the lower end that are of one flat colour.
    """

    size: tuple[int, int]
    thumb: Array
    chroma: Array
    layout: Array
    fine: Array
    quantiles: Array
    facts: PictureFacts
    flat_end: float = 0.0

    @property
    def coarse(self) -> bool:
        """Whether only a fingerprint is known."""
        return self.layout is self.thumb


def ycc(rgb: NDArray[np.uint8]) -> Array:
    """Return 3 x height x width: luma 0..255, Cb and Cr around 0, by the JPEG (BT.601 full range) formula."""
    planes = np.asarray(Image.fromarray(rgb).convert("YCbCr"), dtype=np.float32)
    result = np.ascontiguousarray(planes.transpose(2, 0, 1))
    result[1:] -= 128.0
    return result


def shrink(plane: Array, width: int, height: int) -> Array:
    """Average a plane down (or repeat it up) to height x width."""
    return np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BOX), dtype=np.float32)


def short_side(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return width and height of the same aspect whose shorter one is `side`, never enlarged."""
    scale = min(1.0, max(1, side) / min(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def view(rgb: NDArray[np.uint8], *, like: tuple[int, int] | None = None, chroma: int = THUMB) -> View:
    """Measure a picture (height x width x 3 of uint8), its comparison planes in the shape of a picture sized `like`.

    PSNR and SSIM are taken at half size at most: the marks were measured on pictures of 448 px and more shrunk to 256,
    and numerical noise lives in single pixels, which a small picture would show in full.
    """
    size = (rgb.shape[1], rgb.shape[0])
    shape = like or size
    planes = ycc(rgb)
    thumbs = [shrink(plane, THUMB, THUMB) for plane in planes]
    colours = [shrink(plane, chroma, chroma) for plane in planes[1:]]
    return View(
        size=size,
        thumb=thumbs[0],
        chroma=np.stack(colours),
        layout=shrink(planes[0], *short_side(shape, LAYOUT_SIDE)),
        fine=shrink(planes[0], *short_side(shape, min(FINE_SIDE, min(shape) // 2))),
        quantiles=quantiles(np.stack(thumbs)),
        facts=facts(rgb, planes),
        flat_end=flat_end(rgb),
    )


def quantiles(thumbs: Array) -> Array:
    """Return 33 evenly spaced quantiles of each of the planes (n x 64 x 64): a palette without places."""
    flat = thumbs.reshape(len(thumbs), -1)
    return np.quantile(flat, np.linspace(0, 1, 33), axis=1).T.astype(np.float32)


def facts(rgb: NDArray[np.uint8], planes: Array) -> PictureFacts:
    """Measure the facts of one picture; `planes` is `ycc(rgb)`."""
    luma = planes[0]
    across, down = np.diff(luma, axis=1), np.diff(luma, axis=0)
    return PictureFacts(
        mean=float(luma.mean()),
        std=float(luma.std()),
        highest=float(rgb.max()),
        black_rows=black_rows(rgb),
        near=min(self_correlation(luma, 1), self_correlation(luma.T, 1)),
        far=max(self_correlation(luma, 16), self_correlation(luma.T, 16)),
        kurtosis=kurtosis(across),
        detail=laplacian(luma),
        grid8=grid_excess(across, down, 8),
        grid16=grid_excess(across, down, 16),
        colour=float(np.hypot(planes[1], planes[2]).mean()),
        flat_std=float(max(rgb[..., channel].std() for channel in range(3))),
    )


def black_rows(rgb: NDArray[np.uint8]) -> float:
    """Return the share of rows, or of columns if that is more, that are black from end to end."""
    rows = rgb.max(axis=(1, 2)) <= 8
    columns = rgb.max(axis=(0, 2)) <= 8
    return float(max(rows.mean(), columns.mean()))


def flat_end(rgb: NDArray[np.uint8]) -> float:
    """Return the share of rows, from the lowest up, that have the colour of the lowest all along.

    Three levels of difference are allowed, in one pixel of 200 more: what a JPEG leaves of a flat colour.
    """
    colour = np.median(rgb[-1], axis=0).astype(np.int16)
    others = 0
    for row in rgb[::-1]:
        if (np.abs(row - colour).max(axis=1) > 3).mean() > 0.005:
            break
        others += 1
    return others / len(rgb)


def self_correlation(luma: Array, shift: int) -> float:
    """Correlate a plane with itself `shift` px to the side; 1 for smooth pictures, about 0 for noise."""
    if luma.shape[1] <= shift + 1:
        return 1.0
    return correlation(luma[:, shift:], luma[:, :-shift])


def correlation(one: Array, other: Array) -> float:
    """Pearson correlation of two arrays of one shape; of two flat ones 1, of one flat one 0."""
    left, right = one - one.mean(), other - other.mean()
    scale = float(np.sqrt(np.square(left).sum() * np.square(right).sum()))
    if scale < 1e-6 * left.size:
        return 1.0 if float(one.std()) < 1e-3 and float(other.std()) < 1e-3 else 0.0
    return float((left * right).sum() / scale)


def kurtosis(gradient: Array) -> float:
    """Return the kurtosis of a gradient: about 3 for white noise, far above for pictures, which are mostly smooth."""
    if not gradient.size:
        return 0.0
    squares = np.square(gradient)
    variance = float(squares.mean())
    return float(np.square(squares).mean() / variance**2) if variance > 1e-6 else 0.0


def laplacian(luma: Array) -> float:
    """Return the root mean square of the Laplacian: the amount of the finest detail."""
    inner = luma[1:-1, 1:-1] * 4 - luma[:-2, 1:-1] - luma[2:, 1:-1] - luma[1:-1, :-2] - luma[1:-1, 2:]
    return float(np.sqrt(np.square(inner).mean())) if inner.size else 0.0


def grid_excess(across: Array, down: Array, period: int) -> float:
    """Return how much the gradient at one phase of `period` px exceeds the median phase (0: no grid).

    One level is added below the line: in flat drawings the median gradient is next to nothing, and any trace counts.
    """
    return min(_phase_excess(np.abs(across).mean(axis=0), period), _phase_excess(np.abs(down).mean(axis=1), period))


def _phase_excess(profile: Array, period: int) -> float:
    whole = len(profile) // period
    if whole < 4:
        return 0.0
    phases = np.median(profile[: whole * period].reshape(whole, period), axis=0)
    middle = float(np.median(phases))
    return (float(phases.max()) - middle) / (middle + 1.0)
