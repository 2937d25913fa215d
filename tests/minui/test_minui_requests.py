"""Generation requests: fields, refusals, filling from an infotext."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from minui import requests
from minui.options import Options, known_settings
from minui.paths import Paths


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options(known_settings(Paths(tmp_path, tmp_path, tmp_path / "models")))


def test_a_request_has_all_fields_and_ignores_typos() -> None:
    parsed, given_names = requests.parse("txt2img", {"steps": "8", "stpes": 3})
    assert (parsed["steps"], parsed["cfg_scale"], parsed["denoising_strength"], parsed["sampler_index"]) == (
        8,
        7.0,
        None,
        "Euler",
    )
    assert given_names == {"steps"}
    assert requests.parse("img2img", {})[0]["denoising_strength"] == 0.75
    assert requests.parse("txt2img", [])[0]["steps"] == 50
    first, second = (requests.parse("txt2img", {})[0] for _ in range(2))
    first["script_args"].append(1)
    assert second["script_args"] == []


def test_every_wrong_field_is_named() -> None:
    with pytest.raises(requests.Unprocessable) as caught:
        requests.parse("txt2img", {"steps": "many", "styles": "a"})
    assert [problem["loc"] for problem in caught.value.problems] == [["body", "styles"], ["body", "steps"]]
    assert caught.value.problems[1] == {
        "loc": ["body", "steps"],
        "msg": "value is not a valid integer",
        "type": "type_error.integer",
    }


@pytest.mark.parametrize(("raw", "kind"), [(b"", "value_error.missing"), (b"{not json", "value_error.jsondecode")])
def test_bodies_that_are_no_json(raw: bytes, kind: str) -> None:
    with pytest.raises(requests.Unprocessable) as caught:
        requests.parse_json(raw)
    assert caught.value.problems[0]["type"] == kind
    assert json.dumps(caught.value.problems)


def test_an_infotext_fills_what_the_request_left_open(options: Options) -> None:
    text = "a fox\nNegative prompt: cat\nSteps: 24, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 5, Size: 64x96, Clip skip: 2, ENSD: 31337"
    request, names = requests.parse("txt2img", {"infotext": text, "seed": 9})
    requests.apply_infotext(request, names, options)
    got = [request[name] for name in ("prompt", "negative_prompt", "steps", "sampler_name", "seed", "width", "height")]
    assert got == ["a fox", "cat", 24, "DPM++ 2M", 9, 64, 96]
    assert request["override_settings"] == {"CLIP_stop_at_last_layers": 2, "eta_noise_seed_delta": 31337}
