"""Scripts of img2img: their values by name, in the order the web UI wants them, and what they print. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.pictures.data import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from foxup.profile import ReferenceModel

Entry = dict[str, Any]


def arguments(title: str, given: Mapping[str, Any], known: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Return every value of the script in order, choices by their place where it wants that.

    `known` is the answer of /sdapi/v1/script-info for img2img. Fewer values, or others, would shift the values of
    other scripts into their place without an error. Raises FoxupError: `script-unknown` (neither named in the data nor
    in the web UI), `script-changed` (other labels than expected), `script-choice-unknown`.
    """
    entries = _entries(title)
    listed = next((list(item["args"]) for item in known if item["is_img2img"] and item["name"] == title.lower()), None)
    if listed is None:
        raise FoxupError("script-unknown", _("The web UI has no script “{name}”.").format(name=title))
    labels = [str(item.get("label") or "") for item in listed]
    wanted = [entry["label"] for entry in entries]
    strange = set(given) - {entry["name"] for entry in entries}
    if labels != wanted or strange:
        raise FoxupError(
            "script-changed",
            _("The script “{name}” does not take the values foxup knows.").format(name=title),
            cause=", ".join(sorted(strange)) or " | ".join(labels),
            hint=_("Use the version of the script that the profile names."),
        )
    return [
        _value(entry, given.get(entry["name"], entry["default"]), item)
        for entry, item in zip(entries, listed, strict=True)
    ]


def _value(entry: Entry, value: Any, listed: Mapping[str, Any]) -> Any:
    choices = [str(choice) for choice in listed.get("choices") or ()]
    if entry["name"] != "upscaler" and not entry.get("by_place"):
        return value
    chosen = same_name(str(value), choices)
    if chosen is None:
        raise FoxupError(
            "script-choice-unknown",
            _("The web UI does not know {value} ({label}).").format(value=value, label=entry["label"]),
            cause=", ".join(choices),
        )
    return choices.index(chosen) if entry.get("by_place") else chosen


def same_name(wanted: str, names: Sequence[str]) -> str | None:
    """Return the name that is meant: itself, or the one that differs in case, blanks and underscores alone.

    The web UI calls its own SwinIR “SwinIR 4x” before the first use and “SwinIR_4x” after, by the file it fetched.
    """
    return wanted if wanted in names else next((name for name in names if plain_name(name) == plain_name(wanted)), None)


def plain_name(name: str) -> str:
    """Return an upscaler's name as it is compared."""
    return name.strip().casefold().replace("_", " ")


def printed(reference: ReferenceModel) -> dict[str, Any]:
    """Return the keys that the reference's script adds to the infotext."""
    if not reference.script:
        return {}
    values = {entry["name"]: entry["default"] for entry in _entries(reference.script)} | reference.script_args
    return {entry["infotext"]: values[entry["name"]] for entry in _entries(reference.script) if "infotext" in entry}


def beside(keys: Iterable[str]) -> set[str]:
    """Return the infotext keys that say nothing of the request, for the scripts whose own keys are among `keys`."""
    present = set(keys)
    return {
        key
        for script in table("scripts").values()
        if any(entry.get("infotext") in present for entry in script["values"])
        for key in script["beside"]
    }


def factor(reference: ReferenceModel) -> float:
    """Return how much larger the reference's picture is than the size in its parameters."""
    if reference.hires:
        return reference.hires.scale
    script = table("scripts").get(reference.script or "", {})
    return float(reference.script_args.get(script["factor"], 1.0)) if "factor" in script else 1.0


def _entries(title: str) -> list[Entry]:
    script = table("scripts").get(title)
    if script is None:
        raise FoxupError("script-unknown", _("foxup does not know the script “{name}”.").format(name=title))
    entries: list[Entry] = script["values"]
    return entries
