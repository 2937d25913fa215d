"""Whatever form people give their launch scripts: what they set is kept, read as the shell reads it, and extended."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.components.launch_script_forms import BATCH, RUN, SHELL, bash, cmd, kept

from foxup.components import launch_script as script

WANTED = ("--xformers", "--no-half-vae")
NAMES = {"STABLE_DIFFUSION_REPO": "https://example.org/a b.git"}
PLAIN = {b"set COMMANDLINE_ARGS=", b"set COMMANDLINE_ARGS=--api", b'export COMMANDLINE_ARGS="--api"'}


def same(before: bytes, after: bytes) -> bool:
    """The person's lines are there, or the one plain value among them has grown."""
    if kept(before, after):
        return True
    grown = [line for line in before.split(b"\n") if b"COMMANDLINE_ARGS=" in line]
    return any(kept(before.replace(line + b"\n", b"", 1), after) and line.rstrip(b"\r\"'") in after for line in grown)


@pytest.mark.parametrize("text", SHELL)
def test_bash_gets_what_the_person_set_and_what_was_added(tmp_path, text):
    merged = script.merge(text, WANTED, NAMES, windows=False)
    before, after = bash(tmp_path, text), bash(tmp_path, merged)
    had = shlex.split(before.get(script.NAME, ""))
    if text.startswith(b"COMMANDLINE_ARGS") and not had:  # without `export` the web UI does not get it
        had = [word for word in script.current_arguments(text, windows=False) if word not in WANTED]
    assert shlex.split(after[script.NAME]) == [*had, *WANTED]
    assert after["STABLE_DIFFUSION_REPO"] == NAMES["STABLE_DIFFUSION_REPO"]
    assert after.get("X") == before.get("X")
    if b"if false" not in text and not text.startswith(
        b"COMMANDLINE_ARGS"
    ):  # nothing is run to find out which way a condition goes
        assert list(script.current_arguments(text, windows=False)) == had
        assert list(script.current_arguments(merged, windows=False)) == [*had, *WANTED]
    assert script.merge(merged, WANTED, NAMES, windows=False) == merged
    assert kept(text, merged) or same(text, merged) or text.count(b"#export") > 1


def test_cmd_gets_what_the_person_set_and_what_was_added(tmp_path, wine):
    merged = [script.merge(text, WANTED, NAMES, windows=True) for text in BATCH]
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
    ran = zip(BATCH, merged, cmd(tmp_path / "before", BATCH, wine), cmd(tmp_path / "after", merged, wine), strict=True)
    for text, changed, before, after in ran:
        had = shlex.split(before.get(script.NAME, ""))
        leaves = b"exit" in text
        assert bool(before) is bool(after) is not leaves, text
        if not leaves:
            assert shlex.split(after.get(script.NAME, "")) == [*had, *WANTED], text
            assert after["STABLE_DIFFUSION_REPO"] == NAMES["STABLE_DIFFUSION_REPO"], text
        assert kept(text, changed) or same(text, changed), text
        assert script.merge(changed, WANTED, NAMES, windows=True) == changed, text
        if text.isascii() and not leaves:
            assert list(script.current_arguments(text, windows=True)) == had, text


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        (b"set COMMANDLINE_ARGS=--opt-sdp-attention\nset COMMANDLINE_ARGS=%COMMANDLINE_ARGS% --api\n" + RUN, True),
        (b"set COMMANDLINE_ARGS=--opt-sdp-attention ^\n--api\n" + RUN, True),
        (b"if defined FAST set COMMANDLINE_ARGS=--opt-sdp-attention\n" + RUN, True),
        (b'export COMMANDLINE_ARGS="--opt-sdp-attention"\nexport COMMANDLINE_ARGS="$COMMANDLINE_ARGS --api"\n', False),
        (b'if false; then\n:\nelse\nexport COMMANDLINE_ARGS="--opt-sdp-attention"\nfi\n', False),
    ],
)
def test_a_conflict_is_named_however_the_value_is_built(text, windows):
    assert script.possible_conflicts(text, WANTED, windows=windows) == [("--opt-sdp-attention", "--xformers")]
    merged = script.merge(text, WANTED, {}, windows=windows)
    assert b"--xformers" not in merged
    assert merged.count(b"--no-half-vae") == 1


