"""What Windows tells about itself: the registry, the device manager and one question to PowerShell.

The readers return plain values, so that the parsers are tested anywhere from recorded answers.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from foxup.facts import GpuFacts
from foxup.system.commands import find_program, run
from foxup.system.pci import vendor

POWERSHELL_TIMEOUT_S = 7.0
DISPLAY_CLASS = "{4d36e968-e325-11ce-bfc1-08002be10318}"
_CLASS_KEY = rf"SYSTEM\CurrentControlSet\Control\Class\{DISPLAY_CLASS}"
_ENUM_KEY = r"SYSTEM\CurrentControlSet\Enum"
_FILE_SYSTEM_KEY = r"SYSTEM\CurrentControlSet\Control\FileSystem"
_VERSION_KEY = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_PROCESSOR_KEY = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
_MIB = 1024 * 1024
_PRESENT_OF_CLASS = 0x300  # CM_GETIDLIST_FILTER_PRESENT | CM_GETIDLIST_FILTER_CLASS (cfgmgr32.h)
_DISABLED = 22  # CM_PROB_DISABLED (cfg.h)
_PAIR = re.compile(r"(?i)VEN_([0-9a-f]{4})&DEV_([0-9a-f]{4})")
_LOCATION = re.compile(r"\((\d+),(\d+),(\d+)\)\s*$|PCI bus (\d+), device (\d+), function (\d+)")
_DRIVER_VER = re.compile(r"(?im)^\s*DriverVer\s*=\s*[^,]*,\s*(\d+(?:\.\d+){3})")

# MediaType: 3 HDD, 4 SSD (MSFT_PhysicalDisk). A partition tells which physical disk a drive letter lies on.
_QUESTION = r"""
$ErrorActionPreference = 'SilentlyContinue'
[Console]::OutputEncoding = [Text.Encoding]::UTF8
$space = 'root/Microsoft/Windows/Storage'
@{
  video = @(Get-CimInstance Win32_VideoController |
    Select-Object Name, PNPDeviceID, ConfigManagerErrorCode, DriverVersion)
  disks = @(Get-CimInstance -Namespace $space MSFT_PhysicalDisk |
    Select-Object DeviceId, MediaType, BusType, FriendlyName)
  partitions = @(Get-CimInstance -Namespace $space MSFT_Partition | Where-Object DriveLetter |
    ForEach-Object { @{ letter = [string]$_.DriveLetter; disk = $_.DiskNumber } })
} | ConvertTo-Json -Depth 4 -Compress
"""


def read_powershell() -> dict[str, Any]:
    """Ask Windows' management interface for `video`, `disks` and `partitions`.

    Raises FoxupError (`program-missing`, `command-timeout`) and ValueError when the answer is not JSON.
    """
    home = Path(os.environ.get("SystemRoot", r"C:\Windows")) / "System32" / "WindowsPowerShell" / "v1.0"  # noqa: SIM112
    program = find_program("powershell", [home]) or "powershell"
    done = run([program, "-NoProfile", "-NonInteractive", "-Command", _QUESTION], timeout=POWERSHELL_TIMEOUT_S)
    answer = json.loads(done.stdout)
    if not isinstance(answer, dict):
        raise TypeError(done.stdout[:200])
    return answer


def read_displays() -> dict[str, Any]:
    """Read the display class of the registry and the devices that are present now.

    `registry` is key -> values; `present` a list of `{"id", "values", "problem"}`, or None when the device manager
    did not answer. Entries of removed cards stay in the registry for ever, hence the second list.
    """
    names = ("DriverDesc", "ProviderName", "DriverVersion", "MatchingDeviceId", "HardwareInformation.qwMemorySize")
    keys = [rf"{_CLASS_KEY}\{name}" for name in _subkeys(_CLASS_KEY) if name.isdecimal()]
    registry = {rf"{DISPLAY_CLASS}\{key[-4:]}": _values(key, names) for key in keys}
    return {"registry": registry, "present": _present()}


def read_system() -> dict[str, Any]:
    """Read the registry's values of version, processor and the switch for long paths."""
    values = _values(_VERSION_KEY, ("ProductName", "CurrentBuildNumber", "UBR", "DisplayVersion", "EditionID"))
    values |= _values(_FILE_SYSTEM_KEY, ("LongPathsEnabled",))
    return values | _values(_PROCESSOR_KEY, ("ProcessorNameString",))


