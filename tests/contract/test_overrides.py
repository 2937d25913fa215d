"""override_settings of a request, and which of them outlive it.

==============================================  ==========================================================================
request                                         observed
==============================================  ==========================================================================
override of a key that config.json holds        acts, is undone afterwards
override of a key that was never stored         acts and STAYS (the restore list holds stored keys only)
the same, then an override back                 acts for that request, then the leaked value returns
override_settings_restore_afterwards false      stays in memory; not saved to the file until the next POST options
unknown VAE                                     200, none is used
unknown checkpoint                              200, dropped
unknown key                                     500 KeyError
==============================================  ==========================================================================
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .client import Client
from .conftest import SMALL

if TYPE_CHECKING:
    from .conftest import Start
    from .targets import Models

DOWNCAST = "Downcast alphas_cumprod: True"


def test_a_stored_key_is_overridden_for_one_request(api: Client, models: Models) -> None:
    before = api.txt2img(**SMALL)
    overrides = {"CLIP_stop_at_last_layers": 2, "sd_vae": models.vae.name, "use_downcasted_alpha_bar": True}
    other = api.txt2img(**SMALL, override_settings=overrides)
    assert f"VAE: {models.vae.name}, Clip skip: 2, {DOWNCAST}, " in other.parameter_line
    assert other.info["sd_vae_name"] == models.vae.name
    assert other.info["clip_skip"] == 2
    assert api.txt2img(**SMALL).png == before.png
    assert api.read("options")["sd_vae"] == "None"


def test_the_request_is_echoed_with_its_overrides(api: Client) -> None:
    made = api.txt2img(**SMALL, override_settings={"CLIP_stop_at_last_layers": 2})
    assert made.answer["parameters"]["override_settings"] == {"CLIP_stop_at_last_layers": 2}


def test_a_key_that_was_never_stored_leaks(start: Start) -> None:
    server = start()
    server.wait_api()
    api = server.client
    assert not (server.folder / "config.json").exists()
    plain = api.txt2img(**SMALL)
    assert DOWNCAST not in plain.parameter_line
    assert DOWNCAST in api.txt2img(**SMALL, override_settings={"use_downcasted_alpha_bar": True}).parameter_line
    leaked = api.txt2img(**SMALL)
    assert DOWNCAST in leaked.parameter_line
    assert leaked.png != plain.png
    assert api.txt2img(**SMALL, override_settings={"use_downcasted_alpha_bar": False}).png == plain.png
    assert api.txt2img(**SMALL).png == leaked.png

    api.set_options(eta_noise_seed_delta=1)
    saved = json.loads((server.folder / "config.json").read_text(encoding="utf-8"))
    assert saved["use_downcasted_alpha_bar"] is True
    assert saved["eta_noise_seed_delta"] == 1
    assert "CLIP_stop_at_last_layers" not in saved

    api.txt2img(**SMALL, override_settings={"CLIP_stop_at_last_layers": 2}, override_settings_restore_afterwards=False)
    api.txt2img(**SMALL, override_settings={"eta_noise_seed_delta": 31337}, override_settings_restore_afterwards=False)
    assert "Clip skip: 2, " in api.txt2img(**SMALL).parameter_line
    assert api.read("options")["eta_noise_seed_delta"] == 31337
    saved = json.loads((server.folder / "config.json").read_text(encoding="utf-8"))
    assert saved["eta_noise_seed_delta"] == 1


def test_an_unknown_vae_means_none(api: Client, models: Models) -> None:
    api.set_options(sd_vae=models.vae.name)
    without = api.txt2img(**SMALL, override_settings={"sd_vae": "None"})
    unknown = api.txt2img(**SMALL, override_settings={"sd_vae": "nope.safetensors"})
    assert (unknown.pixels == without.pixels).all()
    assert "VAE" not in unknown.parameter_line
    assert f"VAE: {models.vae.name}" in api.txt2img(**SMALL).parameter_line


def test_an_unknown_checkpoint_is_dropped(api: Client) -> None:
    made = api.txt2img(**SMALL, override_settings={"sd_model_checkpoint": "nope"})
    assert made.png == api.txt2img(**SMALL).png


def test_an_unknown_key_is_an_error(api: Client) -> None:
    status, answer = api.refused("txt2img", {**SMALL, "override_settings": {"no_such_key": 3}})
    assert (status, answer) == (500, {"error": "KeyError", "detail": "", "body": "", "errors": "'no_such_key'"})
