"""Every reference of the guide, there and back: its printed text, the profile, the request, the web UI's text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foxup import generation, profile
from foxup.errors import FoxupError
from foxup.pictures import scripts
from foxup.pictures.differences import differences
from foxup.pictures.infotext import from_reference, parse, parse_markdown, write

GUIDE = Path(__file__).parents[1] / "cases" / "pictures" / "guide"
PRINTED = sorted(path.stem for path in GUIDE.glob("*.md"))
NAI = {reference.id: reference for reference in profile.load("nai").references}
ONLY_TOLD = {"fox", "fox-hires-latent", "fox-hires-esrgan", "fox-upscale"}  # in sentences and screenshots
SCRIPT_INFO = json.loads((GUIDE.parent / "script-info.json").read_text(encoding="utf-8"))


def test_none_is_missing():
    assert set(PRINTED) == set(NAI) - ONLY_TOLD
    assert len(NAI) == 17


@pytest.mark.parametrize("name", PRINTED)
def test_the_guides_text_is_the_profiles_reference(name):
    printed = parse_markdown((GUIDE / f"{name}.md").read_text(encoding="utf-8"))
    assert differences(printed, from_reference(NAI[name])) == []
    assert differences(from_reference(NAI[name]), printed) == []
    assert printed.fields["Model hash"] == NAI[name].checkpoint_hash


@pytest.mark.parametrize("name", PRINTED)
def test_each_value_of_the_text_counts(name):
    """Changed by one, every key that acts on the picture is reported."""
    printed = parse_markdown((GUIDE / f"{name}.md").read_text(encoding="utf-8"))
    for key, value in printed.fields.items():
        if key in {"Model", "ENSD"}:  # the hash says which model; ENSD does nothing to DPM++ 2M
            continue
        other = "Euler Karras" if key == "Sampler" else f"{value}1"
        changed = parse(write(type(printed)(printed.prompt, printed.negative_prompt, {**printed.fields, key: other})))
        assert [item.key for item in differences(from_reference(NAI[name]), changed)][:1] == [key], key


@pytest.mark.parametrize("reference", NAI.values(), ids=list(NAI))
def test_the_request_asks_for_what_the_reference_says(reference):
    options = {"CLIP_stop_at_last_layers": reference.clip_skip, "eta_noise_seed_delta": reference.ensd}
    source = b"x" if reference.mode == "img2img" else None
    around = generation.Surroundings(scripts=tuple(SCRIPT_INFO), source=source)
    request = generation.request(reference, options, around)
    from foxup.pictures.infotext import from_request

    asked = from_request(request)
    expected = from_reference(reference)
    own = {key: expected.fields[key] for key in scripts.printed(reference)}
    asked = type(asked)(asked.prompt, asked.negative_prompt, {**asked.fields, **own})
    assert differences(expected, asked) == []


def test_a_scripts_values_in_the_web_uis_order():
    sent = scripts.arguments("SD upscale", NAI["aqua-upscale"].script_args, SCRIPT_INFO)
    assert sent == ["", 64, "R-ESRGAN 4x+ Anime6B", 2.0]
    ultimate = NAI["catgirl-ultimate"]
    sent = scripts.arguments(ultimate.script, ultimate.script_args, SCRIPT_INFO)
    place = next(item for item in SCRIPT_INFO if item["name"] == "ultimate sd upscale")["args"][8]["choices"]
    assert sent == [
        "",
        960,
        960,
        8,
        48,
        64,
        0.35,
        16,
        place.index("4x_NMKD-Siax_200k"),
        True,
        0,
        False,
        4,
        0,
        2,
        2048,
        2048,
        2.2,
    ]


def test_a_script_that_takes_other_values_is_not_called():
    changed = json.loads(json.dumps(SCRIPT_INFO))
    changed[0]["args"].insert(1, {"label": "New slider", "value": 1, "choices": None})
    with pytest.raises(FoxupError, match="does not take") as caught:
        scripts.arguments("SD upscale", {}, changed)
    assert caught.value.code == "script-changed"
    with pytest.raises(FoxupError) as caught:
        scripts.arguments("SD upscale", {"overlapp": 1}, SCRIPT_INFO)
    assert caught.value.cause == "overlapp"
    with pytest.raises(FoxupError) as caught:
        scripts.arguments("SD upscale", {"upscaler": "4x-Nobodys"}, SCRIPT_INFO)
    assert caught.value.code == "script-choice-unknown"
    with pytest.raises(FoxupError) as caught:
        scripts.arguments("Ultimate SD upscale", {}, SCRIPT_INFO[:1])
    assert caught.value.code == "script-unknown"


def test_the_web_uis_two_names_of_its_own_upscaler():
    assert scripts.same_name("SwinIR 4x", ["Lanczos", "SwinIR_4x"]) == "SwinIR_4x"
    assert scripts.same_name("SwinIR 4x", ["Lanczos", "SwinIR_4x", "SwinIR 4x"]) == "SwinIR 4x"
    assert scripts.same_name("4x-Valar", ["4x_Valar_v1"]) is None


def test_what_the_references_need_is_in_the_profile():
    known = {item.id for item in profile.load("nai").fetchable}
    by_name = {Path(file.destination).name: file.id for file in profile.load("nai").files}
    for reference in NAI.values():
        assert set(reference.needs) <= known
        assert reference.checkpoint in by_name
        assert reference.vae in by_name
        assert reference.init is None or reference.init in NAI


def test_sizes_of_results():
    """What the guide's sizes mean, by its own figures: 1280x896 times 2.2 is 2816x1984 after rounding up to 64."""
    for name in ("catgirl-ultimate", "foxgirl-ultimate", "reimu-ultimate"):
        reference, source = NAI[name], NAI[NAI[name].init]
        sides = (source.width * scripts.factor(source), source.height * scripts.factor(source))
        grown = tuple(-(-side * reference.script_args["scale"] // 64) * 64 for side in sides)
        assert grown == (reference.width, reference.height)
    assert scripts.factor(NAI["aqua-upscale"]) == 2
    assert scripts.factor(NAI["catgirl-ultimate"]) == 1
