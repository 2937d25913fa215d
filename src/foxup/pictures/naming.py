"""Which reference a picture's own parameters name: the one it was meant to be, or one it only borrowed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foxup.i18n import _, pick
from foxup.pictures.differences import differences
from foxup.pictures.infotext import Infotext, from_reference

if TYPE_CHECKING:
    from foxup.profile import Profile, ReferenceModel

_SETTINGS = ({"Sampler", "Schedule type"}, {"Steps"}, {"CFG scale"}, {"Size-1", "Size-2"}, {"Model hash", "Model"})
_MODEL = _SETTINGS[-1]
_MOST = 4
_MOST_WITH_PROMPT = 3  # where the prompts share half of their tags


def named(profile: Profile, text: Infotext) -> ReferenceModel | None:
    """Return the reference this picture was meant to be, the nearest by differences.

    Its prompt is the picture's, and seed or model too; or its seed is, and most of sampler, steps, CFG scale, size and
    model. A seed or a prompt alone is taken from a guide every day.
    """
    near = []
    for reference in profile.references:
        expected = from_reference(reference)
        different = {item.key for item in differences(expected, text)}
        if _meant(expected, text, different):
            near.append((len(different), reference))
    return min(near, key=lambda pair: pair[0])[1] if near else None


def _meant(expected: Infotext, text: Infotext, different: set[str]) -> bool:
    same = [not keys & different and _stated(text, keys) for keys in _SETTINGS]
    if "Seed" in different:
        return _same_prompt(expected, text) and (same[-1] or (not _stated(text, _MODEL) and sum(same) >= _MOST))
    return _same_prompt(expected, text) or sum(same) >= (_MOST_WITH_PROMPT if _alike(expected, text) else _MOST)


def _stated(text: Infotext, keys: set[str]) -> bool:
    return any(key in text.fields for key in keys)


def borrowed(profile: Profile, text: Infotext) -> list[str]:
    """Say that a picture's prompt or seed is a reference's while the rest is its own; nothing when neither is."""
    for reference in profile.references:
        expected, title = from_reference(reference), pick(reference.title.model_dump())
        if _same_prompt(expected, text):
            return [_("Its prompt is that of the reference “{name}”, the rest is its own.").format(name=title)]
        if expected.fields["Seed"] == text.get("Seed"):
            return [_("Its seed is that of the reference “{name}”, the rest is its own.").format(name=title)]
    return []


def _tags(text: Infotext) -> list[str]:
    return [tag for raw in text.prompt.lower().split(",") if (tag := " ".join(raw.split()))]


def _same_prompt(expected: Infotext, text: Infotext) -> bool:
    return bool(_tags(expected)) and _tags(expected) == _tags(text)


def _alike(expected: Infotext, text: Infotext) -> bool:
    one, other = set(_tags(expected)), set(_tags(text))
    return 2 * len(one & other) >= max(len(one), len(other), 1)
