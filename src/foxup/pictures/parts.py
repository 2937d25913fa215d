"""Parts of a picture that are missing beside its reference: black tiles, and an end of one flat colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foxup.pictures.data import finding
from foxup.pictures.features import Array, View, shrink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from foxup.finding import Finding


def missing(reference: View, candidate: View, kept: Array, rules: Mapping[str, float]) -> Finding | None:
    """Say which parts are missing. `kept` is the map of found layout blocks, `rules` the table `broken`."""
    black = _black(reference, candidate, kept, rules)
    if black:
        return finding("img-partly-black", share=round(100 * black))
    ended = _ended(reference, candidate, kept, rules)
    return finding("img-partly-black", "ended", share=round(100 * ended)) if ended else None


def _black(reference: View, candidate: View, kept: Array, rules: Mapping[str, float]) -> float:
    """Return the share of cells (of 64x64) that are black only here, where they can be nothing but a failed tile.

    That is where they fill a rectangle, or where the rest of the picture is the reference's; else it is 0. Cells the
    reference has nearly black count for neither: a stronger contrast makes those black too.
    """
    black = candidate.thumb <= rules["black_cell"]
    new = black & (reference.thumb > rules["black_cell_before"])
    share = float(new.mean())
    if share <= rules["black_cells"]:
        return 0.0
    rows, columns = np.flatnonzero(new.any(axis=1)), np.flatnonzero(new.any(axis=0))
    filled = float(black[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean())
    return share if filled >= rules["black_filled"] or _rest(kept, new) >= rules["rest_kept"] else 0.0


def _ended(reference: View, candidate: View, kept: Array, rules: Mapping[str, float]) -> float:
    """Return the share of rows at the lower end that are one flat colour which the reference does not have there.

    A file that broke off is filled up so by programs that open it all the same. Above, it must be the reference.
    """
    share, cells = candidate.flat_end, candidate.thumb.shape[0]
    first = round(cells * (1 - share))
    if share - reference.flat_end <= rules["flat_end"] or not 0 < first < cells:
        return 0.0
    gap = np.abs(reference.thumb[first:] - candidate.thumb[first:])
    gap = np.maximum(gap, np.abs(_chroma(reference)[:, first:] - _chroma(candidate)[:, first:]).max(axis=0))
    gone = np.zeros_like(candidate.thumb, dtype=bool)
    gone[first:] = True
    other = float((gap > rules["flat_end_gap"]).mean())
    return share if other >= rules["flat_end_other"] and _rest(kept, gone) >= rules["rest_kept"] else 0.0


def _chroma(view: View) -> Array:
    size = view.thumb.shape[0]
    return np.stack([shrink(np.ascontiguousarray(plane), size, size) for plane in view.chroma])


def _rest(kept: Array, gone: NDArray[np.bool_]) -> float:
    """Return the share of layout blocks that were found outside of what is gone."""
    there = shrink(gone.astype(np.float32), kept.shape[1], kept.shape[0]) == 0
    return float(kept[there].mean()) if there.any() else 0.0