def read_driver_setup_files() -> list[str]:
    """Return the beginnings of NVIDIA's display setup files in the driver store."""
    root = Path(os.environ.get("SystemRoot", r"C:\Windows"))  # noqa: SIM112
    store = root / "System32" / "DriverStore" / "FileRepository"
    texts = []
    for path in sorted(store.glob("nv_disp*.inf_*/nv_disp*.inf"))[:8]:
        with suppress(OSError), path.open("rb") as file:
            start = file.read(16384)
            texts.append(start.decode("utf-16" if start[:2] == b"\xff\xfe" else "cp1252", errors="replace"))
    return texts


def _subkeys(path: str) -> Iterator[str]:
    import winreg

    api: Any = winreg
    with suppress(OSError), api.OpenKey(api.HKEY_LOCAL_MACHINE, path) as key:
        for index in range(api.QueryInfoKey(key)[0]):
            yield api.EnumKey(key, index)


def _values(path: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Return those of the named values that exist; bytes as a little-endian number, as drivers store memory sizes."""
    import winreg

    api: Any = winreg
    found: dict[str, Any] = {}
    with suppress(OSError), api.OpenKey(api.HKEY_LOCAL_MACHINE, path) as key:
        for name in names:
            with suppress(OSError):
                value = api.QueryValueEx(key, name)[0]
                found[name] = int.from_bytes(value, "little") if isinstance(value, bytes) else value
    return found


def _present() -> list[dict[str, Any]] | None:
    import ctypes

    try:
        manager = getattr(ctypes, "WinDLL")("cfgmgr32")  # noqa: B009 - absent from the stubs off Windows
    except OSError:
        return None
    size = ctypes.c_ulong()
    if manager.CM_Get_Device_ID_List_SizeW(ctypes.byref(size), DISPLAY_CLASS, _PRESENT_OF_CLASS):
        return None
    text = ctypes.create_unicode_buffer(size.value)
    if manager.CM_Get_Device_ID_ListW(DISPLAY_CLASS, text, size, _PRESENT_OF_CLASS):
        return None
    names = ("Driver", "LocationInformation", "DeviceDesc")
    ids = [name for name in "".join(text[: size.value]).split("\0") if name]
    return [{"id": i, "values": _values(rf"{_ENUM_KEY}\{i}", names), "problem": _trouble(manager, i)} for i in ids]


def _trouble(manager: Any, instance: str) -> int | None:
    """Return the device manager's problem number (22: disabled, 43: stopped), 0 when it works, None when unknown."""
    import ctypes

    node, status, problem = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_ulong()
    if manager.CM_Locate_DevNodeW(ctypes.byref(node), instance, 0):
        return None
    failed = manager.CM_Get_DevNode_Status(ctypes.byref(status), ctypes.byref(problem), node, 0)
    return None if failed else problem.value


def parse_displays(raw: Mapping[str, Any]) -> list[GpuFacts]:
    """Turn `read_displays`' values into cards, only those plugged in; without the list of these, every entry counts."""
    registry: Mapping[str, Any] = raw["registry"]
    present = raw.get("present")
    if present is None:
        return [_card(values, values.get("MatchingDeviceId", ""), {}, None) for values in registry.values()]
    devices = [device for device in present if str(device["id"]).upper().startswith("PCI\\")]
    keys = {key.lower(): values for key, values in registry.items()}
    return [
        _card(keys.get(str(each["values"].get("Driver", "")).lower(), {}), each["id"], each["values"], each["problem"])
        for each in devices
    ]


def _card(values: Mapping[str, Any], identity: str, device: Mapping[str, Any], problem: int | None) -> GpuFacts:
    pair = _PAIR.search(identity)
    memory = values.get("HardwareInformation.qwMemorySize")
    described = str(device.get("DeviceDesc", "")).rpartition(";")[2]
    version = values.get("DriverVersion")
    maker = vendor(pair[1]) if pair else "other"
    return GpuFacts(
        vendor=maker,
        name=values.get("DriverDesc") or described,
        pci=f"{pair[1]}:{pair[2]}".lower() if pair else None,
        bus=_bus(str(device.get("LocationInformation", ""))),
        vram_mib=memory // _MIB if isinstance(memory, int) and memory else None,
        driver=nvidia_version(version) if maker == "nvidia" and _by_nvidia(values) else version,
        status=_status(problem),
        source="registry",
    )


def _bus(location: str) -> str | None:
    found = _LOCATION.search(location)
    if not found:
        return None
    bus, device, function = (int(part) for part in found.groups() if part is not None)
    return f"0000:{bus:02x}:{device:02x}.{function:x}"


def _status(problem: int | None) -> str | None:
    if not problem:
        return None
    return "disabled" if problem == _DISABLED else f"device-problem-{problem}"


def parse_video(answer: Mapping[str, Any]) -> list[GpuFacts]:
    """Turn PowerShell's `video` into cards: the source of last resort, without memory sizes (32 bits there)."""
    cards = []
    for each in answer.get("video") or []:
        identity = str(each.get("PNPDeviceID") or "")
        if identity.upper().startswith("PCI\\"):
            values = {"DriverDesc": each.get("Name"), "DriverVersion": each.get("DriverVersion")}
            cards.append(_card(values, identity, {}, each.get("ConfigManagerErrorCode")))
    return cards


def parse_disk_kinds(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return drive letter -> `ssd` or `hdd` for the drives whose physical disk says so."""
    kinds = {3: "hdd", 4: "ssd"}
    by_number = {str(disk.get("DeviceId")): kinds.get(disk.get("MediaType")) for disk in answer.get("disks") or []}
    found = {}
    for part in answer.get("partitions") or []:
        kind = by_number.get(str(part.get("disk")))
        if kind:
            found[str(part.get("letter")).upper()] = kind
    return found


def driver_files(registry: Mapping[str, Any], setup_files: list[str]) -> str | None:
    """Return the newest NVIDIA driver version that lies on the disk, as people know it (`560.94`)."""
    versions = [str(values.get("DriverVersion")) for values in registry.values() if _by_nvidia(values)]
    versions += [found[1] for text in setup_files if (found := _DRIVER_VER.search(text))]
    known = [version for each in versions if (version := nvidia_version(each))]
    return max(known, key=lambda text: [int(part) for part in text.split(".")], default=None)


def _by_nvidia(values: Mapping[str, Any]) -> bool:
    return "nvidia" in f"{values.get('ProviderName', '')} {values.get('DriverDesc', '')}".lower()


def nvidia_version(text: str | None) -> str | None:
    """Return `560.94` for Windows' `32.0.15.6094`: the last five digits."""
    digits = re.sub(r"\D", "", text or "")
    return f"{digits[-5:-2]}.{digits[-2:]}" if re.fullmatch(r"\d+(\.\d+){3}", text or "") and len(digits) >= 5 else None


def parse_system(values: Mapping[str, Any], edition_of: tuple[int, int, int]) -> dict[str, Any]:
    """Return `name`, `version`, `cpu` and `long_paths` out of `read_system`'s values and (major, minor, build).

    The registry of Windows 11 still says "Windows 10"; builds from 22000 on are Windows 11 (Microsoft's release list).
    """
    major, minor, build = edition_of
    name = str(values.get("ProductName") or f"Windows {major}")
    if build >= 22000 and "Server" not in name:
        name = name.replace("Windows 10", "Windows 11")
    switch = values.get("LongPathsEnabled")
    return {
        "name": name,
        "version": f"{major}.{minor}.{build}",
        "cpu": str(values.get("ProcessorNameString", "")).strip() or None,
        "long_paths": None if switch is None else bool(switch),
    }


def read_locale() -> str:
    """Return the user's locale as Windows names it (`ru-RU`), empty when it does not say."""
    import ctypes

    text = ctypes.create_unicode_buffer(85)  # LOCALE_NAME_MAX_LENGTH
    getattr(ctypes, "windll").kernel32.GetUserDefaultLocaleName(text, len(text))  # noqa: B009 - not in stubs
    return text.value


def is_administrator() -> bool:
    """Tell whether this process runs with administrator rights."""
    import ctypes

    return bool(getattr(ctypes, "windll").shell32.IsUserAnAdmin())  # noqa: B009 - absent from the stubs off Windows
