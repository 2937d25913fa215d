"""Pictures small enough to live inside a report: re-encoded copies, and the map of differences."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foxup.pictures.load import Picture

BUDGET_BYTES = 1_200_000  # for each of three pictures, so that a report stays under 5 MB in base64
LONGEST_SIDE = 1600
_GAIN = 4.0  # differences of one pixel in 64 levels are already shown at full strength
# dark blue - violet - orange - pale yellow: rises in brightness all the way, so that it reads without colour vision
_STOPS = np.array([[8, 8, 32], [92, 24, 110], [200, 62, 76], [250, 160, 60], [252, 250, 190]], dtype=np.float32)


def data_address(rgb: NDArray[np.uint8]) -> str:
    """Return a picture as a `data:` address: exact PNG where it fits the budget, else JPEG, scaled down if need be."""
    image = Image.fromarray(rgb)
    content, kind = _encoded(image, "PNG"), "png"
    if len(content) > BUDGET_BYTES:
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        kind = "jpeg"
        for quality in (92, 85, 75, 60):
            content = _encoded(image, "JPEG", quality=quality)
            if len(content) <= BUDGET_BYTES:
                break
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    store = BytesIO()
    image.save(store, kind, **options)
    return store.getvalue()


def difference_map(generated: Picture, reference: Picture) -> NDArray[np.uint8]:
    """Return height x width x 3 of the reference's shape: dark where equal, bright where the pictures differ."""
    other = generated.rgb
    if other.shape != reference.rgb.shape:
        other = np.asarray(Image.fromarray(other).resize(reference.size, Image.Resampling.BOX), dtype=np.uint8)
    gap = np.abs(other.astype(np.int16) - reference.rgb.astype(np.int16)).max(axis=2)
    levels = np.minimum(np.arange(256) * _GAIN, 255) / 255 * (len(_STOPS) - 1)
    below = np.minimum(levels.astype(int), len(_STOPS) - 2)
    share = (levels - below)[:, None]
    colours = np.round(_STOPS[below] * (1 - share) + _STOPS[below + 1] * share).astype(np.uint8)
    result: NDArray[np.uint8] = colours[gap]
    return result
