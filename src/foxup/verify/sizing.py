"""Sizes the guide does not print: taken from the published picture, or from the source of a tiled upscale. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foxup.finding import Finding

if TYPE_CHECKING:
    from foxup.profile import ReferenceModel
    from foxup.verify.model import Source

_LEAST, _MOST, _STEP = 256, 2048, 8


def by_picture(reference: ReferenceModel, size: tuple[int, int] | None) -> ReferenceModel:
    """Return the reference with the size its published picture shows, where the profile only assumed one."""
    from foxup.pictures.scripts import factor

    if size is None or not {"width", "height"} <= set(reference.assumed):
        return reference
    grown = factor(reference)
    return _with(reference, (round(size[0] / grown), round(size[1] / grown)))


def by_source(reference: ReferenceModel, source: Source | None) -> ReferenceModel:
    """Return the reference with tiles of its source's size, where the profile only assumed one."""
    from foxup.pictures import load

    if source is None or not {"width", "height"} <= set(reference.assumed):
        return reference
    return _with(reference, load.load(source.path).size)


def said(profile: ReferenceModel, used: ReferenceModel) -> tuple[Finding, ...]:
    """Say that another size was used than the profile's."""
    from foxup.pictures.data import finding

    if (profile.width, profile.height) == (used.width, used.height):
        return ()
    return (finding("reference-size", size=f"{used.width}x{used.height}"),)


def _with(reference: ReferenceModel, size: tuple[int, int]) -> ReferenceModel:
    if any(not _LEAST <= side <= _MOST or side % _STEP for side in size):
        return reference  # a scaled preview or a cut-out
    return reference.model_copy(update={"width": size[0], "height": size[1]})
