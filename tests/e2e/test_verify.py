"""Every change by hand is noticed, and its cause is named first."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager

import pytest

from tests.e2e.conftest import foxup

CHECKPOINT = "models/Stable-diffusion/tinyfox.safetensors"
VAE = "models/VAE/clearfox.safetensors"


@contextmanager
def changed(folder, name):
    """Give a file to spoil; afterwards it is as before."""
    path, kept = folder / name, folder.parent / "kept"
    shutil.copy2(path, kept)
    try:
        yield path
    finally:
        shutil.copy2(kept, path)
        kept.unlink()


def verified(folder, *more, code=1):
    ran = foxup("verify", "--dir", folder, "--json", *more, code=code)
    causes = [item["code"] for item in ran.data["explanation"] if item["severity"] != "info"]
    return ran.data["verdict"], causes


def setting(path, **values):
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}, indent=4))


def test_untouched_it_is_the_same(smoke):
    verdict, causes = verified(smoke, code=0)
    assert verdict in {"identical", "same"}
    assert causes == []


@pytest.mark.parametrize(
    ("values", "code"),
    [({"CLIP_stop_at_last_layers": 1}, "img-clip-skip"), ({"sd_vae": "None"}, "img-washed-out-no-vae")],
)
def test_a_changed_setting(smoke, values, code):
    with changed(smoke, "config.json") as path:
        setting(path, **values)
        verdict, causes = verified(smoke)
    assert verdict in {"different", "drifted"}
    assert causes[0] == code


def test_another_checkpoint_under_the_right_name(smoke):
    from safetensors.numpy import load_file, save_file

    with changed(smoke, CHECKPOINT) as path:
        tensors = load_file(path)
        for name, value in tensors.items():
            if name.startswith("model.diffusion_model.output_blocks"):
                tensors[name] = (value * 1.35).astype(value.dtype)
        save_file(tensors, path)
        verdict, causes = verified(smoke)
    assert verdict in {"different", "drifted"}
    assert causes[0] == "img-wrong-model"


def test_a_changed_seed(smoke):
    verdict, causes = verified(smoke, "--set", "seed=1")
    assert verdict in {"different", "drifted"}
    assert "seed" in causes[0]


def test_a_sampler_that_would_be_replaced_in_silence_is_refused(smoke):
    refused = foxup("verify", "--dir", smoke, "--set", "sampler=Foo", "--json", code=2).document
    assert refused["error"]["code"] == "parameter-invalid"
    assert "DPM++ 2M" in refused["error"]["cause"]


def test_a_vae_that_is_not_there_is_named_as_it_was_asked_for(smoke):
    ran = foxup("verify", "--dir", smoke, "--json", "--set", "vae=nope.pt", code=1)
    first = ran.data["explanation"][0]
    assert first["code"] == "vae-unknown-name"
    assert "nope.pt" in first["message"]


def test_a_byte_order_mark_in_the_settings(smoke):
    with changed(smoke, "config.json") as path:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
        verdict, causes = verified(smoke)
        assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "verify leaves the person's file alone"
    assert verdict in {"different", "drifted"}
    assert causes[0].startswith("config-json")


def test_settings_edited_while_it_runs(smoke):
    foxup("start", "--dir", smoke)
    try:
        with changed(smoke, "config.json") as path:
            setting(path, CLIP_stop_at_last_layers=1)
            verdict, causes = verified(smoke)
    finally:
        foxup("stop", "--dir", smoke)
    assert verdict in {"different", "drifted"}
    assert {"img-clip-skip", "settings-not-applied"} & set(causes[:2])


def test_a_truncated_checkpoint(smoke):
    with changed(smoke, CHECKPOINT) as path:
        path.write_bytes(path.read_bytes()[:1_000_000])
        verdict, causes = verified(smoke)
    assert verdict == "broken"  # the web UI cannot load it, so there is no picture at all
    assert causes[0] == "safetensors-incomplete"


def test_a_missing_vae(smoke):
    with changed(smoke, VAE) as path:
        path.unlink()
        verdict, causes = verified(smoke)
    assert verdict in {"different", "drifted"}
    assert causes[0] == "vae-missing"
