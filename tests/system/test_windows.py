# ruff: noqa: N802 - the stand-ins have the names and signatures of the real ones
from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fake_winreg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foxup.facts import OsFacts
from foxup.system import gpus, host, interpreters, windows, windows_python

CLASS = rf"SYSTEM\CurrentControlSet\Control\Class\{windows.DISPLAY_CLASS}"
REGISTRY = {
    rf"{CLASS}\0000": {
        "DriverDesc": "NVIDIA GeForce RTX 3060",
        "ProviderName": "NVIDIA",
        "DriverVersion": "32.0.15.6094",
        "MatchingDeviceId": r"PCI\VEN_10DE&DEV_2503",
        "HardwareInformation.qwMemorySize": (12288 << 20).to_bytes(8, "little"),
    },
    rf"{CLASS}\Configuration": {},
    rf"{CLASS}\Properties": {},
    r"SOFTWARE\Microsoft\Windows NT\CurrentVersion": {"ProductName": "Windows 10 Pro", "CurrentBuildNumber": "22631"},
    r"SYSTEM\CurrentControlSet\Control\FileSystem": {"LongPathsEnabled": 1},
    r"HARDWARE\DESCRIPTION\System\CentralProcessor\0": {
        "ProcessorNameString": "AMD Ryzen 5 5600X 6-Core Processor             "
    },
}


def test_the_registry_is_read_without_the_device_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "winreg", fake_winreg.module(REGISTRY))
    monkeypatch.setattr(windows, "_present", lambda: None)
    raw = windows.read_displays()
    [card] = windows.parse_displays(raw)
    assert (card.name, card.pci, card.vram_mib, card.driver) == (
        "NVIDIA GeForce RTX 3060",
        "10de:2503",
        12288,
        "560.94",
    )
    assert windows.driver_files(raw["registry"], []) == "560.94"
    json.dumps(raw)  # a raw answer can be recorded


def test_windows_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "winreg", fake_winreg.module(REGISTRY))
    found = windows.parse_system(windows.read_system(), (10, 0, 22631))
    assert found == {
        "name": "Windows 11 Pro",
        "version": "10.0.22631",
        "cpu": "AMD Ryzen 5 5600X 6-Core Processor",
        "long_paths": True,
    }


@pytest.mark.parametrize(
    ("product", "build", "name"),
    [
        ("Windows 10 Pro", 19045, "Windows 10 Pro"),
        ("Windows 10 Home", 26100, "Windows 11 Home"),
        ("Windows Server 2022 Datacenter", 20348, "Windows Server 2022 Datacenter"),
        ("Windows Server 2025 Standard", 26100, "Windows Server 2025 Standard"),
        (None, 22000, "Windows 11"),
    ],
)
def test_windows_11_calls_itself_10(product: str | None, build: int, name: str) -> None:
    values = {"ProductName": product} if product else {}
    assert windows.parse_system(values, (10, 0, build))["name"] == name


def test_an_empty_registry_gives_nothing_and_fails_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "winreg", fake_winreg.module({}))
    monkeypatch.setattr(windows, "_present", lambda: None)
    assert windows.read_displays()["registry"] == {}
    assert windows.parse_system(windows.read_system(), (10, 0, 19045))["long_paths"] is None
    assert windows_python.read() == []


@given(st.integers(20, 40), st.integers(0, 9), st.integers(11, 19), st.integers(100, 999), st.integers(0, 99))
def test_the_last_five_digits_are_nvidias_version(first: int, second: int, third: int, major: int, minor: int) -> None:
    five = f"{third % 10}{major:03d}{minor:02d}"[1:]
    text = f"{first}.{second}.{third // 10 * 10 + int(five[0])}.{five[1:]}"
    assert windows.nvidia_version(text) == f"{major}.{minor:02d}"


@given(st.text() | st.none())
def test_what_is_no_driver_version_is_none(text: str | None) -> None:
    found = windows.nvidia_version(text)
    assert found is None or found.replace(".", "").isdecimal()


def test_powershells_answer_may_lack_everything() -> None:
    assert windows.parse_video({}) == []
    assert windows.parse_video({"video": [{"Name": None, "PNPDeviceID": None}]}) == []
    assert (
        windows.parse_disk_kinds(
            {"disks": [{"DeviceId": "0", "MediaType": 0}], "partitions": [{"letter": "c", "disk": 0}]}
        )
        == {}
    )


def test_a_setup_file_in_russian_letters_still_tells_its_version() -> None:
    text = "; Драйвер\n[Version]\nDriverVer=10/22/2024, 32.0.15.6614\n"
    assert windows.driver_files({}, [text]) == "566.14"


def test_installers_entries_are_found_in_every_view(monkeypatch: pytest.MonkeyPatch) -> None:
    core = r"SOFTWARE\Python\PythonCore"
    machine = {rf"{core}\3.10\InstallPath": {"": "C:\\Python310\\", "ExecutablePath": r"C:\Python310\python.exe"}}
    user = {
        rf"{core}\3.12\InstallPath": {"": r"C:\Users\Вася\AppData\Local\Programs\Python\Python312"},
        r"SOFTWARE\Python\Astral\CPython3.11.9\InstallPath": {"ExecutablePath": r"C:\uv\cpython-3.11.9\python.exe"},
    }
    old = {rf"{core}\3.9-32\InstallPath": {"": "C:\\Python39-32\\"}}
    monkeypatch.setitem(sys.modules, "winreg", fake_winreg.module(machine, user, old))
    found = interpreters.parse_registry(windows_python.read())
    assert [str(path) for path in found] == [
        r"C:\Users\Вася\AppData\Local\Programs\Python\Python312\python.exe",
        r"C:\uv\cpython-3.11.9\python.exe",
        r"C:\Python310\python.exe",
        r"C:\Python39-32\python.exe",
    ]


