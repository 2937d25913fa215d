"""`verify --set`: what is no value is refused before, or by, a web UI that would pass over it in silence."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from foxup import generation
from foxup.errors import UsageError
from foxup.verify import checks

API = SimpleNamespace(
    samplers=lambda: [{"name": "DPM++ 2M", "aliases": ["k_dpmpp_2m"]}, {"name": "Euler a", "aliases": ["k_euler_a"]}],
    schedulers=lambda: [{"name": "automatic", "label": "Automatic"}, {"name": "karras", "label": "Karras"}],
)


@pytest.mark.parametrize(
    "pair",
    ["steps=0", "steps=abc", "width=8", "height=-64", "clip_skip=0", "cfg_scale=nan", "cfg_scale=inf",
     "denoising_strength=-0.1", "denoising_strength=nan"],
)  # fmt: skip
def test_numbers_that_no_web_ui_draws_with(pair):
    with pytest.raises(UsageError) as caught:
        generation.parse_changes([pair])
    assert caught.value.code == "parameter-invalid"
    assert pair.partition("=")[2] in caught.value.message


def test_ordinary_values():
    given = ["steps=24", "cfg_scale=0", "seed=-1", "vae=None", "denoising_strength=0", "ensd=0"]
    assert generation.parse_changes(given) == {
        "steps": 24, "cfg_scale": 0.0, "seed": -1, "vae": "None", "denoising_strength": 0.0, "ensd": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [{"sampler": "DPM++ 2M"}, {"sampler": "DPM++ 2M Karras"}, {"sampler": "Euler a", "scheduler": "karras"},
     {"scheduler": "Karras"}, {"seed": 1}, {}],
)  # fmt: skip
def test_known_samplers_and_schedules_pass(changes):
    checks.refuse_unknown(changes, API)


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"sampler": "Foo"}, "Foo"), ({"sampler": "euler a"}, "euler a"), ({"sampler": "k_dpmpp_2m"}, "k_dpmpp_2m"),
     ({"scheduler": "Karas"}, "Karas"), ({"sampler": "Euler a Foo"}, "Euler a Foo")],
)  # fmt: skip
def test_others_are_refused_with_what_there_is(changes, named):
    with pytest.raises(UsageError) as caught:
        checks.refuse_unknown(changes, API)
    assert caught.value.code == "parameter-invalid"
    assert named in caught.value.message
