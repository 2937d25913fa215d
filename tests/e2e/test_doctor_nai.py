"""`doctor --fix` on the real AUTOMATIC1111: broken as people's installs are, it draws the reference picture afterwards.

Needs what tests/e2e/test_nai_cpu.py needs. The parts without a web UI of this size are in tests/doctor/test_fix.py.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from foxup.components import launch_script
from foxup.system import uv
from tests.doctor import test_fix as small
from tests.doctor.conftest import add_own_things, git, own_things
from tests.e2e.test_nai_cpu import Place, nai, pytestmark

__all__ = ["nai", "pytestmark"]

PART = "repositories/k-diffusion"


def repository_removed(folder: Path) -> None:
    shutil.rmtree(folder / PART)


def half_clone(folder: Path) -> None:
    shutil.rmtree(folder / PART)
    (folder / PART).mkdir()
    git("init", "-q", cwd=folder / PART)


def other_commit(folder: Path) -> None:
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=folder / PART)


def numpy2(folder: Path) -> None:
    small.package(folder, "numpy==2.2.6")


def new_setuptools(folder: Path) -> None:
    small.package(folder, "setuptools>=82")


def other_torch(folder: Path) -> None:
    """What a hand-made pip command leaves: torch's record says another build than the lock's."""
    site = next((folder / "venv").glob("lib/python*/site-packages"))
    record = next(site.glob("torch-*.dist-info"))
    record.rename(site / "torch-2.0.1+cpu.dist-info")
    metadata = site / "torch-2.0.1+cpu.dist-info" / "METADATA"
    version = record.name.removeprefix("torch-").removesuffix(".dist-info")
    text = metadata.read_text().replace(f"\nVersion: {version}\n", "\nVersion: 2.0.1+cpu\n")
    metadata.unlink()  # the file may be one with that in uv's cache
    metadata.write_text(text)


def tokenizer_missing(folder: Path) -> None:
    shutil.rmtree(folder / "models" / "Stable-diffusion" / "tinyfox-clip")


BROKEN = [
    (repository_removed, "repository-missing"),
    (half_clone, "repository-not-own"),
    (other_commit, "repository-other-commit"),
    (small.venv_other_python, "python-incompatible-version"),
    (other_torch, "packages-differ"),
    (numpy2, "numpy2-abi"),
    (new_setuptools, "setuptools-wrong"),
    (small.bom, "config-json-bom"),
    (small.corrupt, "config-json-corrupt"),
    (small.truncated, "model-truncated"),
    (small.vae_typo, "settings-vae-missing"),
    (small.tmp_missing, "folders-missing"),
    (tokenizer_missing, "model-missing"),
    (small.line_spoiled, "launch-arguments-missing"),
    (small.line_open_quote, "launch-arguments-unreadable"),
]


def codes(ran) -> set[str]:
    serious = ("error", "blocker", "warning")
    return {item["code"] for item in ran.document["findings"] if item["severity"] in serious}


def draws(place: Place) -> None:
    """It starts, generates, and the picture is the published one."""
    assert place.foxup("verify", "--json").data["verdict"] in {"identical", "same"}


@pytest.fixture
def mine(nai):
    """A model and a picture of the person's, which no repair may touch."""
    add_own_things(nai.folder)
    before = own_things(nai.folder)
    yield
    assert own_things(nai.folder) == before


@pytest.mark.parametrize(("spoil", "code"), BROKEN, ids=[spoil.__name__ for spoil, _code in BROKEN])
def test_a_broken_web_ui_is_repaired_and_draws(nai, mine, spoil, code):
    spoil(nai.folder)
    assert code in codes(nai.foxup("doctor", "--offline", "--json", code=1))
    ran = nai.foxup("doctor", "--fix", "--yes", "--json", "--offline")
    assert code in ran.data["fixed"]
    assert code not in codes(nai.foxup("doctor", "--offline", "--json", code=None))
    draws(nai)


def test_a_port_that_another_program_has_is_taken_out(nai, mine):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        small.edit(
            nai.folder / "webui-user.sh", '\nexport COMMANDLINE_ARGS="', f'\nexport COMMANDLINE_ARGS="--port {port} '
        )
        assert "port-in-use" in codes(nai.foxup("doctor", "port", "--json", code=1))
        nai.foxup("doctor", "port", "--fix", "--yes")
        script = (nai.folder / "webui-user.sh").read_bytes()
        assert "--port" not in launch_script.current_arguments(script, windows=False)
        assert b"# export COMMANDLINE_ARGS=" in script, "what was there stays as a comment"
        draws(nai)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give files away")
def test_folders_of_another_user_are_trusted(nai, mine, tmp_path):
    part = nai.folder / PART
    own = {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"), "HOME": str(tmp_path), "FOXUP_CONFIG": str(nai.config)}
    subprocess.run(["chown", "-R", "12345:12345", str(part)], check=True)
    try:
        asked = small.foxup("doctor", "git", "--dir", nai.folder, "--json", code=1, env=own)
        assert codes(asked) == {"git-dubious-ownership"}
        small.foxup("doctor", "git", "--dir", nai.folder, "--fix", "--yes", env=own)
        assert str(part) in (tmp_path / "gitconfig").read_text()
        made = small.foxup("verify", "--dir", nai.folder, "--json", env=own)
        assert made.data["verdict"] in {"identical", "same"}
    finally:
        subprocess.run(["chown", "-R", f"{os.geteuid()}:{os.getegid()}", str(part)], check=True)


def test_packages_were_looked_at_as_they_are(nai):
    """After all repairs the environment holds what the locks say: nothing of the broken ones is left."""
    versions = uv.packages(nai.folder / "venv" / "bin" / "python")
    assert versions["numpy"].startswith("1.")
    assert versions["torch"].startswith("2.1.2")
