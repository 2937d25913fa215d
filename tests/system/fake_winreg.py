"""A stand-in for the module winreg over a plain tree, so that the registry readers run on any system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

Tree = dict[str, dict[str, Any]]


def module(machine: Tree, user: Tree | None = None, machine32: Tree | None = None) -> ModuleType:
    """Return the module; a tree maps a key's path to its values, subkeys follow from the paths."""
    fake = ModuleType("winreg")
    hives = {
        ("machine", 0): machine,
        ("machine", 256): machine,
        ("machine", 512): machine32 or {},
        ("user", 0): user or {},
    }

    @contextmanager
    def open_key(hive: str, path: str, reserved: int = 0, access: int = 0) -> Iterator[tuple[Tree, str]]:
        tree = hives[hive, access & 768]
        if not any(key == path or key.startswith(path + "\\") for key in tree):
            raise FileNotFoundError(2, path)
        yield tree, path

    def subkeys(key: tuple[Tree, str]) -> list[str]:
        tree, path = key
        return list(
            dict.fromkeys(each[len(path) + 1 :].split("\\")[0] for each in tree if each.startswith(path + "\\"))
        )

    def query_value(key: tuple[Tree, str], name: str) -> tuple[Any, int]:
        tree, path = key
        if name not in tree.get(path, {}):
            raise FileNotFoundError(2, name)
        return tree[path][name], 1

    attributes = {
        "HKEY_LOCAL_MACHINE": "machine",
        "HKEY_CURRENT_USER": "user",
        "KEY_READ": 1,
        "KEY_WOW64_64KEY": 256,
        "KEY_WOW64_32KEY": 512,
        "OpenKey": open_key,
        "EnumKey": lambda key, index: subkeys(key)[index],
        "QueryInfoKey": lambda key: (len(subkeys(key)), 0, 0),
        "QueryValueEx": query_value,
    }
    for name, value in attributes.items():
        setattr(fake, name, value)
    return fake
