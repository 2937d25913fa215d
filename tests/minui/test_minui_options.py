"""Settings file and the loose conversions of answers and requests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minui import loose
from minui.options import Options, known_settings
from minui.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path, tmp_path, tmp_path / "models")


@pytest.fixture
def options(paths: Paths) -> Options:
    made = Options(known_settings(paths))
    made.load(str(paths.data / "config.json"), paths)
    return made


def _write(paths: Paths, text: str, encoding: str = "utf-8") -> str:
    file = paths.data / "config.json"
    file.write_text(text, encoding=encoding)
    return str(file)


def test_without_a_file_everything_is_default_and_nothing_is_written(options: Options, paths: Paths) -> None:
    assert options.data == {}
    assert (options.CLIP_stop_at_last_layers, options.sd_vae, options.sd_model_checkpoint) == (1, "Automatic", None)
    assert not (paths.data / "config.json").exists()
    with pytest.raises(AttributeError):
        options.get("no_such_setting")


def test_the_file_replaces_the_memory_and_unknown_keys_survive_saving(options: Options, paths: Paths) -> None:
    options.set("eta_noise_seed_delta", 5)
    file = _write(paths, '{"CLIP_stop_at_last_layers": 2, "mine": [1, "ж"]}')
    options.load(file, paths)
    assert (options.eta_noise_seed_delta, options.CLIP_stop_at_last_layers) == (0, 2)
    options.save(file)
    assert (
        Path(file).read_text(encoding="utf-8")
        == '{\n    "CLIP_stop_at_last_layers": 2,\n    "mine": [\n        1,\n        "ж"\n    ]\n}'
    )


@pytest.mark.parametrize(("text", "encoding"), [('{"a": 1', "utf-8"), ('{"a": 1}', "utf-8-sig"), ("", "utf-8")])
def test_an_unreadable_file_is_moved_away(
    options: Options, paths: Paths, capsys: pytest.CaptureFixture[str], text: str, encoding: str
) -> None:
    paths.temporary.mkdir()
    options.load(_write(paths, text, encoding), paths)
    assert options.data == {}
    assert (paths.temporary / "config.json").exists()
    assert not (paths.data / "config.json").exists()
    assert '*** It has been moved to the "tmp/config.json"' in capsys.readouterr().err


def test_without_tmp_an_unreadable_file_is_fatal(options: Options, paths: Paths) -> None:
    with pytest.raises(FileNotFoundError):
        options.load(_write(paths, "{"), paths)


def test_valid_json_that_is_no_object_is_fatal(options: Options, paths: Paths) -> None:
    with pytest.raises(AttributeError):
        options.load(_write(paths, "[1]"), paths)


def test_wrong_types_only_warn_and_stay(options: Options, paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    options.load(_write(paths, '{"CLIP_stop_at_last_layers": "2", "memmon_poll_rate": 0.5, "sd_vae": null}'), paths)
    err = capsys.readouterr().err
    assert "Warning: bad setting value: CLIP_stop_at_last_layers: 2 (str; expected int)" in err
    assert "memmon" not in err
    assert options.CLIP_stop_at_last_layers == "2"


def test_old_keys_are_carried_over_only_if_the_new_ones_are_absent(options: Options, paths: Paths) -> None:
    options.load(_write(paths, '{"quicksettings": "sd_vae, b", "sd_vae_as_default": true}'), paths)
    assert options.quicksettings_list == ["sd_vae", "b"]
    assert options.sd_vae_overrides_per_model_preferences is False
    options.load(_write(paths, '{"quicksettings": "x", "quicksettings_list": ["y"]}'), paths)
    assert options.quicksettings_list == ["y"]


def test_setting_runs_the_callback_and_a_failure_brings_the_old_value_back(options: Options) -> None:
    calls = []
    options.on_change["sd_vae"] = lambda: calls.append(options.sd_vae)
    assert options.set("sd_vae", "a")
    assert not options.set("sd_vae", "a")
    options.on_change["sd_vae"] = lambda: 1 / 0
    assert not options.set("sd_vae", "b")
    assert (options.sd_vae, calls) == ("a", ["a"])
    with pytest.raises(KeyError):
        options.set("no_such_setting", 1)


def test_locked_keys_are_closed_to_the_api_and_frozen_settings_to_all(options: Options, paths: Paths) -> None:
    assert not options.set("api_useragent", "x", from_api=True)
    assert options.set("api_useragent", "x")
    frozen = Options(known_settings(paths), frozen=True)
    with pytest.raises(AssertionError, match="changing settings is disabled"):
        frozen.set("sd_vae", "a")
    with pytest.raises(AssertionError):
        frozen.save(str(paths.data / "config.json"))


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("CLIP_stop_at_last_layers", "2", 2),
        ("use_downcasted_alpha_bar", "False", False),
        ("tiling", "True", True),
        ("eta_ddim", "0.5", 0.5),
    ],
)
def test_infotext_values_take_the_settings_type(options: Options, key: str, text: str, value: object) -> None:
    assert options.cast(key, text) == value


# ---- loose conversion -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("int", " 42 ", 42), ("int", 7.9, 7), ("float", 2, 2.0), ("float", "2", 2.0), ("str", 5, "5"), ("str", True, "True"),
        ("bool", "yes", True), ("bool", 0, False), ("list", (1, 2), [1, 2]), ("texts", [1, "a"], ["1", "a"]), ("any", "x", "x"), ("int", None, None),
    ],
)  # fmt: skip
def test_values_that_fit(kind: str, value: object, found: object) -> None:
    converted = loose.convert(kind, value)
    assert converted == found
    assert type(converted) is type(found)


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        ("int", "many", "type_error.integer"), ("float", [], "type_error.float"), ("str", [], "type_error.str"),
        ("bool", "perhaps", "type_error.bool"), ("list", "ab", "type_error.list"), ("dict", [1], "type_error.dict"),
    ],
)  # fmt: skip
def test_values_that_do_not_fit(kind: str, value: object, error: str) -> None:
    with pytest.raises(loose.BadValue) as caught:
        loose.convert(kind, value)
    assert caught.value.kind == error


def test_settings_with_a_falsy_default_stay_untyped_and_integers_become_floats() -> None:
    kinds = [loose.answer_kind(default, numbers_as_float=True) for default in (1, None, True, "a", 2.5, ["x"])]
    assert kinds == ["float", "any", "bool", "str", "float", "list"]
    assert [loose.answer_kind(default, numbers_as_float=False) for default in (1, None)] == ["int", "str"]


@given(st.integers(-(2**40), 2**40))
def test_whole_numbers_pass_as_they_are(number: int) -> None:
    assert loose.convert("int", number) == loose.convert("int", f" {number}") == number
