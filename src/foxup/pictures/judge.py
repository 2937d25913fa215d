"""The judge of two pictures: broken, then size, then layout, tone and detail; a verdict with every number it rests on.

Public: `judge`, `judge_fingerprint`, `compare_files`, `broken_picture`. Pure but for reading the given files.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from foxup.pictures import features, metrics, parts
from foxup.pictures.causes import Rules, faults, how_different, turned
from foxup.pictures.data import finding, table
from foxup.pictures.features import CHROMA, PictureFacts, View
from foxup.pictures.load import Picture, load
from foxup.pictures.verdict import Judgement, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from foxup.finding import Finding
    from foxup.pictures.fingerprint import Fingerprint

Numbers = dict[str, float]
_UNFIT = {"img-black": "", "img-solid-green": "flat", "img-partly-black": "partly", "img-noise": "noise"}


@cache
def rules_in_force() -> Rules:
    """Return the thresholds of the data file."""
    return Rules(table("similarity"))


def compare_files(generated: Path, reference: Path, *, same_psnr: float | None = None) -> Judgement:
    """Judge the picture at `generated` against the one at `reference`. Raises what `load` raises."""
    return judge(load(generated), load(reference), same_psnr=same_psnr)


def judge(
    generated: Picture,
    reference: Picture,
    *,
    expected_size: tuple[int, int] | None = None,
    same_psnr: float | None = None,
) -> Judgement:
    """Judge a generated picture against its reference picture.

    `expected_size` is the profile's: a published copy may be a scaled preview, and is then compared as such.
    `same_psnr` in dB raises the mark of `same` where the noise is known to be small: on a CPU other attention and
    another torch leave 88 dB, where xformers on a GPU leaves 27. What a lossy file leaves is allowed for.
    """
    numbers: Numbers = {}
    if generated.rgb.shape == reference.rgb.shape:
        numbers = metrics.pixels(reference.rgb, generated.rgb)
        if numbers["max_abs"] == 0:
            return _equal(reference, numbers)
        numbers.update(metrics.grain(reference.rgb, generated.rgb))
        numbers.update(_replayed(generated, reference))
    preview = expected_size == generated.size and _same_aspect(generated.size, reference.size)
    views = features.view(reference.rgb), features.view(generated.rgb, like=reference.size)
    result = _judge_views(*views, numbers, preview=preview, same_psnr=_least(same_psnr, generated, reference))
    replayed = numbers.get("psnr_replay", 0.0) >= rules_in_force().identical["replay_psnr"]
    if replayed and result.verdict != Verdict.BROKEN:
        return Judgement(Verdict.IDENTICAL, result.metrics, kept=result.kept)
    return result


def judge_fingerprint(generated: Picture, reference: Fingerprint) -> Judgement:
    """Judge a generated picture against a fingerprint. Identical only by the hash of pixels of a lossless original."""
    seen = features.view(generated.rgb, chroma=CHROMA)
    if not flat_cause(seen.facts) and not reference.lossy and reference.matches(generated.rgb):
        return Judgement(Verdict.IDENTICAL, {"layout": 1.0}, against="fingerprint")
    return _judge_views(reference.view(), replace(seen, layout=seen.thumb, fine=seen.thumb), {})


def _least(same_psnr: float | None, *pictures: Picture) -> float | None:
    """Return the raised mark of `same`, no higher than re-encoding by a host leaves."""
    if same_psnr is None or not any(picture.lossy for picture in pictures):
        return same_psnr
    return min(same_psnr, rules_in_force().lossy["same_psnr"])


def _equal(reference: Picture, numbers: Numbers) -> Judgement:
    facts = features.view(reference.rgb).facts
    numbers = {**numbers, "layout": 1.0, "psnr_tc": metrics.CAP_DB, "ssim_tc": 1.0, **_fact_numbers(facts, facts)}
    flat = flat_cause(facts)
    if flat:  # two black pictures are equal, and still nothing is proven
        return Judgement(Verdict.BROKEN, numbers, (flat,))
    return Judgement(Verdict.IDENTICAL, numbers)


def _replayed(generated: Picture, reference: Picture) -> Numbers:
    if reference.jpeg is None or generated.lossy:
        return {}
    again = metrics.replay(generated.rgb, reference.jpeg)
    return {} if again is None else {"psnr_replay": metrics.pixels(reference.rgb, again)["psnr"]}


def _judge_views(
    reference: View, candidate: View, numbers: Numbers, *, preview: bool = False, same_psnr: float | None = None
) -> Judgement:
    """Collect the numbers of two views and decide; `preview`: the reference picture is a scaled copy."""
    scores, kept = metrics.layout(reference, candidate)
    numbers = {
        **numbers,
        **scores,
        **metrics.fine(reference, candidate),
        **metrics.tone(reference, candidate),
        **_fact_numbers(reference.facts, candidate.facts),
        **metrics.turned_layouts(reference, candidate),
    }
    against = "fingerprint" if reference.coarse else "picture"
    fault = _fault(reference, candidate, kept, numbers)
    unfit = _unfit(_fault(candidate, reference, kept, numbers))
    if fault:
        causes = (fault, *unfit) if flat_cause(reference.facts) else (fault,)
        return Judgement(Verdict.BROKEN, numbers, causes, against)
    rows = tuple(tuple(float(item) for item in row) for row in kept)
    if candidate.size != reference.size and not preview:
        causes = unfit or _size(reference, candidate, numbers)
        return Judgement(Verdict.DIFFERENT, numbers, causes, against, kept=rows)
    marks = dict(rules_in_force().marks("same_fingerprint" if reference.coarse else "same"))
    marks["psnr_tc"] = max(marks["psnr_tc"], same_psnr or 0.0)
    verdict, causes = _decide(numbers, marks)
    causes = unfit or causes
    if candidate.size != reference.size:
        causes = (*causes, finding("img-reference-scaled", size=_by(reference.size)))
    border = rules_in_force().drifted
    doubtful = border["doubtful_from"] <= numbers["layout"] <= border["doubtful_to"]
    return Judgement(verdict, numbers, causes, against, doubtful, rows)


def _fault(reference: View, candidate: View, kept: features.Array, numbers: Numbers) -> Finding | None:
    """Say whether the second of two pictures is none, or lacks parts that the first has."""
    fault = broken_cause(candidate.facts, reference.facts, numbers["layout_blocks"])
    return fault or parts.missing(reference, candidate, kept, rules_in_force().broken)


def _unfit(fault: Finding | None) -> tuple[Finding, ...]:
    """Say that the reference picture itself is none: then nothing that differs from it names a setting."""
    return (finding("reference-picture-broken", _UNFIT[fault.code]),) if fault else ()


def _decide(numbers: Numbers, needed: Numbers) -> tuple[Verdict, tuple[Finding, ...]]:
    rules = rules_in_force()
    found = faults(numbers, rules)
    if numbers["layout"] < rules.drifted["layout"] or turned(numbers, rules):
        return Verdict.DIFFERENT, how_different(numbers, rules)
    noise = (
        numbers["layout"] >= needed["layout"]
        and numbers["psnr_tc"] >= needed["psnr_tc"]
        and numbers["ssim_tc"] >= needed["ssim_tc"]
        and numbers["chroma_left"] <= needed["chroma_left"]
    )
    return (Verdict.SAME if noise and not found else Verdict.DRIFTED), found


def flat_cause(facts: PictureFacts) -> Finding | None:
    """Say whether a picture is black or of one colour."""
    rules = rules_in_force().broken
    if max(facts.std, facts.flat_std) >= rules["flat_std"]:
        return None
    return finding("img-black" if facts.mean < rules["black_mean"] else "img-solid-green")


def broken_picture(picture: Picture) -> Finding | None:
    """Say whether a picture by itself is none: black, one colour, noise. Nothing transparent counts as black."""
    return broken_cause(features.view(picture.on_grey).facts, None, None)


def doubtful_parts(picture: Picture) -> Finding | None:
    """Note black rows in a picture by itself: bars and grounds are black on purpose, and nothing says which it is."""
    share = features.black_rows(picture.on_grey)
    if share <= rules_in_force().broken["black_rows"]:
        return None
    return finding("img-partly-black", "alone", share=round(100 * share))


def broken_cause(facts: PictureFacts, reference: PictureFacts | None, blocks: float | None) -> Finding | None:
    """Say whether a picture is none: black, one colour, cut off, noise. `reference` and `blocks` may be unknown.

    Without a reference black rows are no proof: see `doubtful_parts`.
    """
    rules = rules_in_force().broken
    flat = flat_cause(facts)
    if flat:
        return flat
    if reference is not None and facts.black_rows - reference.black_rows > rules["black_rows"]:
        return finding("img-partly-black", share=round(100 * facts.black_rows))
    return finding("img-noise") if _is_noise(facts, reference, blocks, rules) else None


def _is_noise(facts: PictureFacts, reference: PictureFacts | None, blocks: float | None, rules: Numbers) -> bool:
    if blocks is not None and reference is not None and blocks >= rules["noise_blocks"]:
        return False
    plain = reference is not None and reference.far < rules["noise_unrelated"]
    if reference is not None and plain and facts.std < rules["noise_stronger"] * reference.std:
        return False  # the reference itself looks no better
    if facts.far < rules["noise_unrelated"] and facts.kurtosis < rules["noise_decoded_kurtosis"]:
        return True
    if facts.kurtosis >= rules["noise_kurtosis"]:
        return False
    far = min(rules["noise_far"], rules["noise_far_share"] * reference.far) if reference else 0.0
    return facts.near < rules["noise_near"] or facts.far < far


def _size(reference: View, candidate: View, numbers: Numbers) -> tuple[Finding, ...]:
    wanted, got = reference.size, candidate.size
    values = {"wanted": _by(wanted), "got": _by(got)}
    if _same_aspect(wanted, got):
        if numbers["layout"] > rules_in_force().size["layout"]:
            return (finding("img-hires-missing" if got[0] < wanted[0] else "img-hires-extra", **values),)
    elif got == (wanted[1], wanted[0]):
        return (finding("img-size-swapped", **values),)
    return (finding("img-size", **values),)


def _same_aspect(one: tuple[int, int], other: tuple[int, int]) -> bool:
    left, right = one[0] / one[1], other[0] / other[1]
    return abs(left - right) <= rules_in_force().size["aspect"] * max(left, right)


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _fact_numbers(reference: PictureFacts, candidate: PictureFacts) -> Numbers:
    """Return the numbers that rest on facts of each picture: detail and grid, and what says whether it is one."""
    spread = (candidate.std + 0.5) / (reference.std + 0.5)
    return {
        "detail": (candidate.detail + 0.5) / (reference.detail + 0.5) / max(spread, 0.05),
        "grid": max(candidate.grid8 - reference.grid8, candidate.grid16 - reference.grid16),
        "mean": candidate.mean,
        "std": candidate.std,
        "colour": candidate.colour,
        "black_rows": candidate.black_rows,
        "self_correlation_1": candidate.near,
        "self_correlation_16": candidate.far,
        "kurtosis": candidate.kurtosis,
    }
