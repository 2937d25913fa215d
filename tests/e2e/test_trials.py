"""What changed a picture is found by trying, and proved."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import foxup
from tests.e2e.test_verify import changed, setting


def tried(folder, *more, code=1):
    data = foxup("verify", "--dir", folder, "--json", *more, code=code).data
    return data, [item["code"] for item in data["explanation"]]


@pytest.mark.parametrize(
    ("values", "cause"),
    [({"CLIP_stop_at_last_layers": 1}, "img-clip-skip"), ({"sd_vae": "None"}, "img-washed-out-no-vae")],
)
def test_a_setting_is_tried_back(smoke, values, cause):
    with changed(smoke, "config.json") as path:
        setting(path, **values)
        data, codes = tried(smoke, "--explain")
    assert codes[:2] == [cause, "trial-turned"]
    assert [trial["turned"] for trial in data["trials"]] == [True]


def test_two_wrong_parameters_are_found_together(smoke):
    data, codes = tried(smoke, "--explain", "--set", "cfg_scale=3", "--set", "clip_skip=1")
    assert set(codes[:2]) == {"img-clip-skip", "param-cfg"}
    assert [trial["turned"] for trial in data["trials"]] == [False, False, True]
    assert codes[-1] == "trials-ruled-out"


def test_a_picture_of_ones_own(smoke, tmp_path):
    """It lost its parameters; the install itself is set up rightly."""
    from PIL import Image

    made, _codes = tried(smoke, "--set", "vae=None")
    mine = tmp_path / "mine.png"
    Image.open(made["generated"]).convert("RGB").save(mine)
    data, codes = tried(smoke, "--like", mine)
    assert codes[:2] == ["img-washed-out-no-vae", "trial-turned"]
    assert data["trials"][-1]["change"] == {"sd_vae": "None"}
    assert foxup("verify", "--dir", smoke, "--json").data["proven"], "the picture was not taken for the reference"
