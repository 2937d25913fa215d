"""The web UI's settings, `config.json`: merged, never rewritten; its quirks named.

Sources of the rules: the web UI reads the file as plain UTF-8 JSON, a byte order mark or a syntax error makes it throw
all settings away, and it does not convert types (facts tested on v1.10.1, docs/explanation/settings.md).
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from typing import Any

from foxup.context import Context
from foxup.finding import Finding, Severity
from foxup.i18n import _
from foxup.step import Step, WriteFile

Settings = dict[str, Any]
_LISTS = frozenset({"quicksettings_list"})
_CHECKPOINT = "sd_model_checkpoint"


def read(content: bytes | None) -> Settings | None:
    """Return the settings as the web UI would have them; None when it could not read the file."""
    if content is None:
        return {}
    try:
        value = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def salvage(content: bytes | None) -> Settings:
    """Return what can be saved of a file the web UI could not read: one behind a byte order mark, or in UTF-16."""
    if content is None:
        return {}
    encoding = "utf-16" if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    try:
        value = json.loads(content.decode(encoding))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def merged(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> Settings:
    """Return `current` with the wanted keys set; unknown keys and their order stay, lists keep the person's items."""
    result = dict(current)
    for key, value in wanted.items():
        plain = list(value) if isinstance(value, tuple) else value
        result[key] = _joined(result.get(key), plain) if key in _LISTS else plain
    return result


def differing(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the keys whose value or type is not the wanted one, as (present, wanted)."""
    target = merged(current, wanted)
    return {
        key: (current.get(key), target[key])
        for key in wanted
        if not _same(key, current.get(key), target[key]) or type(current.get(key)) is not type(target[key])
    }


def dump(settings: Mapping[str, Any]) -> bytes:
    """Write settings as the web UI does: UTF-8 without a mark, indented by four; half of a sign stays escaped."""
    try:
        return json.dumps(settings, ensure_ascii=False, indent=4).encode()
    except UnicodeEncodeError:
        return json.dumps(settings, indent=4).encode()


def without(current: Mapping[str, Any], before: Mapping[str, Any], wanted: Mapping[str, Any]) -> Settings:
    """Return `current` with the wanted values taken back to those of `before`; what was changed since stays."""
    target = merged(before, wanted)
    result = dict(current)
    for key in wanted:
        if key not in current or not _same(key, current[key], target[key]):
            continue
        if key in before:
            result[key] = before[key]
        else:
            del result[key]
    return result


def findings(context: Context) -> list[Finding]:
    """Name a settings file the web UI would throw away."""
    problem = file_problem(context.installed.config)
    return [problem] if problem else []


def file_problem(content: bytes | None) -> Finding | None:
    """Return what is wrong with the file itself, if anything."""
    if content is None or read(content) is not None:
        return None
    if content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Finding(
            "config-json-bom",
            Severity.ERROR,
            _("config.json begins with a byte order mark."),
            _("Some editors add it. The web UI cannot read such a file and starts with its default settings."),
            _("foxup saves it again without the mark, with your settings in it."),
            ("foxup repair",),
            "settings",
        )
    return Finding(
        "config-json-corrupt",
        Severity.ERROR,
        _("config.json is damaged."),
        _("The web UI moves such a file away and starts with its default settings."),
        _("foxup writes the profile's settings anew and keeps the damaged file beside its own records."),
        ("foxup repair",),
        "settings",
    )


def steps(context: Context) -> list[Step]:
    """Bring config.json to the profile's values."""
    content = context.installed.config
    current = read(content)
    known = salvage(content) if current is None else current
    changes = differing(known, context.profile.settings)
    state = context.installed.files.get(context.layout.config.name)
    needed = bool(changes) or current is None or content is None
    new = dump(merged(known, context.profile.settings))
    lost = current is None and not known
    action = WriteFile(context.layout.config, new, state.sha256 if state else None, keep_replaced=lost)
    return [
        Step(
            id="settings",
            title=_("Settings of the guide in {name}").format(name=context.layout.config.name),
            why=_("The reference picture needs exactly these; every other setting of yours stays."),
            actions=(action,) if needed else (),
            details=tuple(f"{key} = {json.dumps(want, ensure_ascii=False)}" for key, (_have, want) in changes.items()),
        )
    ]


def _joined(have: Any, wanted: Any) -> Any:
    if not isinstance(have, list):
        return wanted
    return [*have, *(item for item in wanted if item not in have)]


def _same(key: str, have: Any, wanted: Any) -> bool:
    """Compare two values. The web UI itself writes a checkpoint's short hash behind its name: `fox.ckpt [1a2b]`."""
    if key == _CHECKPOINT and isinstance(have, str) and have.endswith("]"):
        return bool(have.rpartition(" [")[0] == wanted)
    return bool(have == wanted)
