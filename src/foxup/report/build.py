"""Making a report out of what a verification left: parameters side by side, files, pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from foxup.i18n import _
from foxup.pictures.differences import differences
from foxup.pictures.infotext import from_reference, parse
from foxup.report.model import FileRow, ParameterRow, PictureItem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foxup.pictures.evidence import FileEvidence
    from foxup.pictures.infotext import Infotext
    from foxup.pictures.load import Picture
    from foxup.profile import ReferenceModel


def parameter_rows(reference: ReferenceModel, infotext: str | None) -> tuple[ParameterRow, ...]:
    """Put the reference's parameters beside the picture's. Empty when the picture states none."""
    if not infotext:
        return ()
    rows = rows_of(from_reference(reference), parse(infotext))
    # the web UI names a VAE whenever a separate one was used, so silence is a difference here
    return tuple(replace(row, differs=True) if row.key == "VAE" and row.actual is None else row for row in rows)


def rows_of(expected: Infotext, actual: Infotext) -> tuple[ParameterRow, ...]:
    """Put two sets of parameters side by side, every key of either, sizes joined."""
    odd = {item.key for item in differences(expected, actual)}
    prompts = [
        ParameterRow("Prompt", expected.prompt, actual.prompt, "Prompt" in odd),
        ParameterRow("Negative prompt", expected.negative_prompt, actual.negative_prompt, "Negative prompt" in odd),
    ]
    keys = dict.fromkeys([*expected.fields, *actual.fields])
    rows = []
    for key in keys:
        stem, _dash, part = key.rpartition("-")
        if part == "2" and f"{stem}-1" in keys:
            continue
        pair = part == "1" and f"{stem}-2" in keys
        name = stem if pair else key
        one, other = (_size(text, stem) if pair else text.fields.get(key) for text in (expected, actual))
        rows.append(ParameterRow(name, one, other, bool(odd & {key, f"{stem}-2" if pair else key})))
    return (*prompts, *rows)


def _size(text: Infotext, stem: str) -> str | None:
    sides = [text.fields.get(f"{stem}-{side}") for side in (1, 2)]
    return "x".join(side or "?" for side in sides) if any(sides) else None


def file_rows(files: Iterable[FileEvidence]) -> tuple[FileRow, ...]:
    """Show the files as they were found; the content decides, ten digits are compared by ten digits."""
    rows = []
    for item in files:
        right: bool | None = None
        if item.size is None:
            right = False
        elif item.sha256 and item.expected_sha256:
            digits = min(len(item.sha256), len(item.expected_sha256))
            right = item.sha256[:digits] == item.expected_sha256[:digits]
        rows.append(FileRow(item.role, item.name, item.expected_sha256, item.sha256, item.size, right))
    return tuple(rows)


def picture_items(generated: Picture | None, reference: Picture | None) -> tuple[PictureItem, ...]:
    """Encode both pictures and the map of their differences for a report; what is not there is left out."""
    from foxup.pictures.embed import data_address, difference_map

    items = []
    if reference is not None:
        alt = _("Reference picture, {width} by {height} pixels")
        items.append(_item("reference", _("Reference"), alt, data_address(reference.rgb), reference.size))
    if generated is not None:
        alt = _("Generated picture, {width} by {height} pixels")
        items.append(_item("generated", _("Generated here"), alt, data_address(generated.rgb), generated.size))
    if generated is not None and reference is not None:
        alt = _("Map of differences, {width} by {height} pixels: dark where the pictures agree")
        address = data_address(difference_map(generated, reference))
        items.append(_item("difference", _("Difference, four times amplified"), alt, address, reference.size))
    return tuple(items)


def _item(item_id: str, label: str, alt: str, address: str, size: tuple[int, int]) -> PictureItem:
    return PictureItem(item_id, label, alt.format(width=size[0], height=size[1]), address, *size)
