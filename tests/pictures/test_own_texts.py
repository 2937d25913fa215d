"""`foxup explain` of a picture's own text: the guide's time, old and new web UIs, forks, other programs and families."""

from __future__ import annotations

from pathlib import Path

import pytest
import scenes
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from foxup import explaining, profile
from foxup.pictures.infotext import from_reference, parse, parse_markdown, write

GUIDE = sorted((Path(__file__).parents[1] / "cases/pictures/guide").glob("*.md"))
NAI = profile.load("nai")
FOX = next(item for item in NAI.references if item.id == "fox")
FOX_TEXT = write(from_reference(FOX)).replace("VAE: clearvae_nanlesstest.safetensors, ", "")
PLAIN = Image.fromarray(scenes.scene(3, size=(64, 96)))


@pytest.fixture
def told(tmp_path):
    def told(parameters: str, **chunks: str) -> explaining.Told:
        info = PngInfo()
        for key, value in {"parameters": parameters, **chunks}.items():
            info.add_itxt(key, value)
        PLAIN.save(tmp_path / "a.png", pnginfo=info)
        return explaining.explain(tmp_path / "a.png", NAI)

    return told


def codes(told: explaining.Told) -> list[str]:
    return [item.code for item in told.findings]


@pytest.mark.parametrize("path", GUIDE, ids=lambda path: path.stem)
def test_the_guides_printed_texts_are_the_references_and_nothing_is_wrong(told, path):
    """They name no VAE because no web UI of that time did."""
    found = told(write(parse_markdown(path.read_text(encoding="utf-8"))))
    assert found.data["reference"] == path.stem
    assert (codes(found), found.problem) == ([], False)


@pytest.mark.parametrize(
    ("version", "missed"),
    [("", False), (", Version: v1.5.2", False), (", Version: v1.6.0", True), (", Version: 1.10.1", True)],
)
def test_a_missing_vae_is_evidence_from_the_version_on_that_names_it(told, version, missed):
    assert ("img-washed-out-no-vae" in codes(told(FOX_TEXT + version))) == missed


@pytest.mark.parametrize(
    ("sampler", "more", "pair"),
    [
        ("DPM++ 2M", "", ("DPM++ 2M", "Uniform")),
        ("DPM++ 2M Karras", "", ("DPM++ 2M", "Karras")),
        ("DPM++ 2M", ", Version: v1.8.0", ("DPM++ 2M", "Uniform")),
        ("DPM++ 2M", ", Version: v1.9.0", ("DPM++ 2M", "Karras")),
        ("DPM++ 2M", ", Version: 1.10.1", ("DPM++ 2M", "Karras")),
        ("DPM++ 2M", ", Version: v1.10.1-92-g1234567", ("DPM++ 2M", "Karras")),
        ("DPM++ 2M", ", Version: f0.0.17v1.8.0rc-latest-276-g29be1da7", ("DPM++ 2M", "Uniform")),
        ("DPM++ 2M", ", Version: f2.0.1v1.10.1-previous-1-gabc", ("DPM++ 2M", "Karras")),
        ("DPM++ 2M", ", Version: d7f1aa4", ("DPM++ 2M", "Karras")),
        ("DPM++ 2M", ", Schedule type: Automatic", ("DPM++ 2M", "Karras")),
        ("DPM++ 2M SDE", ", Version: v1.6.0", ("DPM++ 2M SDE", "Uniform")),
        ("DPM++ 2M SDE Exponential", ", Version: v1.6.0", ("DPM++ 2M SDE", "Exponential")),
        ("Restart", ", Version: v1.8.0", ("Restart", "Karras")),
        ("Euler a", "", ("Euler a", "Automatic")),
        ("Euler a", ", Version: v1.10.1", ("Euler a", "Automatic")),
    ],
)
def test_a_bare_sampler_means_what_its_version_meant(sampler, more, pair):
    assert parse(f"fox\nSteps: 20, Sampler: {sampler}, CFG scale: 7, Seed: 1{more}").sampler == pair


