"""Which parameters differ, and which only look as if."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foxup.pictures.differences import differences
from foxup.pictures.infotext import from_request, parse, parse_markdown, write

OLD = "a,  b \nNegative prompt: n\nSteps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 1, Size: 640x448, Model hash: 30953ab0de, Model: Meina, Clip skip: 2, ENSD: 31337"
NEW = "a, b\nNegative prompt: n\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.0, Seed: 1, Size: 640x448, Model hash: 30953ab0de, Model: meinamix_meinaV8, VAE hash: 0123456789, VAE: v.pt, Clip skip: 2, Downcast alphas_cumprod: True, Version: v1.10.1"


def keys(expected: str, actual: str) -> list[str]:
    return [item.key for item in differences(parse(expected), parse(actual))]


def test_the_guides_time_and_now_say_the_same():
    assert keys(OLD, NEW) == []


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("Steps: 20", "Steps: 21", ["Steps"]),
        ("CFG scale: 7.0", "CFG scale: 7.5", ["CFG scale"]),
        ("Seed: 1", "Seed: 2", ["Seed"]),
        ("640x448", "448x640", ["Size-1", "Size-2"]),
        ("Clip skip: 2, ", "", ["Clip skip"]),
        ("DPM++ 2M,", "Euler a,", ["Sampler"]),
        ("Type: Karras", "type: Karras", []),
        ("Schedule type: Karras, ", "", []),  # Automatic is Karras for this sampler
        ("Schedule type: Karras", "Schedule type: Exponential", ["Schedule type"]),
        ("30953ab0de", "7f96a1a9ca", ["Model hash"]),
        ("a, b", "a, c", ["Prompt"]),
        ("prompt: n", "prompt: m", ["Negative prompt"]),
        ("Version: v1.10.1", "Version: v1.9.0", []),
        ("Clip skip: 2", "Clip skip: 2, RNG: CPU", ["RNG"]),
        ("Clip skip: 2", "Clip skip: 2, Variation seed: 5", []),  # its strength is 0 when nothing is said of it
        ("Clip skip: 2", "Variation seed: 5, Variation seed strength: 0, Clip skip: 2", []),
        (
            "Clip skip: 2",
            "Variation seed: 5, Variation seed strength: 0.2, Clip skip: 2",
            ["Variation seed", "Variation seed strength"],
        ),
        ("Clip skip: 2", "Clip skip: 2, Tiling: False", []),
        ("Clip skip: 2", "Clip skip: 2, Tiling: True", ["Tiling"]),
        ("Clip skip: 2", "Clip skip: 2, NGMS: 2", ["NGMS"]),
        (
            "Clip skip: 2",
            "Denoising strength: 0.6, Clip skip: 2, Hires upscale: 2.0",
            ["Denoising strength", "Hires upscale"],
        ),
    ],
)
def test_each_difference_alone(before, after, key):
    assert keys(NEW, NEW.replace(before, after)) == key


def test_ensd_counts_only_where_it_acts():
    ancestral = OLD.replace("DPM++ 2M Karras", "Euler a")
    assert keys(ancestral, ancestral.replace("31337", "0")) == ["ENSD"]
    assert keys(OLD, OLD.replace("31337", "0")) == []


def test_a_vae_by_name_not_by_its_unreliable_hash():
    assert keys(NEW, NEW.replace("0123456789", "9999999999")) == []
    assert keys(NEW, NEW.replace("VAE: v.pt", "VAE: w.pt")) == ["VAE"]


def test_a_models_name_counts_only_without_hashes():
    bare = [text.replace("Model hash: 30953ab0de, ", "") for text in (OLD, NEW)]
    assert keys(*bare) == ["Model"]


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[1] / "cases/pictures/guide").glob("*.md")), ids=lambda p: p.stem
)
def test_every_block_of_the_guide_equals_itself(path):
    text = parse_markdown(path.read_text(encoding="utf-8"))
    assert differences(text, text) == []


RECORDED = sorted((Path(__file__).parents[1] / "cases/pictures/a1111").glob("*.json"))
# what the web UI v1.10.1 made of a request without saying so; clip skip 2 was its setting after the first few
SILENT = {"t2i-unknown-sampler": ["Sampler"], "t2i-unknown-scheduler": ["Schedule type"]}


@pytest.mark.parametrize("path", RECORDED, ids=lambda p: p.stem)
def test_recorded_answers_of_the_real_web_ui(path):
    """Requests and infotexts recorded from v1.10.1: written back byte for byte, and equal to what was asked for."""
    case = json.loads(path.read_text(encoding="utf-8"))
    text = parse(case["infotext"])
    assert write(text) == case["infotext"]
    found = [item.key for item in differences(from_request(case["request"]), text) if item.key != "Clip skip"]
    assert found == SILENT.get(path.stem, [])


def test_there_are_recorded_answers():
    assert len(RECORDED) >= 15
