from __future__ import annotations

import plistlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foxup.system import macos


@pytest.mark.parametrize(
    ("text", "expected"), [("4 GB", 4096), ("1536 MB", 1536), ("1,5 GB", 1536), ("", None), ("spdisplays_na", None)]
)
def test_memory_is_read_in_every_language(text: str, expected: int | None) -> None:
    card = {"sppci_model": "AMD Radeon", "spdisplays_vram": text}
    assert macos.parse_displays({"SPDisplaysDataType": [card]})[0].vram_mib == expected


@pytest.mark.parametrize(
    ("values", "kind"),
    [({"SolidState": True}, "ssd"), ({"SolidState": False}, "hdd"), ({"VolumeName": "Macintosh HD"}, None)],
)
def test_diskutil_knows_what_spins(values: dict[str, object], kind: str | None) -> None:
    assert macos.parse_disk_kind(plistlib.dumps(values)) == kind


@given(st.binary())
def test_no_property_list_is_a_value_error(content: bytes) -> None:
    try:
        macos.parse_disk_kind(content)
    except ValueError:
        return


@given(st.dictionaries(st.text(), st.none() | st.text() | st.integers()))
def test_no_card_breaks_the_reader(values: dict[str, object]) -> None:
    [card] = macos.parse_displays({"SPDisplaysDataType": [values]})
    assert card.vendor == "other"
