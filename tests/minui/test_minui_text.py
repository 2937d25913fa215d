"""Prompts and infotexts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minui import infotext
from minui.options import Options, known_settings
from minui.paths import Paths
from minui.prompts import BREAK, Timeline, at_step, composed, schedule, strip_comments, uses_emphasis, weighted_texts

TEN = Timeline(10)


@pytest.mark.parametrize(
    ("prompt", "pieces"),
    [
        ("normal text", [("normal text", 1.0)]),
        ("an (important) word", [("an ", 1.0), ("important", 1.1), (" word", 1.0)]),
        ("(unbalanced", [("unbalanced", 1.1)]),
        (r"\(literal\]", [("(literal]", 1.0)]),
        ("(a)(b)", [("ab", 1.1)]),
        ("((a))", [("a", 1.21)]),
        ("[a]", [("a", 1 / 1.1)]),
        ("(a:1.5) (b : 0.5)", [("a", 1.5), (" ", 1.0), ("b ", 0.5)]),
        ("masterpiece:1.2", [("masterpiece:1.2", 1.0)]),
        ("", [("", 1.0)]),
        ("a BREAK b", [("a", 1.0), BREAK, ("b", 1.0)]),
    ],
)
def test_emphasis(prompt: str, pieces: list[tuple[str, float]]) -> None:
    found = weighted_texts(prompt)
    assert [text for text, _ in found] == [text for text, _ in pieces]
    assert [weight for _, weight in found] == pytest.approx([weight for _, weight in pieces])


def test_a_weight_that_is_no_number_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"1\.2\.3"):
        weighted_texts("(a:1.2.3)")


@given(st.text(st.characters(exclude_characters="()[]\\:BREAK"), min_size=1))
def test_text_without_marks_stays_whole(text: str) -> None:
    assert weighted_texts(text) == [(text, 1.0)]
    assert schedule(text.replace("|", ""), TEN) == [(10, text.replace("|", ""))]


@given(st.text(alphabet="ab()[]:|.12\\ ", max_size=30), st.integers(1, 12))
def test_schedules_rise_and_end_with_the_last_step(prompt: str, steps: int) -> None:
    ends = [end for end, _ in schedule(prompt, Timeline(steps))]
    assert ends == sorted(set(ends))
    assert ends[-1] == steps


@pytest.mark.parametrize(
    ("prompt", "plan"),
    [
        ("test", [(10, "test")]),
        ("a [b:3]", [(3, "a "), (10, "a b")]),
        ("a [b: 3]", [(3, "a "), (10, "a b")]),
        ("a [[[b]]:2]", [(2, "a "), (10, "a [[b]]")]),
        ("[(a:2):3]", [(3, ""), (10, "(a:2)")]),
        ("a [b : c : 1] d", [(1, "a b  d"), (10, "a  c  d")]),
        ("a[b:[c:d:2]:1]e", [(1, "abe"), (2, "ace"), (10, "ade")]),
        ("a [unbalanced", [(10, "a [unbalanced")]),
        ("a [b:.5] c", [(5, "a  c"), (10, "a b c")]),
        ("((a][:b:c [d:3]", [(3, "((a][:b:c "), (10, "((a][:b:c d")]),
        ("[fe|]male", [(step, "female" if step % 2 else "male") for step in range(1, 11)]),
        ("a | b", [(10, "a | b")]),
        ("[a:b:-1]", [(10, "b")]),
        ("[a:b:99]", [(10, "a")]),
    ],
)
def test_editing_and_alternation(prompt: str, plan: list[tuple[int, str]]) -> None:
    assert schedule(prompt, TEN) == plan


def test_second_pass_and_old_reading_of_numbers() -> None:
    second = Timeline(10, first_steps=10)
    assert schedule("a [b:.5] c", second) == [(10, "a b c")]
    assert schedule("a [b:1.5] c", second) == [(5, "a  c"), (10, "a b c")]
    assert schedule("a [b:12] c", second) == [(2, "a  c"), (10, "a b c")]
    assert schedule("a [b:1.5] c", Timeline(10, old=True)) == [(1, "a  c"), (10, "a b c")]


def test_which_text_holds_at_a_call() -> None:
    plan = [(3, "a"), (10, "b")]
    assert [at_step(plan, step) for step in (0, 3, 4, 10, 11)] == [0, 0, 1, 1, 0]


def test_parts_joined_by_and() -> None:
    assert composed("cat :1.2 AND dog AND a:b") == [("cat", 1.2), (" dog", 1.0), (" a:b", 1.0)]
    assert composed("SAND") == [("SAND", 1.0)]


def test_comments() -> None:
    assert strip_comments("a # b\nc\n# whole\nd") == "a \nc\nd"


# ---- infotext ---------------------------------------------------------------------------------------------------

FOX = (
    "1girl, (fox ears:1.2),\nglasses\nNegative prompt: (worst quality:1.3)\nsecond\n"
    "Steps: 24, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.0, Seed: 3287962209, Size: 512x640, "
    'Model: "a, b", Clip skip: 2, Version: minui-1.0.0'
)


def test_reading_fills_in_what_absent_keys_mean() -> None:
    told = infotext.read(FOX)
    assert told["Prompt"] == "1girl, (fox ears:1.2),\nglasses"
    assert told["Negative prompt"] == "(worst quality:1.3)\nsecond"
    assert (told["Size-1"], told["Size-2"], told["Model"], told["Clip skip"]) == ("512", "640", "a, b", "2")
    assert (told["RNG"], told["Hires resize-1"], told["Emphasis"]) == ("GPU", 0, "Original")
    assert "Emphasis" not in infotext.read("a fox\nSteps: 1, Seed: 2, Size: 8x8")


def test_a_last_line_with_few_pairs_is_prompt() -> None:
    assert infotext.read("a fox, mood: calm, light: low")["Prompt"] == "a fox, mood: calm, light: low"
    assert infotext.read("")["Prompt"] == ""


def test_old_first_pass_size_becomes_size_and_target() -> None:
    told = infotext.read("x\nSteps: 1, Seed: 2, Size: 1024x768, First pass size: 512x384")
    assert (told["Size-1"], told["Hires resize-1"]) == (512, 1024)


def test_writing_leaves_out_none_and_quotes() -> None:
    text = infotext.write("p", "", {"Steps": 20, "Model": "a, b", "VAE": None, "Tiling": "True", "X": "X"})
    assert text == 'p\nSteps: 20, Model: "a, b", Tiling: True, X'


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1), st.integers(0, 2**40))
def test_values_survive_there_and_back(value: str, seed: int) -> None:
    text = infotext.write("p", "n", {"Steps": 20, "Seed": seed, "Model": f"m{value.strip()}m", "Version": "v"})
    told = infotext.read(text)
    assert (told["Model"], told["Seed"], told["Negative prompt"]) == (f"m{value.strip()}m", str(seed), "n")


def test_settings_in_a_text_become_overrides_only_where_they_differ(tmp_path: Path) -> None:
    options = Options(known_settings(Paths(tmp_path, tmp_path, tmp_path)))
    told = infotext.read(
        "x\nSteps: 1, Seed: 2, Size: 8x8, Clip skip: 2, Model hash: abc, VAE: v.pt, Emphasis: Original"
    )
    assert infotext.overrides(told, options) == {"CLIP_stop_at_last_layers": 2, "sd_vae": "v.pt"}


def test_emphasis_is_found() -> None:
    assert uses_emphasis("a (b)")
    assert not uses_emphasis("a BREAK b")
