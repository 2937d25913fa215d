"""Settings applied and undone on files as people have them: nothing of theirs is lost on either way."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foxup import settings_store
from foxup.components import settings
from foxup.errors import FoxupError
from foxup.paths import Layout
from foxup.profile import load

PROFILE = load("smoke")
WANTED = {key: list(value) if isinstance(value, tuple) else value for key, value in PROFILE.settings.items()}


@pytest.fixture
def layout(tmp_path):
    made = Layout(tmp_path / "webui")
    made.root.mkdir()
    (made.root / "launch.py").touch()
    return made


def stored(layout):
    return json.loads(layout.config.read_text(encoding="utf-8"))


def kept(layout):
    return sorted(path.read_bytes() for path in layout.originals.iterdir()) if layout.originals.is_dir() else []


def test_undo_takes_back_ours_and_leaves_what_was_set_since(layout):
    layout.config.write_text('{"old": 1, "CLIP_stop_at_last_layers": 1}')
    settings_store.apply(layout, PROFILE)
    layout.config.write_text(json.dumps({**stored(layout), "mine": "months of work"}))
    settings_store.apply(layout, PROFILE)
    back = settings_store.undo(layout, PROFILE)
    assert stored(layout) == {"old": 1, "CLIP_stop_at_last_layers": 1, "mine": "months of work"}
    assert back == set(WANTED)
    assert settings_store.undo(layout, PROFILE) == set()


def test_undo_of_an_untouched_file_brings_its_bytes_back(layout):
    layout.config.write_bytes(b'{"old":1,\r\n "a": [1,2]}')
    settings_store.apply(layout, PROFILE)
    settings_store.undo(layout, PROFILE)
    assert layout.config.read_bytes() == b'{"old":1,\r\n "a": [1,2]}'


def test_a_value_of_ours_that_was_changed_since_stays(layout):
    layout.config.write_text("{}")
    settings_store.apply(layout, PROFILE)
    layout.config.write_text(json.dumps({**stored(layout), "CLIP_stop_at_last_layers": 5}))
    settings_store.undo(layout, PROFILE)
    assert stored(layout) == {"CLIP_stop_at_last_layers": 5}


@pytest.mark.parametrize(
    "damaged", [b'{"mine": "months", "n": 5,}', b"{", b"[1]", b"\xcf\xf0\xe8", b"// note\n{}", b"[" * 50_000]
)
def test_a_damaged_file_is_kept_each_time(layout, damaged):
    layout.config.write_text('{"old": 1}')
    settings_store.apply(layout, PROFILE)
    layout.config.write_bytes(damaged)
    settings_store.apply(layout, PROFILE)
    assert damaged in kept(layout)
    assert b'{"old": 1}' in kept(layout)
    layout.config.write_bytes(damaged + b" ")
    settings_store.undo(layout, PROFILE)
    assert stored(layout) == {"old": 1}
    assert damaged + b" " in kept(layout)


def test_a_link_stays_a_link(layout, tmp_path):
    target = tmp_path / "elsewhere" / "settings.json"
    target.parent.mkdir()
    target.write_text('{"mine": 1}')
    layout.config.symlink_to(target)
    settings_store.apply(layout, PROFILE)
    assert layout.config.is_symlink()
    assert json.loads(target.read_text())["mine"] == 1
    assert [path.name for path in target.parent.iterdir()] == ["settings.json"]


def test_half_a_sign_is_no_reason_to_fail(layout):
    layout.config.write_text('{"mine": "\\ud83d"}')
    settings_store.apply(layout, PROFILE)
    assert stored(layout)["mine"] == "\ud83d"


def test_there_is_nothing_to_undo_before_foxup(layout):
    with pytest.raises(FoxupError) as caught:
        settings_store.undo(layout, PROFILE)
    assert caught.value.code == "nothing-to-undo"


VALUES = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5)


@given(
    st.dictionaries(st.sampled_from([*WANTED, "a", "b"]), VALUES),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES),
)
def test_there_and_back(before, since):
    """Lists are the exception: items are added to the person's, and a list of theirs comes back as it was."""
    now = {**settings.merged(before, PROFILE.settings), **since}
    assert settings.without(now, before, PROFILE.settings) == {**before, **since}
