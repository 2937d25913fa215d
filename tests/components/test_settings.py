"""config.json: merged, never rewritten, its quirks named."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foxup.components import settings

WANTED = {"CLIP_stop_at_last_layers": 2, "sd_vae": "clear.safetensors", "quicksettings_list": ("sd_vae",)}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'\xef\xbb\xbf{"a": 1}', "config-json-bom"),
        ('{"a": 1}'.encode("utf-16"), "config-json-bom"),
        (b'{"a": 1', "config-json-corrupt"),
        (b"[1]", "config-json-corrupt"),
        (b"", "config-json-corrupt"),
        (b'{"a": "\xcf\xf0"}', "config-json-corrupt"),
    ],
)
def test_a_file_the_web_ui_would_throw_away_is_named(content, code):
    problem = settings.file_problem(content)
    assert problem is not None
    assert (problem.code, problem.fixed_by) == (code, "settings")


@pytest.mark.parametrize("content", [None, b"{}", '{"имя": "лиса"}'.encode()])
def test_a_readable_file_is_no_problem(content):
    assert settings.file_problem(content) is None


def test_what_stands_behind_a_byte_order_mark_is_saved():
    assert settings.salvage(b'\xef\xbb\xbf{"mine": 7}') == {"mine": 7}
    assert settings.salvage('{"mine": 7}'.encode("utf-16")) == {"mine": 7}
    assert settings.salvage(b"{") == {}


def test_a_number_in_quotes_differs_though_it_looks_the_same():
    assert settings.differing({**_plain(), "CLIP_stop_at_last_layers": "2"}, WANTED) == {
        "CLIP_stop_at_last_layers": ("2", 2)
    }
    assert settings.differing({**_plain(), "CLIP_stop_at_last_layers": True}, WANTED)


@pytest.mark.parametrize(
    ("have", "same"),
    [("fox.ckpt", True), ("fox.ckpt [0123456789]", True), ("cat.ckpt [0123456789]", False), (None, False)],
)
def test_the_hash_that_the_web_ui_adds_to_a_checkpoint_is_no_change(have, same):
    found = settings.differing({"sd_model_checkpoint": have}, {"sd_model_checkpoint": "fox.ckpt"})
    assert (found == {}) is same


def test_lists_keep_the_persons_own_items_first():
    merged = settings.merged({"quicksettings_list": ["mine"]}, WANTED)
    assert merged["quicksettings_list"] == ["mine", "sd_vae"]


@given(st.dictionaries(st.text(), JSON))
def test_unknown_keys_and_their_order_survive(current):
    merged = settings.merged(current, WANTED)
    kept = [key for key in merged if key in current]
    assert kept == list(current)
    assert all(merged[key] == value for key, value in current.items() if key not in WANTED)
    assert not settings.differing(merged, WANTED)
    assert settings.read(settings.dump(merged)) == json.loads(json.dumps(merged))


def _plain():
    return {key: list(value) if isinstance(value, tuple) else value for key, value in WANTED.items()}