def test_an_empty_variable_is_not_set():
    text = b"set STABLE_DIFFUSION_REPO=\r\nset COMMANDLINE_ARGS=--api\r\n" + RUN
    merged = script.merge(text, (), NAMES, windows=True)
    assert script.all_variables(merged, windows=True)["STABLE_DIFFUSION_REPO"] == NAMES["STABLE_DIFFUSION_REPO"]
    assert kept(text, merged)


def test_a_blank_line_keeps_its_own_end():
    text = b"@echo off\r\n\n\r\nset PYTHON=\r\n\nset COMMANDLINE_ARGS=\r\n\r\n" + RUN
    assert script.merge(text, WANTED, {}, windows=True) == text.replace(b"ARGS=", b"ARGS=--xformers --no-half-vae")


def test_quotes_around_the_whole_value_are_not_written_into():
    text = b'set COMMANDLINE_ARGS="--api --medvram"\r\n' + RUN
    merged = script.merge(text, WANTED, {}, windows=True)
    assert merged == text.replace(RUN, b"set COMMANDLINE_ARGS=%COMMANDLINE_ARGS% --xformers --no-half-vae\r\n" + RUN)


@given(st.lists(st.sampled_from([*SHELL, b"echo one\n", b"# note\n"]), max_size=5))
def test_merging_any_shell_script_twice_changes_nothing(parts):
    text = b"".join(part if part.endswith(b"\n") else part + b"\n" for part in parts)
    once = script.merge(text, WANTED, NAMES, windows=False)
    assert script.merge(once, WANTED, NAMES, windows=False) == once


@given(st.lists(st.sampled_from([*BATCH, b"echo one\r\n", b"rem note\n"]), max_size=5))
def test_merging_any_batch_file_twice_changes_nothing(parts):
    text = b"".join(part.replace(RUN, b"") for part in parts) + RUN
    once = script.merge(text, WANTED, NAMES, windows=True)
    assert script.merge(once, WANTED, NAMES, windows=True) == once


@given(st.text(alphabet="set COMMANDLINE_ARGS=\"'()&|^%$\\\n;`{}<>#if", max_size=80), st.booleans())
def test_nothing_a_file_may_hold_stops_the_reading(text, windows):
    once = script.merge(text.encode(), WANTED, NAMES, windows=windows)
    assert script.merge(once, WANTED, NAMES, windows=windows) == once


@given(
    st.lists(
        st.sampled_from([
            "if", "then", "fi", "else", "case x in", "esac", ";;", "(", ")", "{", "}", "for x in", "do", "done", "f()", "&&",
            "||", "|", "\n", ";", "<<E", "E", "'", '"', "\\", "`", "$(", "${", "[[", "]]", "return", "exec x", ">x", "#",
            "export COMMANDLINE_ARGS=--api", "COMMANDLINE_ARGS", "=", "set", "call webui.bat", "&", "^", "%X%", "rem", "exit",
            "if exist x", "\r\n", "for %%a in (x) do", "$COMMANDLINE_ARGS", "%COMMANDLINE_ARGS%", "--medvram", "goto :eof",
        ])
    ),
    st.booleans(),
)  # fmt: skip
def test_no_order_of_commands_stops_the_reading(parts, windows):
    text = " ".join(parts).encode()
    once = script.merge(text, WANTED, NAMES, windows=windows)
    assert script.merge(once, WANTED, NAMES, windows=windows) == once
    script.spoiled(text, windows=windows)
    script.mended(text, {"--medvram"}, windows=windows)