def test_a_bare_name_of_the_guides_time_is_another_sampler(told):
    bare = FOX_TEXT.replace("Schedule type: Karras, ", "")
    found = told(bare)
    assert codes(found) == ["param-sampler"]
    assert "DPM++ 2M instead of DPM++ 2M Karras" in found.findings[0].message
    assert codes(told(bare.replace("DPM++ 2M", "DPM++ 2M Karras"))) == []
    assert "param-sampler" not in codes(told(bare + ", Version: v1.10.1"))


@pytest.mark.parametrize(
    "more",
    [
        'Hashes: {"model": "7f96a1a9ca", "embed:easynegative": "c74b4e810b"}',
        'Civitai resources: [{"type":"checkpoint","modelVersionId":30163}], Civitai metadata: {}',
        "Time taken: 4.2s, Batch size: 4, Batch pos: 2, Module 1: ae, Saved by: someone",
        "Backend: Diffusers, App: SD.Next, Operations: txt2img, Parser: Full parser, Pipeline: x",
        "sv_prompt: fox, sv_negative: bad, Template: fox, Negative Template: bad, Wildcard prompt: __fox__",
        "Tiling: False, Variation seed: 7, Variation seed strength: 0, Hires Module 1: Use same choices",
        'Lora hashes: "add: 123, b: 456", TI hashes: "easynegative: 1"',
    ],
)
def test_keys_that_keep_books_are_no_difference(told, more):
    assert codes(told(f"{FOX_TEXT}, {more}")) == []


@pytest.mark.parametrize(
    "more", ["ControlNet 0: canny", "ADetailer model: face_yolov8n.pt", "RP Active: True", "FP8 weight: Enable"]
)
def test_keys_that_act_are_a_difference(told, more):
    found = told(f"{FOX_TEXT}, {more}")
    assert (codes(found), found.problem) == (["param-other"], True)


def test_a_key_that_nobody_knows_is_said_and_no_problem(told):
    found = told(f"{FOX_TEXT}, Frobnicator: 3")
    assert (codes(found), found.problem) == (["param-unknown"], False)
    assert found.findings[0].message == "Frobnicator is 3; foxup does not know this parameter."


OTHER = FOX_TEXT.replace("7f96a1a9ca", "0123456789").replace("anything-v5-PrtRE", "somebodysModel")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (FOX_TEXT.replace("3287962209", "5"), ["param-seed"]),
        (FOX_TEXT.replace("fox ears, animal", "Fox ears ,  Animal"), []),
        (FOX_TEXT.replace("lighting", "lighting,"), ["param-prompt"]),
        (FOX_TEXT.replace("sweater, ", "", 1), ["param-prompt"]),
        (FOX_TEXT.replace("Steps: 24", "Steps: 20").replace("jeans", "skirt", 1), ["param-prompt", "param-steps"]),
        (OTHER, ["img-wrong-model"]),
    ],
)
def test_a_reference_is_named_by_its_prompt_or_by_its_seed_and_settings(told, text, found):
    answer = told(text)
    assert "fox" in answer.data["reference"]
    assert sorted(codes(answer)) == sorted(found)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (OTHER.replace("3287962209", "5"), "prompt"),
        (
            "1girl, masterpiece\nNegative prompt: bad\nSteps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, "
            "Seed: 3287962209, Size: 512x512, Model hash: 0123456789, Model: somebodysModel, Clip skip: 2",
            "seed",
        ),
    ],
)
def test_a_seed_or_a_prompt_alone_is_borrowed_and_no_problem(told, text, word):
    found = told(text)
    assert "reference" not in found.data
    assert (codes(found), found.problem) == ([], False)
    assert f"Its {word} is that of the reference" in found.lines[1]


def test_an_own_picture_borrows_nothing(told):
    found = told(OTHER.replace("3287962209", "5").replace("1girl, fox ears", "1girl"))
    assert len(found.lines) == 2


def test_nothing_is_said_of_references_beside_a_broken_picture(tmp_path):
    info = PngInfo()
    info.add_text("parameters", FOX_TEXT)
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png", pnginfo=info)
    found = explaining.explain(tmp_path / "a.png", NAI)
    assert (codes(found), len(found.lines)) == (["img-black"], 1)


def test_what_the_reference_says_is_not_said_again_as_advice(told):
    assert codes(told(FOX_TEXT.replace("Clip skip: 2, ", ""))) == ["img-clip-skip"]
