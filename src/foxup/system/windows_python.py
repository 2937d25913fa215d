"""Interpreters that installers have written into the Windows registry (PEP 514)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

_ROOT = r"SOFTWARE\Python"
_VALUES = ("", "ExecutablePath")


def read() -> list[dict[str, Any]]:
    """Return the values of the InstallPath key of every company and tag, the user's and the machine's."""
    import winreg

    api: Any = winreg
    machine = api.HKEY_LOCAL_MACHINE
    views = [(api.HKEY_CURRENT_USER, 0), (machine, api.KEY_WOW64_64KEY), (machine, api.KEY_WOW64_32KEY)]
    found = [
        _values(api, hive, rf"{_ROOT}\{company}\{tag}\InstallPath", view)
        for hive, view in views
        for company in _subkeys(api, hive, _ROOT, view)
        for tag in _subkeys(api, hive, rf"{_ROOT}\{company}", view)
    ]
    return [values for values in found if values]


def _subkeys(api: Any, hive: Any, path: str, view: int) -> Iterator[str]:
    with suppress(OSError), api.OpenKey(hive, path, 0, api.KEY_READ | view) as key:
        yield from [api.EnumKey(key, index) for index in range(api.QueryInfoKey(key)[0])]


def _values(api: Any, hive: Any, path: str, view: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with suppress(OSError), api.OpenKey(hive, path, 0, api.KEY_READ | view) as key:
        for name in _VALUES:
            with suppress(OSError):
                found[name] = api.QueryValueEx(key, name)[0]
    return found
