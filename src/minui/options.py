"""Settings: config.json with the habits that A1111 v1.10.1 has (modules/options.py).

The file replaces the memory completely, missing keys are answered from defaults and not added, unknown keys are kept,
values are not cast, a byte order mark makes the file unreadable, saving is one plain write of everything.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minui import errors
from minui.flags import DATA
from minui.paths import Paths

CORRUPT = """
Could not load settings
The config file "{file}" is likely corrupted
It has been moved to the "tmp/config.json"
Reverting config to default

"""


@dataclass(frozen=True)
class Setting:
    """One known key: its default, the infotext label that restores it, and who may change it."""

    default: Any = None
    infotext: str | None = None
    locked: bool = False
    note: bool = False


def _relative(path: Path) -> str:
    """Path as the settings show it: relative when below the working directory."""
    absolute, base = os.path.abspath(path), os.path.abspath(os.getcwd())
    inside = absolute == base or absolute.startswith(base + os.sep)
    return os.path.relpath(absolute, base) if inside else absolute


def known_settings(paths: Paths) -> dict[str, Setting]:
    """The settings of data/options.toml."""
    table = tomllib.loads((DATA / "options.toml").read_text(encoding="utf-8"))
    found = {}
    for key, entry in table.items():
        default = _relative(paths.data / entry["path"]) if "path" in entry else entry.get("default")
        found[key] = Setting(default, entry.get("infotext"), entry.get("locked", False), entry.get("note", False))
    return found


def read_or_set_aside(file: str, paths: Paths) -> Any:
    """Parsed JSON of ``file``; ``{}`` when there is none.

    An unreadable file is reported and moved to tmp/config.json below the code folder. Raises FileNotFoundError when
    that folder is missing (after the message, as upstream does).
    """
    try:
        return json.loads(Path(file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        errors.report(CORRUPT.format(file=file), error)
        os.replace(file, paths.temporary / "config.json")
        return {}


def _same_type(left: Any, right: Any) -> bool:
    """Whether two values have one type; integers and floats count as one, null fits anything."""
    if left is None or right is None:
        return True
    kinds = [float if type(value) is int else type(value) for value in (left, right)]
    return kinds[0] is kinds[1]


class Options:
    """The settings in memory, read as attributes and written through ``set``."""

    def __init__(self, known: dict[str, Setting], *, frozen: bool = False, frozen_keys: str | None = None) -> None:
        self.known = known
        self.data: dict[str, Any] = {key: item.default for key, item in known.items() if not item.note}
        self.on_change: dict[str, Callable[[], None]] = {}
        self._frozen = frozen
        self._frozen_keys = {key.strip() for key in (frozen_keys or "").split(",") if key.strip()}

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_") or key in {"data", "known"}:
            raise AttributeError(key)
        return self.get(key)

    def get(self, key: str) -> Any:
        """Value of a key, else its default. Raises AttributeError for a key nobody knows."""
        if key in self.data:
            return self.data[key]
        if key in self.known:
            return self.known[key].default
        raise AttributeError(f"no setting named {key}")

    def load(self, file: str, paths: Paths) -> None:
        """Replace everything by the file's content, carry old keys over, and warn of wrong types.

        Raises AttributeError when the file is valid JSON but no object.
        """
        self.data = read_or_set_aside(file, paths)
        self._carry_over_old_keys()
        wrong = [(key, value) for key, value in self.data.items() if not self._type_fits(key, value)]
        for key, value in wrong:
            expected = type(self.known[key].default).__name__
            found = type(value).__name__
            print(f"Warning: bad setting value: {key}: {value} ({found}; expected {expected})", file=sys.stderr)
        if wrong:
            print(
                f"The program is likely to not work with bad settings.\nSettings file: {file}\n"
                "Either fix the file, or delete it and restart.",
                file=sys.stderr,
            )

    def _type_fits(self, key: str, value: Any) -> bool:
        return key not in self.known or _same_type(self.known[key].default, value)

    def _carry_over_old_keys(self) -> None:
        data = self.data
        if data.get("sd_vae_as_default") is not None and data.get("sd_vae_overrides_per_model_preferences") is None:
            data["sd_vae_overrides_per_model_preferences"] = not data["sd_vae_as_default"]
        if data.get("quicksettings") is not None and data.get("quicksettings_list") is None:
            data["quicksettings_list"] = [part.strip() for part in data["quicksettings"].split(",")]

    def save(self, file: str) -> None:
        """Write everything at once, not atomically (upstream's habit). Raises AssertionError when frozen."""
        assert not self._frozen, "saving settings is disabled"
        with open(file, "w", encoding="utf-8") as stream:
            json.dump(self.data, stream, indent=4, ensure_ascii=False)

    def put(self, key: str, value: Any) -> None:
        """Store a value without callbacks. Raises AssertionError when frozen."""
        assert not self._frozen, "changing settings is disabled"
        assert key not in self._frozen_keys, (
            f"not possible to set '{key}' because this setting is frozen with --freeze-specific-settings"
        )
        self.data[key] = value

    def set(self, key: str, value: Any, *, from_api: bool = False, run_callbacks: bool = True) -> bool:
        """Change a value and run what hangs on it; True when it changed.

        Raises KeyError for an unknown key. A failing callback is shown and the old value comes back.
        """
        old = self.data.get(key)
        if old == value:
            return False
        item = self.known[key]
        if item.note or (from_api and item.locked):
            return False
        self.put(key, value)
        callback = self.on_change.get(key)
        if not run_callbacks or callback is None:
            return True
        try:
            callback()
        except Exception as error:  # noqa: BLE001 - whatever fails, the old setting must come back
            errors.display(error, f"changing setting {key} to {value}")
            self.put(key, old)
            return False
        return True

    def cast(self, key: str, value: Any) -> Any:
        """Turn infotext's text into the type of the setting's default."""
        default = self.known[key].default
        default = self.get(key) if default is None else default
        if value is None or default is None:
            return None
        if isinstance(default, bool) and value == "False":
            return False
        return type(default)(value)