def test_powershell_is_asked_once_and_its_json_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "powershell"
    program.write_text(
        '#!/bin/sh\necho \'{"video":[],"disks":[{"DeviceId":"0","MediaType":4}],"partitions":[{"letter":"C","disk":0}]}\'\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert windows.parse_disk_kinds(windows.read_powershell()) == {"C": "ssd"}
    program.write_text("#!/bin/sh\necho 'blocked by policy'\n")
    with pytest.raises(ValueError, match="Expecting value"):
        windows.read_powershell()


class FakeManager:
    """Plays cfgmgr32: two devices are there, the second is switched off; `refuses` names a call that fails."""

    ids = (r"PCI\VEN_10DE&DEV_2503&SUBSYS_1&REV_A1\4&1&0&0008", r"PCI\VEN_1002&DEV_164E&SUBSYS_1&REV_C1\4&1&0&0041")

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses

    def CM_Get_Device_ID_List_SizeW(self, size: Any, group: str, flags: int) -> int:
        size._obj.value = sum(len(each) + 1 for each in self.ids) + 1
        return int(self.refuses == "size" or (group, flags) != (windows.DISPLAY_CLASS, 0x300))

    def CM_Get_Device_ID_ListW(self, group: str, text: Any, size: Any, flags: int) -> int:
        text[: size.value] = "\0".join(self.ids) + "\0\0"
        return int(self.refuses == "list")

    def CM_Locate_DevNodeW(self, node: Any, instance: str, flags: int) -> int:
        node._obj.value = self.ids.index(instance)
        return int(self.refuses == "node")

    def CM_Get_DevNode_Status(self, status: Any, problem: Any, node: Any, flags: int) -> int:
        problem._obj.value = 22 * node.value
        return 0


@pytest.mark.parametrize(
    ("refuses", "expected"), [("", [0, 22]), ("node", [None, None]), ("size", None), ("list", None)]
)
def test_the_device_manager_tells_who_is_there(
    monkeypatch: pytest.MonkeyPatch, refuses: str, expected: list[int] | None
) -> None:
    enum = r"SYSTEM\CurrentControlSet\Enum"
    tree = {
        rf"{enum}\{FakeManager.ids[0]}": {
            "Driver": rf"{windows.DISPLAY_CLASS}\0000",
            "LocationInformation": "PCI bus 1, device 0, function 0",
        }
    }
    monkeypatch.setitem(sys.modules, "winreg", fake_winreg.module({**REGISTRY, **tree}))
    monkeypatch.setattr(ctypes, "WinDLL", lambda name: FakeManager(refuses), raising=False)
    raw = windows.read_displays()
    assert (raw["present"] and [each["problem"] for each in raw["present"]]) == expected
    cards = windows.parse_displays(raw)
    assert [card.pci for card in cards] == (["10de:2503", "1002:164e"] if expected else ["10de:2503"])
    if refuses == "":
        assert [(card.bus, card.vram_mib, card.status) for card in cards] == [
            ("0000:01:00.0", 12288, None),
            (None, None, "disabled"),
        ]


def test_the_whole_bus_of_a_windows_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The way a probe goes there: registry, device manager, driver store."""
    store = tmp_path / "System32/DriverStore/FileRepository/nv_dispi.inf_amd64_1f"
    store.mkdir(parents=True)
    (store / "nv_dispi.inf").write_bytes(
        b"\xff\xfe" + "[Version]\r\nDriverVer = 12/02/2024, 32.0.15.6636\r\n".encode("utf-16-le")
    )
    monkeypatch.setenv("SystemRoot", str(tmp_path))
    monkeypatch.setitem(sys.modules, "winreg", fake_winreg.module(REGISTRY))
    monkeypatch.setattr(windows, "_present", lambda: None)
    found = gpus.bus(lambda name, error: pytest.fail(f"{name}: {error}"), "win32")
    assert [card.name for card in found.cards] == ["NVIDIA GeForce RTX 3060"]
    assert found.driver_files == "566.36"


def test_a_windows_machine_names_itself_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "winreg", fake_winreg.module(REGISTRY))
    monkeypatch.setattr(
        sys, "getwindowsversion", lambda: SimpleNamespace(platform_version=(10, 0, 22631)), raising=False
    )
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(windows, "read_locale", lambda: "ru-RU")
    monkeypatch.setenv("PROCESSOR_ARCHITEW6432", "AMD64")
    found = host.read()
    assert found.os == OsFacts("windows", "Windows 11 Pro", "10.0.22631", "AMD64", "ru-RU")
    assert (found.cpu, found.long_paths) == ("AMD Ryzen 5 5600X 6-Core Processor", True)
