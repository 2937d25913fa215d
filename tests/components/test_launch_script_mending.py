"""A spoiled line of arguments is repaired; what shells read is no damage, and nothing a person wrote is dropped."""

from __future__ import annotations

import shlex

import pytest
from tests.components.launch_script_forms import BATCH, RUN, SHELL, bash, cmd

from foxup.components import launch_script as script

SPOILED_SHELL = [
    (b'export COMMANDLINE_ARGS="--api --medvram\nexport X="1"\n', ["--api", "--medvram"]),
    (b'export COMMANDLINE_ARGS="--api --medvram\n', ["--api", "--medvram"]),
    (b"export COMMANDLINE_ARGS=--api --medvram\nexport X=1\n", ["--api", "--medvram"]),
    (b"COMMANDLINE_ARGS=--api --medvram\nexport X=1\n", ["--api", "--medvram"]),
    ("export COMMANDLINE_ARGS=“--api --medvram”; export X=1\n".encode(), ["--api", "--medvram"]),
    ('export COMMANDLINE_ARGS="—api –medvram"\n'.encode(), ["--api", "--medvram"]),
    (b'export COMMANDLINE_ARGS="--theme \\"dark --api"\nexport X=1\n', ["--theme", "dark", "--api"]),
    (b'export COMMANDLINE_ARGS="--api \\\\"\n', ["--api"]),
]
SPOILED_BATCH = [
    (b'set COMMANDLINE_ARGS=--ckpt-dir "D:/x\r\nset FOO=1\r\n' + RUN, ["--ckpt-dir", "D:/x"]),
    (b"set COMMANDLINE_ARGS=--api\r\n--medvram --listen\r\n" + RUN, ["--api", "--medvram", "--listen"]),
    (b'set COMMANDLINE_ARGS="--api --medvram"\r\n' + RUN, ["--api", "--medvram"]),
    ("set COMMANDLINE_ARGS=—api “--medvram”\r\n".encode("cp1251") + RUN, ["--api", "--medvram"]),
]


def commented(line: bytes, text: bytes) -> bool:
    return any(mark + line in text for mark in (b"rem ", b"# "))


@pytest.mark.parametrize("text", SHELL)
def test_what_bash_reads_is_no_damage(text):
    assert not script.spoiled(text, windows=False)
    assert script.mended(text, (), windows=False) is None


@pytest.mark.parametrize("text", BATCH)
def test_what_cmd_reads_is_no_damage(text):
    assert not script.spoiled(text, windows=True)
    assert script.mended(text, (), windows=True) is None


@pytest.mark.parametrize(("text", "wanted"), SPOILED_SHELL)
def test_bash_reads_a_mended_script(tmp_path, text, wanted):
    assert script.spoiled(text, windows=False)
    mended = script.mended(text, (), windows=False)
    assert mended is not None
    assert not script.spoiled(mended[0], windows=False)
    seen = bash(tmp_path, mended[0])
    assert shlex.split(seen[script.NAME]) == wanted
    assert seen.get("X") == ("1" if b"X=" in text else None)
    assert commented(text.split(b"\n")[0], mended[0])


def test_cmd_reads_a_mended_script(tmp_path, wine):
    mended = [script.mended(text, (), windows=True) for text, _wanted in SPOILED_BATCH]
    contents = [item[0] for item in mended if item]
    for (text, wanted), content, seen in zip(SPOILED_BATCH, contents, cmd(tmp_path, contents, wine), strict=True):
        assert script.spoiled(text, windows=True)
        assert not script.spoiled(content, windows=True)
        assert shlex.split(seen[script.NAME]) == wanted, text
        assert seen.get("FOO") == ("1" if b"FOO" in text else None)
        assert commented(text.split(b"\r\n")[0], content)


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        (b"set COMMANDLINE_ARGS=--api --oops & set FOO=1\r\n" + RUN, True),
        (b"set COMMANDLINE_ARGS=--api --oops\r\nset FOO=1\r\n" + RUN, True),
        (b'export COMMANDLINE_ARGS="--api --oops"; export FOO=1\n', False),
        (b'export FOO=1 COMMANDLINE_ARGS="--api --oops"\n', False),
        (b'export COMMANDLINE_ARGS="--api \\\n  --oops"\nexport FOO=1\n', False),
    ],
)
def test_an_argument_is_taken_out_and_other_commands_stay(text, windows):
    mended = script.mended(text, {"--oops"}, windows=windows)
    assert mended is not None
    assert mended[1] == ("--oops",)
    assert script.current_arguments(mended[0], windows=windows) == ("--api",)
    assert script.all_variables(mended[0], windows=windows)["FOO"] == "1"


def test_what_only_the_owner_understands_is_left_alone():
    text = b'[ -d /nowhere ] && export COMMANDLINE_ARGS="--api --oops"\n'
    assert script.mended(text, {"--oops"}, windows=False) is None
    text = b'export COMMANDLINE_ARGS="--ckpt-dir $HOME/models --oops"\n'
    assert script.mended(text, {"--oops"}, windows=False) is None
