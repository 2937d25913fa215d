"""Which generation parameters differ, number by number, without false alarms."""

from __future__ import annotations

import re
from dataclasses import dataclass

from foxup.pictures.data import table
from foxup.pictures.infotext import Infotext, equal
from foxup.pictures.samplers import uses_ensd
from foxup.pictures.scripts import beside, plain_name

_WORD = re.compile(r"[^\W\d_]+")
_SIGNS = {"AND", "BREAK"}  # the web UI reads these in capitals alone
_BESIDE_COMMA = re.compile(r"(?<=[^\s,]) (?=,)|(?<=,) (?=[^\s,])")


@dataclass(frozen=True, slots=True)
class Difference:
    """One parameter that is not what it should be. None means: not stated."""

    key: str
    expected: str | None
    actual: str | None


def differences(expected: Infotext, actual: Infotext) -> list[Difference]:
    """Return what differs in `actual`, in the order the web UI prints it.

    A missing key means its default. Sampler names of before 1.9.0 equal their new pair. ENSD counts only where the
    sampler uses it and the text states it (webui 1.3.0 and later leave it out otherwise). The model is compared by
    hash where both state one. Versions and other keys that do not act on the picture are left out; `acts` tells those
    that are known to act from those nobody knows.
    """
    found = [
        *_prompts(expected, actual),
        *_sampler(expected, actual),
        *_stated(expected, actual),
        *_files(expected, actual),
    ]
    order = {key: position for position, key in enumerate((*expected.fields, *actual.fields))}
    return sorted(found, key=lambda item: order.get(item.key, -1))


def _prompts(expected: Infotext, actual: Infotext) -> list[Difference]:
    pairs = (
        ("Prompt", expected.prompt, actual.prompt),
        ("Negative prompt", expected.negative_prompt, actual.negative_prompt),
    )
    return [Difference(key, one, other) for key, one, other in pairs if _seen(one) != _seen(other)]


def _seen(prompt: str) -> str:
    """Return a prompt as the tokenizer sees it: no capitals, one blank for many, none around a comma."""
    plain = _WORD.sub(lambda word: word[0] if word[0] in _SIGNS else word[0].lower(), " ".join(prompt.split()))
    return _BESIDE_COMMA.sub("", plain)


def _sampler(expected: Infotext, actual: Infotext) -> list[Difference]:
    (sampler, scheduler), (other, other_scheduler) = expected.sampler, actual.sampler
    found = []
    if sampler != other:
        found.append(Difference("Sampler", sampler, other))
    if scheduler != other_scheduler:
        found.append(Difference("Schedule type", scheduler, other_scheduler))
    return found


def _stated(expected: Infotext, actual: Infotext) -> list[Difference]:
    skipped = {"Sampler", "Schedule type", *beside(actual.fields)}
    if not any(text.number("Variation seed strength") for text in (expected, actual)):
        skipped.add("Variation seed")
    if equal(actual.get("Hires CFG Scale"), actual.get("CFG scale")):
        skipped.add("Hires CFG Scale")  # forks print it beside every second pass
    keys = dict.fromkeys(key for key in (*expected.fields, *actual.fields) if key not in skipped and not _neutral(key))
    found = []
    for key in keys:
        one, other = expected.get(key), actual.get(key)
        if one is None or other is None or not _agree(key, one, other):
            found.append(Difference(key, one, other))
    return found


def _neutral(key: str) -> bool:
    return _listed(key, "neutral")


def acts(key: str) -> bool:
    """Whether a key of an infotext is known to act on the picture."""
    return _listed(key, "acting")


def _listed(key: str, name: str) -> bool:
    known = table("infotext")[name]
    return key in known["keys"] or key.startswith(tuple(known["starts"]))


def _agree(key: str, one: str, other: str) -> bool:
    return plain_name(one) == plain_name(other) if key.endswith("upscaler") else equal(one, other)


def _files(expected: Infotext, actual: Infotext) -> list[Difference]:
    found = []
    for key in ("Model hash", "VAE"):
        one, other = expected.fields.get(key), actual.fields.get(key)
        if one and other and _stem(one) != _stem(other):
            found.append(Difference(key, one, other))
    if not (expected.fields.get("Model hash") and actual.fields.get("Model hash")):
        one, other = expected.fields.get("Model"), actual.fields.get("Model")
        if one and other and _stem(one) != _stem(other):
            found.append(Difference("Model", one, other))
    one, other = expected.fields.get("ENSD"), actual.fields.get("ENSD")
    if one and other and uses_ensd(expected.sampler[0]) and not equal(one, other):
        found.append(Difference("ENSD", one, other))
    return found


def _stem(name: str) -> str:
    """Return a file's name without folder and ending; the guide writes one VAE's ending short of its last letter."""
    name = name.strip().replace("\\", "/").rpartition("/")[2]
    for ending in (".safetensors", ".safetensor", ".ckpt", ".pt"):
        name = name.removesuffix(ending)
    return name
