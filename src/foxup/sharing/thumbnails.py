"""The last verification's pictures, small, without their metadata."""

from __future__ import annotations

from collections.abc import Mapping

from foxup.doctor.examination import Examination
from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.verify import published_picture

LONGEST_SIDE = 256


def of(examination: Examination) -> tuple[Mapping[str, str], ...]:
    """Return the generated and the published picture as `data:` addresses; what cannot be read is left out."""
    last, case = examination.case.state.verdict, examination.case
    if last is None:
        return ()
    reference = next((item for item in case.profile.references if item.id == last.reference), None)
    generated = examination.layout.root / last.picture if last.picture else None
    published = published_picture(case.profile, reference, examination.layout) if reference else None
    named = ((_("Generated here"), generated), (_("Reference"), published))
    return tuple(
        {"label": label, "address": address}
        for label, path in named
        if path and path.is_file() and (address := _small(str(path)))
    )


def _small(path: str) -> str | None:
    from pathlib import Path

    import numpy as np
    from PIL import Image

    from foxup.pictures import embed, load

    try:
        image = Image.fromarray(load.load(Path(path)).rgb)
    except (FoxupError, OSError, ValueError):
        return None
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return embed.data_address(np.asarray(image, dtype=np.uint8))
