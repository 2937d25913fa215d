from __future__ import annotations

import json
import plistlib
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foxup.system import gpus, host, macos, place
from foxup.system.commands import Completed
from foxup.system.place import Mount


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


class FakeTools:
    """Plays the programs of macOS by their names."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers

    def run(self, argv: list[object], **_limits: object) -> Completed:
        return Completed(tuple(map(str, argv)), 0, self.answers[Path(str(argv[0])).name], "")


def test_the_whole_of_a_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = plistlib.dumps({"SolidState": True, "FilesystemType": "apfs"}).decode()
    cards = json.dumps({"SPDisplaysDataType": [{"sppci_model": "Apple M2", "spdisplays_vendor": "sppci_vendor_Apple"}]})
    monkeypatch.setattr(macos, "run", FakeTools(sysctl="Apple M2\n", system_profiler=cards, diskutil=disk).run)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("platform.mac_ver", lambda: ("14.5", ("", "", ""), "x86_64"))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(place, "_partitions", lambda: [Mount("/", "apfs", "rw"), Mount("/Volumes/nas", "smbfs", "rw")])

    found = host.read()
    assert (found.os.family, found.os.version, found.os.arch) == ("macos", "14.5", "arm64")  # Rosetta says x86_64
    [card] = gpus.bus(lambda name, error: pytest.fail(f"{name}: {error}"), "darwin").cards
    assert (card.vendor, card.name, card.pci, card.vram_mib) == ("apple", "Apple M2", None, None)
    assert place._kind(Path("/tmp")) == ("ssd", "apfs")
    assert place._kind(Path("/Volumes/nas/ai")) == ("network", "smbfs")


def test_an_answer_that_is_no_object_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(macos, "run", FakeTools(system_profiler="[]").run)
    with pytest.raises(TypeError):
        macos.read_displays()
