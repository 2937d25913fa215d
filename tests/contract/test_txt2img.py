"""txt2img: defaults, echo, sizes, seeds, batches, what is in the answer.

=====================================  ==================================================================================
request                                observed
=====================================  ==================================================================================
only a size and a seed                 50 steps, Euler, CFG 7.0, Schedule type Automatic
unknown fields                         200, ignored, not echoed
width 100, height 130                  picture 96x128, infotext "Size: 100x130", info width 100
seed " 42 "                            numeric text is the number; echoed as sent
seed -1 or absent                      a number from 0 to 2^32 is drawn and printed
subseed absent                         drawn anew each time (info.subseed differs), no effect on the picture
batch_size 2, n_iter 2                 4 pictures, no grid; all_seeds count up; each PNG carries its own infotext
same request twice                     the same bytes
send_images false                      images [], info as usual
parameters                             every field with its default; override_settings null if not sent
=====================================  ==================================================================================
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from .client import Client
from .conftest import SMALL

if TYPE_CHECKING:
    from .targets import Models

ECHO = {
    "styles": None,
    "subseed": -1,
    "subseed_strength": 0,
    "seed_resize_from_h": -1,
    "seed_resize_from_w": -1,
    "batch_size": 1,
    "n_iter": 1,
    "restore_faces": None,
    "tiling": None,
    "do_not_save_samples": False,
    "do_not_save_grid": False,
    "eta": None,
    "denoising_strength": None,
    "s_min_uncond": None,
    "s_churn": None,
    "s_tmax": None,
    "s_tmin": None,
    "s_noise": None,
    "override_settings": None,
    "override_settings_restore_afterwards": True,
    "refiner_checkpoint": None,
    "refiner_switch_at": None,
    "disable_extra_networks": False,
    "firstpass_image": None,
    "comments": None,
    "enable_hr": False,
    "firstphase_width": 0,
    "firstphase_height": 0,
    "hr_scale": 2.0,
    "hr_upscaler": None,
    "hr_second_pass_steps": 0,
    "hr_resize_x": 0,
    "hr_resize_y": 0,
    "hr_checkpoint_name": None,
    "hr_sampler_name": None,
    "hr_scheduler": None,
    "hr_prompt": "",
    "hr_negative_prompt": "",
    "force_task_id": None,
    "sampler_index": "Euler",
    "script_name": None,
    "script_args": [],
    "send_images": True,
    "save_images": False,
    "alwayson_scripts": {},
    "infotext": None,
}
"""What ``parameters`` adds to the fields that were sent."""


def test_defaults(api: Client) -> None:
    made = api.txt2img(width=64, height=64, seed=1)
    assert made.parameter_line.startswith(
        "Steps: 50, Sampler: Euler, Schedule type: Automatic, CFG scale: 7.0, Seed: 1, Size: 64x64, Model hash: "
    )
    assert made.infotext == "\n" + made.parameter_line or made.infotext == made.parameter_line


def test_parameters_echo_the_request_with_all_defaults(api: Client) -> None:
    assert api.txt2img(**SMALL).answer["parameters"] == {**ECHO, **SMALL, "cfg_scale": 7.0}


def test_info(api: Client, models: Models) -> None:
    info = api.txt2img(**SMALL).info
    (checkpoint,) = api.read("sd-models")
    drawn = info.pop("subseed")
    assert info.pop("all_subseeds") == [drawn]
    assert len(info.pop("job_timestamp")) == 14
    version, (infotext,) = info.pop("version"), info.pop("infotexts")
    assert infotext.endswith(f"Version: {version}")
    assert info == {
        "prompt": SMALL["prompt"],
        "all_prompts": [SMALL["prompt"]],
        "negative_prompt": SMALL["negative_prompt"],
        "all_negative_prompts": [SMALL["negative_prompt"]],
        "seed": SMALL["seed"],
        "all_seeds": [SMALL["seed"]],
        "subseed_strength": 0,
        "width": 64,
        "height": 96,
        "sampler_name": "DPM++ 2M",
        "cfg_scale": 7.0,
        "steps": 6,
        "batch_size": 1,
        "restore_faces": False,
        "face_restoration_model": None,
        "sd_model_name": models.checkpoint.stem,
        "sd_model_hash": checkpoint["hash"],
        "sd_vae_name": None,
        "sd_vae_hash": None,
        "seed_resize_from_w": -1,
        "seed_resize_from_h": -1,
        "denoising_strength": None,
        "extra_generation_params": {"Schedule type": "Karras"},
        "index_of_first_image": 0,
        "styles": [],
        "clip_skip": 1,
        "is_using_inpainting_conditioning": False,
    }


def test_the_png_carries_the_infotext(api: Client) -> None:
    made = api.txt2img(**SMALL)
    with Image.open(BytesIO(made.png)) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (64, 96))
        assert picture.info == {"parameters": made.infotext}


def test_the_same_request_gives_the_same_bytes(api: Client) -> None:
    first, second = api.txt2img(**SMALL), api.txt2img(**SMALL)
    assert first.png == second.png
    assert first.info["subseed"] != second.info["subseed"]


def test_unknown_fields_are_ignored(api: Client) -> None:
    plain, odd = api.txt2img(**SMALL), api.txt2img(**SMALL, stpes=3, nonsense={"a": 1})
    assert odd.png == plain.png
    assert "stpes" not in odd.answer["parameters"]


def test_size_is_floored_to_eights_in_the_picture_only(api: Client) -> None:
    made = api.txt2img(**{**SMALL, "width": 100, "height": 130})
    assert made.pixels.shape == (128, 96, 3)
    assert "Size: 100x130" in made.parameter_line
    assert (made.info["width"], made.info["height"]) == (100, 130)


def test_a_seed_may_be_text(api: Client) -> None:
    text, number = api.txt2img(**{**SMALL, "seed": " 42 "}), api.txt2img(**{**SMALL, "seed": 42})
    assert text.png == number.png
    assert text.info["seed"] == 42


@pytest.mark.parametrize("fields", [{}, {"seed": -1}])
def test_a_missing_seed_is_drawn_and_printed(api: Client, fields: dict[str, int]) -> None:
    request = {key: value for key, value in SMALL.items() if key != "seed"}
    first, second = api.txt2img(**request, **fields), api.txt2img(**request, **fields)
    assert first.info["seed"] != second.info["seed"]
    assert 0 <= first.info["seed"] < 2**32
    again = api.txt2img(**request, seed=first.info["seed"])
    assert again.png == first.png


def test_batches(api: Client) -> None:
    made = api.txt2img(**{**SMALL, "batch_size": 2, "n_iter": 2})
    seeds = [SMALL["seed"] + offset for offset in range(4)]
    assert made.info["all_seeds"] == seeds
    assert len(set(made.pngs)) == 4
    for png, seed, infotext in zip(made.pngs, seeds, made.info["infotexts"], strict=True):
        assert f"Seed: {seed}, " in infotext
        assert Image.open(BytesIO(png)).info["parameters"] == infotext


def test_a_picture_of_a_batch_is_the_picture_of_its_seed(api: Client) -> None:
    second = api.txt2img(**{**SMALL, "n_iter": 2}).pngs[1]
    alone = api.txt2img(**{**SMALL, "seed": SMALL["seed"] + 1})
    batch = np.asarray(Image.open(BytesIO(second)).convert("RGB")).astype(int)
    assert np.abs(batch - alone.pixels).max() <= 2


def test_send_images_false(api: Client) -> None:
    made = api.txt2img(**SMALL, send_images=False)
    assert made.answer["images"] == []
    assert made.info["seed"] == SMALL["seed"]


@pytest.mark.parametrize("field", ["prompt", "negative_prompt", "cfg_scale", "steps", "seed"])
def test_what_is_asked_for_acts_on_the_picture(api: Client, field: str) -> None:
    other = {"prompt": "blue tree", "negative_prompt": "", "cfg_scale": 3, "steps": 9, "seed": 5}
    assert api.txt2img(**{**SMALL, field: other[field]}).png != api.txt2img(**SMALL).png


def test_a_weight_in_brackets_acts(api: Client) -> None:
    weighted, plain, square = (
        api.txt2img(**{**SMALL, "prompt": f"red fox, {snow}"}) for snow in ["(snow:1.5)", "snow", "[snow]"]
    )
    assert len({weighted.png[-4000:], plain.png[-4000:], square.png[-4000:]}) == 3


def test_zero_steps_is_an_error(api: Client) -> None:
    status, answer = api.refused("txt2img", {**SMALL, "steps": 0})
    assert (status, answer["error"]) == (500, "ZeroDivisionError")
