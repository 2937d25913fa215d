"""The launch script: merged byte for byte, and the real shells agree on what it then says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foxup.components import launch_script as script

BAT = b"@echo off\n\nset PYTHON=\nset GIT=\nset VENV_DIR=\nset COMMANDLINE_ARGS=\n\ncall webui.bat\n"
SH = b'#!/bin/bash\n# settings\n#export COMMANDLINE_ARGS=""\n#export GIT="git"\n\n###########\n'
WANTED = ("--xformers", "--no-half-vae")


def bat(text: bytes, arguments=WANTED, variables=None) -> bytes:
    return script.merge(text, arguments, variables or {}, windows=True)


def sh(text: bytes, arguments=WANTED, variables=None) -> bytes:
    return script.merge(text, arguments, variables or {}, windows=False)


def test_upstream_bat_gets_the_guides_line_six():
    merged = bat(BAT)
    assert merged == BAT.replace(b"COMMANDLINE_ARGS=", b"COMMANDLINE_ARGS=--xformers --no-half-vae")
    assert merged.split(b"\n")[5] == b"set COMMANDLINE_ARGS=--xformers --no-half-vae"


def test_upstream_sh_gets_its_commented_line_replaced():
    assert sh(SH) == SH.replace(b'#export COMMANDLINE_ARGS=""', b'export COMMANDLINE_ARGS="--xformers --no-half-vae"')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"set COMMANDLINE_ARGS= --xformers\r\n", b"set COMMANDLINE_ARGS= --xformers --no-half-vae\r\n"),
        (b'set "COMMANDLINE_ARGS=--medvram"\n', b'set "COMMANDLINE_ARGS=--medvram --xformers --no-half-vae"\n'),
        (b"@SET commandline_args=--api\n", b"@SET commandline_args=--api --xformers --no-half-vae\n"),
        (
            b"set COMMANDLINE_ARGS=--api ^\n --theme dark\ncall webui.bat\n",
            b"set COMMANDLINE_ARGS=--api ^\n --theme dark\n"
            b"set COMMANDLINE_ARGS=%COMMANDLINE_ARGS% --xformers --no-half-vae\ncall webui.bat\n",
        ),
        (b"rem set COMMANDLINE_ARGS=--x\ncall webui.bat\n",
         b"rem set COMMANDLINE_ARGS=--x\nset COMMANDLINE_ARGS=--xformers --no-half-vae\ncall webui.bat\n"),
        ("rem Привет\nset COMMANDLINE_ARGS=\n".encode("cp866"),
         "rem Привет\nset COMMANDLINE_ARGS=--xformers --no-half-vae\n".encode("cp866")),
    ],
)  # fmt: skip
def test_bat_keeps_what_the_person_wrote(before, after):
    assert bat(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"export COMMANDLINE_ARGS='--api'\n", b"export COMMANDLINE_ARGS='--api --xformers --no-half-vae'\n"),
        (
            b"COMMANDLINE_ARGS=--api # mine\n",
            b'COMMANDLINE_ARGS=--api # mine\nexport COMMANDLINE_ARGS="$COMMANDLINE_ARGS --xformers --no-half-vae"\n',
        ),
        (
            b'export COMMANDLINE_ARGS="$MINE --api"\n',
            b'export COMMANDLINE_ARGS="$MINE --api"\n'
            b'export COMMANDLINE_ARGS="$COMMANDLINE_ARGS --xformers --no-half-vae"\n',
        ),
        (b"#!/bin/bash\n", b'#!/bin/bash\nexport COMMANDLINE_ARGS="--xformers --no-half-vae"\n'),
        (b"", b'export COMMANDLINE_ARGS="--xformers --no-half-vae"\n'),
    ],
)
def test_sh_keeps_what_the_person_wrote(before, after):
    assert sh(before) == after


def test_the_persons_choice_wins_and_is_named():
    own = b"set COMMANDLINE_ARGS=--opt-sdp-attention --use-cpu interrogate\n"
    wanted = ("--xformers", "--use-cpu", "all", "--no-half-vae")
    assert bat(own, wanted) == own.replace(b"interrogate", b"interrogate --no-half-vae")
    assert script.conflicts(script.current_arguments(own, windows=True), wanted) == [
        ("--opt-sdp-attention", "--xformers"),
        ("--use-cpu interrogate", "--use-cpu all"),
    ]


def test_the_last_assignment_counts():
    own = b"set COMMANDLINE_ARGS=--a\nset COMMANDLINE_ARGS=--b\n"
    assert script.current_arguments(own, windows=True) == ("--b",)
    assert bat(own, ("--b",)) == own


@given(st.lists(st.sampled_from([BAT, SH, b"\r\n", b"set X=1\r\n", b"call webui.bat\r\n", b"\xff\xfe", b"export A=b\n"])),
       st.booleans())  # fmt: skip
def test_merging_twice_changes_nothing(parts, windows):
    text = b"".join(parts)
    variables = {"STABLE_DIFFUSION_REPO": "https://example.org/a b.git", "PERCENT": "50%"}
    once = script.merge(text, WANTED, variables, windows=windows)
    assert script.merge(once, WANTED, variables, windows=windows) == once
    assert {"--xformers", "--no-half-vae"} <= set(script.current_arguments(once, windows=windows))


@given(st.binary(max_size=300))
def test_any_bytes_survive_around_the_change(noise):
    noise = noise.replace(b"\n", b"").replace(b"\r", b"").replace(b"COMMANDLINE", b"")
    before = b"rem " + noise + b"\n" + BAT
    assert bat(before).startswith(b"rem " + noise + b"\n")


@pytest.mark.parametrize("value", ["a b", "50% of $HOME", "it's", 'a "quoted" one', "x&y|z", "C:\\sd\\venv"])
def test_bash_reads_the_values_as_they_were_meant(tmp_path, value):
    path = tmp_path / "webui-user.sh"
    once = sh(SH, ("--ckpt-dir", value), {"OWN": value})
    path.write_bytes(once)
    assert sh(once, ("--ckpt-dir", value)) == once
    code = "import os,shlex; print([os.environ['OWN'], shlex.split(os.environ['COMMANDLINE_ARGS'])])"
    result = subprocess.run(
        ["bash", "-c", f'. "$1"; python3 -c "{code}"', "-", str(path)], capture_output=True, text=True, check=True
    )
    assert eval(result.stdout) == [value, ["--ckpt-dir", value]]


@pytest.mark.parametrize("folder", ["plain", "with space", "per%cent", "a&b"])
@pytest.mark.parametrize("value", ["plain", "a b", "50%", "x&y"])
def test_cmd_reads_the_values_as_they_were_meant(tmp_path: Path, wine, folder, value):
    """A real cmd.exe (wine's) runs the merged script from such a folder and passes everything on."""
    place = tmp_path / folder
    place.mkdir()
    (place / "webui.bat").write_bytes(b"@echo off\r\nset OWN>own.txt\r\nset COMMANDLINE_ARGS>arguments.txt\r\n")
    merged = bat(BAT, ("--xformers", "--ckpt-dir", value), {"OWN": value})
    (place / "webui-user.bat").write_bytes(merged)
    subprocess.run(["wine", "cmd", "/c", "webui-user.bat"], cwd=place, env=wine, check=True, timeout=120,
                   stdin=subprocess.DEVNULL, capture_output=True)  # fmt: skip
    assert (place / "own.txt").read_text().strip() == f"OWN={value}"
    arguments = (place / "arguments.txt").read_text().strip().partition("=")[2]
    import shlex

    assert shlex.split(arguments) == ["--xformers", "--ckpt-dir", value]
