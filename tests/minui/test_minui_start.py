"""Command line, ports, files of an install."""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from minui import flags, paths, startup
from minui.web import ports

SOURCE = Path(flags.__file__).parent
TEMPLATES = SOURCE / "templates"


def test_arguments_of_the_environment_come_after_those_of_the_process() -> None:
    assert flags.arguments(["--api"], {"COMMANDLINE_ARGS": " --port 7900 --vae-dir 'a b'"}) == [
        "--api",
        "--port",
        "7900",
        "--vae-dir",
        "a b",
    ]


def test_unquoted_backslashes_vanish_and_an_odd_quote_is_an_error() -> None:
    assert flags.arguments([], {"COMMANDLINE_ARGS": r"--ckpt-dir D:\ai\models"})[1] == "D:aimodels"
    with pytest.raises(ValueError, match="No closing quotation"):
        flags.arguments([], {"COMMANDLINE_ARGS": "--api 'x"})


def test_unknown_options_end_the_start_with_2_unless_told_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        flags.parse(tmp_path, ["--xfromers"], {})
    assert stopped.value.code == 2
    assert "--xfromers" in capsys.readouterr().err
    assert flags.parse(tmp_path, ["--xfromers", "--api"], {"IGNORE_CMD_ARGS_ERRORS": "1"}).api
    assert flags.parse(tmp_path, ["--xfromers", "--api"], {}, strict=False).api


def test_data_dir_moves_what_lies_below_it(tmp_path: Path) -> None:
    moved = tmp_path / "data"
    parsed = flags.parse(tmp_path, ["--data-dir", str(moved), "--use-cpu", "ALL", "--port", "7865"], {})
    found = paths.from_flags(tmp_path, parsed)
    assert (found.code, found.data, found.checkpoints) == (tmp_path, moved, moved / "models" / "Stable-diffusion")
    assert parsed.ui_settings_file == str(moved / "config.json")
    assert (parsed.use_cpu, parsed.port, parsed.listen) == (["all"], 7865, False)


def test_every_flag_has_a_known_kind() -> None:
    kinds = {entry["kind"] for entry in flags.table().values()}
    assert kinds == {"switch", "off-switch", "text", "int", "path", "json", "lower-list", "text-list"}


def test_the_port_moves_on_unless_it_was_asked_for() -> None:
    with ports.first_free(ports.LOCALHOST, None, start=42000, tried=100) as taken:
        port = taken.getsockname()[1]
        with ports.first_free(ports.LOCALHOST, None, start=port, tried=100) as moved:
            assert moved.getsockname()[1] > port
        with pytest.raises(OSError, match=rf"Cannot find empty port in range: {port}-{port}"):
            ports.first_free(ports.LOCALHOST, port)


def test_a_whole_range_can_be_taken() -> None:
    with socket.create_server((ports.LOCALHOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"{port}-{port}"):
            ports.first_free(ports.LOCALHOST, None, start=port, tried=1)


def _flags(folder: Path, *argv: str) -> argparse.Namespace:
    return flags.parse(folder, list(argv), {})


def test_identity_lines_and_exit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parsed = _flags(tmp_path, "--skip-torch-cuda-test")
    with pytest.raises(SystemExit):
        startup.prepare(tmp_path, parsed, ["--skip-torch-cuda-test", "--exit"])
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("Python 3.")
    assert [line for line in out if line.startswith("Version: minui-")]
    assert out[-2:] == ["Commit hash: <none>", "Exiting because of --exit argument"]


def test_a_restart_mark_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SD_WEBUI_RESTARTING", "0")
    mark = tmp_path / "tmp" / "restart"
    mark.parent.mkdir()
    mark.touch()
    startup.prepare(tmp_path, _flags(tmp_path, "--skip-torch-cuda-test"), [])
    assert not mark.exists()


def test_without_a_gpu_the_check_speaks_upstreams_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="Torch is not able to use GPU; add --skip-torch-cuda-test"):
        startup.check_torch()


def test_the_windows_files_keep_their_shape() -> None:
    user = (TEMPLATES / "webui-user.bat").read_bytes()
    assert b"\r" not in user
    assert user.split(b"\n")[5] == b"set COMMANDLINE_ARGS="
    script = (TEMPLATES / "webui.bat").read_bytes()
    assert script.count(b"\n") == script.count(b"\r\n") > 20


def test_the_manifest_lists_exactly_what_an_install_needs() -> None:
    entries = tomllib.loads((SOURCE / "MANIFEST.toml").read_text(encoding="utf-8"))["file"]
    copied = {entry["source"] for entry in entries if entry["destination"].startswith("minui/")}
    present = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*")
        if path.suffix in {".py", ".toml", ".html"}
        and path.relative_to(SOURCE).parts[0] not in {"training", "templates"}
    }
    assert copied == present - {"MANIFEST.toml", "ruff.toml"}
    destinations = [entry["destination"] for entry in entries]
    assert len(destinations) == len(set(destinations))
    assert {"launch.py", "webui.sh", "webui.bat", "webui-user.sh", "webui-user.bat"} <= set(destinations)
    assert all((SOURCE / entry["source"]).is_file() for entry in entries)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_webui_sh_passes_settings_and_arguments_on_and_always_ends_well(tmp_path: Path) -> None:
    (tmp_path / "webui.sh").write_bytes((TEMPLATES / "webui.sh").read_bytes())
    (tmp_path / "webui-user.sh").write_text(
        'venv_dir="-"\npython_cmd=python3\nexport COMMANDLINE_ARGS="--api --port 1"\n'
    )
    (tmp_path / "launch.py").write_text(
        "import os, sys, pathlib\n"
        "print('ARGS', sys.argv[1:], os.environ['COMMANDLINE_ARGS'], os.environ['SD_WEBUI_RESTART'], os.getcwd())\n"
        "mark = pathlib.Path('tmp/restart')\n"
        "again = mark.exists()\n"
        "mark.unlink(missing_ok=True)\n"
        "if not again: mark.parent.mkdir(exist_ok=True); mark.touch()\n"
        "sys.exit(3)\n"
    )
    ran = subprocess.run(
        ["bash", str(tmp_path / "webui.sh"), "-f", "--listen"],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith("ARGS")]
    assert lines == [f"ARGS ['-f', '--listen'] --api --port 1 tmp/restart {tmp_path}"] * 2, ran.stdout + ran.stderr
    assert ran.returncode == 0
