"""What pixels can name: faults of tone and detail where the layout agrees, the likeliest reason where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foxup.pictures.data import finding

if TYPE_CHECKING:
    from foxup.finding import Finding

Numbers = Mapping[str, float]


class Rules:
    """The thresholds of `similarity.toml`, one attribute for each table."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self._tables = tables

    def __getattr__(self, name: str) -> dict[str, float]:
        """Return one table. Raises KeyError for a table the file lacks: our bug."""
        return self.marks(name)

    def marks(self, name: str) -> dict[str, float]:
        """Return the table `name`."""
        table: dict[str, float] = self._tables[name]
        return table


def faults(numbers: Numbers, rules: Rules) -> tuple[Finding, ...]:
    """Name faults of tone and detail, surest first. Any of them forbids the verdict same."""
    marks, layout = rules.fault, numbers["layout"]
    found: list[Finding] = []
    if layout >= marks["layout"]:
        if _grey(numbers, marks):
            found.append(finding("img-greyscale"))
        elif paleness(numbers, rules) > marks["pale"] and numbers["chroma"] < marks["chroma_low"]:
            values = {"chroma": _percent(numbers["chroma"]), "contrast": _percent(numbers["contrast"])}
            found.append(finding("img-washed-out-no-vae", **values))
        elif layout > marks["close_layout"]:
            found += _colour_faults(numbers, marks)
        found += _detail_faults(numbers, marks)
    if not found and _other_style(numbers, rules):
        found.append(finding("img-other-style"))
    return tuple(found)


def paleness(numbers: Numbers, rules: Rules) -> float:
    """Return how washed out a picture is beside its reference: 0 is not at all."""
    marks = rules.fault
    pale = 2 * max(0.0, marks["chroma_pale"] - numbers["chroma"])
    pale += 1.8 * max(0.0, marks["contrast_pale"] - numbers["contrast"])
    return pale + (0.1 if numbers["purple"] > marks["purple"] else 0.0)


def _grey(numbers: Numbers, marks: Mapping[str, float]) -> bool:
    """Whether no colour is left and the contrast is: a missing VAE leaves some colour and takes contrast."""
    gone = numbers["chroma"] < marks["grey_chroma"] and numbers["colour"] < marks["grey_colour"]
    return gone and numbers["contrast"] > marks["grey_contrast"]


def _colour_faults(numbers: Numbers, marks: Mapping[str, float]) -> list[Finding]:
    chroma, contrast = numbers["chroma"], numbers["contrast"]
    blurred = numbers["detail"] > 1 / marks["blurry"]  # the reference is, which took contrast and colour out of it
    values = {"chroma": _percent(chroma), "contrast": _percent(contrast)}
    above = (chroma > marks["chroma_high"] or contrast > marks["contrast_high"]) and not blurred
    if above or chroma < marks["chroma_low"]:
        return [finding("img-other-vae", **values)]
    if abs(numbers["brightness"]) > marks["brightness"] or numbers["chroma_left"] > marks["cast"]:
        return [finding("img-colour-cast", brightness=f"{numbers['brightness']:+.0f}")]
    return []


def _detail_faults(numbers: Numbers, marks: Mapping[str, float]) -> list[Finding]:
    if _grain(numbers, marks):
        return []
    grid, detail = numbers["grid"], numbers["detail"]
    alone = grid > marks["grid_alone"] and detail < marks["grid_alone_detail"]
    if alone or (grid > marks["grid"] and detail < marks["grid_detail"]):
        return [finding("img-latent-blur-squares")]
    return [finding("img-blurry", detail=_percent(detail))] if detail < marks["blurry"] else []


def _grain(numbers: Numbers, marks: Mapping[str, float]) -> bool:
    """Whether one picture is the other with grain: it covers a grid, and counts as detail."""
    near, edges = numbers.get("gap_correlation", 1.0), numbers.get("gap_kurtosis", 0.0)
    return near < marks["grain_correlation"] and edges < marks["grain_kurtosis"]


def _other_style(numbers: Numbers, rules: Rules) -> bool:
    marks, detail = rules.fault, max(numbers["detail"], 1e-3)
    return (
        rules.drifted["layout"] <= numbers["layout"] < marks["style_layout"]
        and numbers.get("median_abs", 0.0) >= marks["style_median"]
        and (numbers["palette"] > marks["style_palette"] or max(detail, 1 / detail) > marks["style_detail"])
    )


_TURNED = {
    "layout_mirrored": ("img-mirrored", ""),
    "layout_upside_down": ("img-upside-down", "mirrored"),
    "layout_half_turn": ("img-upside-down", ""),
}


def turned(numbers: Numbers, rules: Rules) -> Finding | None:
    """Say how the picture must be mirrored or turned to agree with the reference far better than as it is."""
    name = max(_TURNED, key=lambda item: numbers[item])
    if numbers[name] <= max(rules.mirrored["layout"], numbers["layout"] + rules.mirrored["gain"]):
        return None
    return finding(*_TURNED[name])


def how_different(numbers: Numbers, rules: Rules) -> tuple[Finding, ...]:
    """Rank what may lie behind another picture. Pixels cannot tell clip skip from CFG; parameters must decide."""
    moved = turned(numbers, rules)
    if moved:
        return (moved,)
    if numbers["layout"] >= rules.different["partly"]:
        return (finding("img-different-composition"),)
    detail = max(numbers["detail"], 1e-3)
    close = numbers["palette"] < rules.seed["palette"] and max(detail, 1 / detail) <= rules.seed["detail"]
    return (finding("img-other-seed" if close else "img-other-picture"),)


def _percent(share: float) -> int:
    return round(100 * share)
