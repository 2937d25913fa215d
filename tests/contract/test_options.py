"""GET and POST /sdapi/v1/options.

==================================  =====================================================================================
request                             observed
==================================  =====================================================================================
GET, nothing stored                 defaults with their own types: CLIP_stop_at_last_layers 1 (int)
GET, 2 stored                       2.0: numbers with a non-zero default are made float, those with default 0 stay (31337)
GET, "2" (text) stored              2.0 as well: GET cannot reveal a wrong type
GET, "often" stored in a number     500 ValidationError: GET options fails as a whole until the key is set right
POST                                200 null, no casting: the text "2" is stored and every txt2img is then 500 TypeError
POST 2.0 (what GET answered)        200, and every txt2img is then 500 TypeError "tuple indices must be integers or slices, not
                                    float": what GET gives must not be posted back
POST unknown key                    500 KeyError "'key'"; keys before it are applied in memory but not saved to the file
POST unknown checkpoint             500 RuntimeError, checked before anything is applied
POST unknown VAE                    200; console: Couldn't find VAE named X; using None instead
POST a list                         422
==================================  =====================================================================================
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .client import API, Client
from .conftest import SMALL

if TYPE_CHECKING:
    from .targets import Models, Server


def test_defaults(api: Client, models: Models) -> None:
    options = api.read("options")
    expected = {
        "memmon_poll_rate": 8,
        "quicksettings_list": ["sd_model_checkpoint"],
        "randn_source": "GPU",
        "emphasis": "Original",
        "sd_vae_overrides_per_model_preferences": True,
        "auto_vae_precision": True,
        "show_progress_every_n_steps": 10,
        "live_previews_enable": True,
        "use_old_karras_scheduler_sigmas": False,
        "enable_prompt_comments": True,
        "comma_padding_backtrack": 20,
        "samples_format": "png",
    }
    assert {key: options[key] for key in expected} == expected
    assert options["sd_model_checkpoint"].startswith(models.checkpoint.name)


def test_the_loaded_checkpoint_is_named_by_title_and_whole_hash(api: Client) -> None:
    api.txt2img(**SMALL)
    (checkpoint,) = api.read("sd-models")
    options = api.read("options")
    assert options["sd_model_checkpoint"] == checkpoint["title"]
    assert options["sd_checkpoint_hash"] == checkpoint["sha256"]


def test_a_stored_number_with_a_non_zero_default_comes_back_as_a_float(api: Client) -> None:
    api.set_options(CLIP_stop_at_last_layers=2, eta_noise_seed_delta=31337)
    text = api.get(API + "options").text
    assert '"CLIP_stop_at_last_layers":2.0,' in text
    assert '"eta_noise_seed_delta":31337,' in text


def test_a_stored_text_looks_like_a_number_and_breaks_generation(api: Client) -> None:
    api.set_options(CLIP_stop_at_last_layers="2")
    assert '"CLIP_stop_at_last_layers":2.0,' in api.get(API + "options").text
    status, answer = api.refused("txt2img", SMALL)
    assert (status, answer) == (
        500,
        {"error": "TypeError", "detail": "", "body": "", "errors": "bad operand type for unary -: 'str'"},
    )


def test_posting_back_what_get_answered_breaks_generation(api: Client) -> None:
    api.set_options(CLIP_stop_at_last_layers=2)
    answered = api.read("options")["CLIP_stop_at_last_layers"]
    api.set_options(CLIP_stop_at_last_layers=1)
    api.set_options(CLIP_stop_at_last_layers=answered)
    status, answer = api.refused("txt2img", SMALL)
    assert (status, answer["error"]) == (500, "TypeError")
    assert answer["errors"] == "tuple indices must be integers or slices, not float"


def test_a_stored_text_that_is_no_number_breaks_get_options(api: Client) -> None:
    api.set_options(memmon_poll_rate="often")
    try:
        response = api.get(API + "options")
    finally:
        api.set_options(memmon_poll_rate=8)
    assert (response.status_code, response.json()["error"]) == (500, "ValidationError")
    assert "memmon_poll_rate" in response.json()["errors"]


def test_an_unknown_key_is_a_key_error_after_the_keys_before_it_were_applied(api: Client) -> None:
    status, answer = api.refused("options", {"samples_save": False, "no_such": 1, "eta_noise_seed_delta": 7})
    assert (status, answer) == (500, {"error": "KeyError", "detail": "", "body": "", "errors": "'no_such'"})
    options = api.read("options")
    assert (options["samples_save"], options["eta_noise_seed_delta"]) == (False, 0)


def test_what_was_applied_before_an_unknown_key_is_not_saved(api: Client, shared_server: Server | None) -> None:
    if shared_server is None:
        pytest.skip("the folder of a remote web UI is not known")
    api.refused("options", {"samples_save": False, "no_such": 1})
    saved = json.loads((shared_server.folder / "config.json").read_text(encoding="utf-8"))
    assert saved["samples_save"] is True


def test_an_unknown_checkpoint_is_refused_before_anything_is_applied(api: Client) -> None:
    status, answer = api.refused("options", {"samples_save": False, "sd_model_checkpoint": "nope"})
    assert (status, answer) == (
        500,
        {"error": "RuntimeError", "detail": "", "body": "", "errors": "model 'nope' not found"},
    )
    assert api.read("options")["samples_save"] is True


@pytest.mark.parametrize("part", ["title", "model_name", "hash", "sha256"])
def test_a_checkpoint_goes_by_many_names(api: Client, part: str) -> None:
    (checkpoint,) = api.read("sd-models")
    api.set_options(sd_model_checkpoint=checkpoint[part])
    assert checkpoint["hash"] in api.txt2img(**SMALL).parameter_line


def test_an_unknown_vae_is_accepted_and_none_is_used(api: Client, shared_server: Server | None, models: Models) -> None:
    api.set_options(sd_vae=models.vae.name)
    api.set_options(sd_vae="nope.safetensors")
    assert api.read("options")["sd_vae"] == "nope.safetensors"
    assert "VAE" not in api.txt2img(**SMALL).parameter_line
    if shared_server:
        assert "Couldn't find VAE named nope.safetensors; using None instead" in shared_server.console


def test_nothing_to_change_is_fine(api: Client) -> None:
    api.set_options()


def test_a_list_is_refused(api: Client) -> None:
    status, answer = api.refused("options", [1])
    assert status == 422
    assert answer["detail"][0]["loc"] == ["body"]
