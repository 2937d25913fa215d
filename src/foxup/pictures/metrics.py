"""The numbers of two pictures: layout, tone, what is left when the tone is taken out, replay of a JPEG.

Layout S is the mean of three numbers, each 1 for equal layout and about 0 for unrelated pictures. The band-pass is the
point: two outdoor pictures share a bright sky above dark ground, and that says nothing.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from foxup.pictures.features import Array, View, correlation, kurtosis, self_correlation, shrink, ycc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foxup.pictures.load import JpegCoding

FLAT_STD = 4.0  # a layout block below this standard deviation has no pattern to search for
FLAT_WEIGHT = 0.3
FLAT_MEAN = 12.0
FOUND = 0.7  # correlation from which a block counts as found
CAP_DB = 99.0  # PSNR of equal arrays


def layout(reference: View, candidate: View) -> tuple[dict[str, float], Array]:
    """Return the layout score `S` with its parts, and the map of found blocks (rows of 0..1)."""
    block, reach = (8, 2) if reference.coarse else (16, 3)
    kept, weights = kept_blocks(reference.layout, candidate.layout, block, reach)
    share = float((kept * weights).sum() / max(1e-6, weights.sum()))
    parts = {
        "layout_64": band_correlation(reference.thumb, candidate.thumb, 4.0),
        "layout_32": band_correlation(shrink(reference.thumb, 32, 32), shrink(candidate.thumb, 32, 32), 3.0),
        "layout_blocks": share,
    }
    return {"layout": float(np.mean(list(parts.values()))), **parts}, kept


def turned_layouts(reference: View, candidate: View) -> dict[str, float]:
    """Return the layout score of the candidate mirrored, mirrored top to bottom, and turned by 180 degrees."""
    ways: dict[str, tuple[int, int]] = {"mirrored": (1, -1), "upside_down": (-1, 1), "half_turn": (-1, -1)}
    scores = {}
    for name, (down, across) in ways.items():
        thumb, plane = candidate.thumb[::down, ::across], candidate.layout[::down, ::across]
        scores[f"layout_{name}"] = layout(reference, replace(candidate, thumb=thumb, layout=plane))[0]["layout"]
    return scores


def band_correlation(one: Array, other: Array, sigma: float) -> float:
    """Correlate two thumbnails after taking their own blurred copies out."""
    return correlation(one - _blurred(one, sigma), other - _blurred(other, sigma))


def _blurred(plane: Array, sigma: float) -> Array:
    down, across = _blur_matrix(plane.shape[0], sigma), _blur_matrix(plane.shape[1], sigma)
    return np.asarray(down @ plane @ across.T, dtype=np.float32)


@cache
def _blur_matrix(side: int, sigma: float) -> Array:
    """Return the matrix that blurs a line of `side` values by a Gauss curve, cut and renormalised at the ends."""
    places = np.arange(side, dtype=np.float32)
    weights = np.exp(-0.5 * np.square((places[:, None] - places[None, :]) / sigma))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def kept_blocks(reference: Array, candidate: Array, block: int, reach: int) -> tuple[Array, Array]:
    """Search each block of the reference within +-`reach` px of its place in the candidate.

    Returns 0..1 for each block (1: found) and the weight of each block; flat blocks weigh less and need an equal mean.
    """
    base = _blocks(reference, block)
    padded = np.pad(candidate, reach, mode="edge")
    height, width = reference.shape
    best = np.full(base.shape[:2], -1.0, dtype=np.float32)
    centred = base - base.mean(axis=2, keepdims=True)
    own = np.sqrt(np.square(centred).sum(axis=2))
    for row in range(2 * reach + 1):
        for column in range(2 * reach + 1):
            moved = _blocks(padded[row : row + height, column : column + width], block)
            there = moved - moved.mean(axis=2, keepdims=True)
            scale = own * np.sqrt(np.square(there).sum(axis=2))
            best = np.maximum(best, (centred * there).sum(axis=2) / np.maximum(scale, 1e-3))
    flat = own / block < FLAT_STD  # own / block is the standard deviation: the root of the mean over block^2 pixels
    means = np.abs(base.mean(axis=2) - _blocks(candidate, block).mean(axis=2))
    kept = np.where(flat, means < FLAT_MEAN, best > FOUND).astype(np.float32)
    return kept, np.where(flat, FLAT_WEIGHT, 1.0).astype(np.float32)


def _blocks(plane: Array, block: int) -> Array:
    """Cut a plane into rows x columns x block^2; what does not fill a block at the right and below is left out."""
    rows, columns = plane.shape[0] // block, plane.shape[1] // block
    cut = plane[: rows * block, : columns * block].reshape(rows, block, columns, block)
    return cut.transpose(0, 2, 1, 3).reshape(rows, columns, block * block)


def tone(reference: View, candidate: View) -> dict[str, float]:
    """Return how brightness and colour are scaled.

    Ratios of spread, not regression slopes: slopes shrink whenever a picture drifts and cry "washed out".
    `contrast` ratio of standard deviations; `brightness` difference of means; `chroma` ratio of mean distances from
    grey; `chroma_left` RMS colour difference when that ratio is taken out; `purple` share of cells whose Cb and Cr both
    lie well above; `palette` distance of the sorted values, places ignored.
    """
    # at 32 px: blur takes contrast out of a finer thumbnail, and that is no fading
    contrast = _ratio(*(float(shrink(item.thumb, 32, 32).std()) for item in (candidate, reference)))
    strength = [float(np.hypot(*item.chroma).mean()) for item in (candidate, reference)]
    chroma = _ratio(strength[0], strength[1], least=1.0)
    left = candidate.chroma / max(chroma, 0.05) - reference.chroma
    raised = candidate.chroma - reference.chroma * chroma
    return {
        "contrast": contrast,
        "brightness": float(candidate.thumb.mean() - reference.thumb.mean()),
        "chroma": chroma,
        "chroma_left": float(np.sqrt(np.square(left).mean())),
        "purple": float(((raised[0] > 6) & (raised[1] > 6)).mean()),
        "palette": float(np.abs(candidate.quantiles - reference.quantiles).mean(axis=1).sum()),
    }


def _ratio(one: float, other: float, least: float = 0.5) -> float:
    """Return one / other, both held above `least`, so that two nearly flat things have a ratio near 1."""
    return (max(one, 0.0) + least) / (max(other, 0.0) + least)


def fine(reference: View, candidate: View) -> dict[str, float]:
    """Return PSNR (dB) and SSIM after the fitted brightness and contrast are taken out."""
    target, given = reference.fine, candidate.fine
    gain = _ratio(float(target.std()), float(given.std()))
    fitted = (given - given.mean()) * gain + target.mean()
    return {"psnr_tc": psnr(target, fitted), "ssim_tc": ssim(target, fitted)}


def psnr(one: Array, other: Array) -> float:
    """Return the peak signal-to-noise ratio in dB, at most 99."""
    error = float(np.square(one - other).mean())
    return CAP_DB if error < 1e-9 else min(CAP_DB, 10 * float(np.log10(255.0**2 / error)))


def ssim(one: Array, other: Array, window: int = 7) -> float:
    """Return the mean structural similarity over a square window, by sums over integral images."""
    if min(one.shape) <= window:
        return 1.0 if np.array_equal(one, other) else correlation(one, other)
    a, b = one.astype(np.float64), other.astype(np.float64)
    mean_a, mean_b = _box(a, window), _box(b, window)
    var_a = _box(a * a, window) - mean_a * mean_a
    var_b = _box(b * b, window) - mean_b * mean_b
    both = _box(a * b, window) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return float((top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean())


def _box(plane: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    total = np.pad(plane, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    part = total[window:, window:] - total[:-window, window:] - total[window:, :-window] + total[:-window, :-window]
    result: NDArray[np.float64] = part / window**2
    return result


def pixels(reference: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> dict[str, float]:
    """Return the raw pixel numbers of two RGB pictures of one shape, in 0..255 and dB."""
    gap = np.abs(reference.astype(np.int16) - candidate.astype(np.int16)).astype(np.uint8)
    counts = np.bincount(gap.ravel(), minlength=256)
    levels = np.arange(256, dtype=np.float64)
    total = float(counts.sum())
    error = float((counts * levels**2).sum() / total)
    return {
        "psnr": CAP_DB if error == 0 else min(CAP_DB, 10 * float(np.log10(255.0**2 / error))),
        "mean_abs": float((counts * levels).sum() / total),
        "median_abs": float(np.searchsorted(counts.cumsum(), total / 2)),
        "max_abs": float(np.flatnonzero(counts)[-1]),
        "changed": float(1 - counts[0] / total),
    }


def grain(reference: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> dict[str, float]:
    """Return how far the brightness differences of two RGB pictures of one shape are no more than grain.

    `gap_correlation`: of the differences with themselves one px aside, the higher of both directions (grain: about 0,
    what a blur took away 0.5 and more); `gap_kurtosis`: theirs (grain: about 3, edges and spots above 10).
    """
    gap = ycc(reference)[0] - ycc(candidate)[0]
    gap -= gap.mean()
    near = max(abs(self_correlation(gap, 1)), abs(self_correlation(gap.T, 1)))
    return {"gap_correlation": near, "gap_kurtosis": kurtosis(gap)}


def replay(candidate: NDArray[np.uint8], coding: JpegCoding) -> NDArray[np.uint8] | None:
    """Push a picture through a JPEG's own quantisation and subsampling; None where they cannot be reproduced."""
    if coding.subsampling not in (0, 1, 2) or not coding.tables:
        return None
    store = BytesIO()
    tables = [coding.tables[key] for key in sorted(coding.tables)]
    Image.fromarray(candidate).save(store, "JPEG", qtables=tables, subsampling=coding.subsampling)
    with Image.open(store, formats=["JPEG"]) as image:
        return np.asarray(image.convert("RGB"), dtype=np.uint8)
