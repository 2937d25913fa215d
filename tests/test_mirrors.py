"""Sets of mirrors: by flag, variable or file; single entries win; originals stay behind them; everywhere the same hash."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from foxup import configuration, mirror_sets, profile
from foxup.components import webui
from foxup.context import Context
from foxup.errors import UsageError
from foxup.facts import Facts
from foxup.installed import Installed
from foxup.paths import Layout


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("FOXUP_CONFIG", str(path))
    monkeypatch.delenv("FOXUP_MIRRORS", raising=False)
    return path


def test_a_set_is_named_in_the_file_and_single_entries_win(written):
    written.write_text(
        '[mirrors]\nset = "china"\npackage_index = "https://mine/simple"\n[mirrors.files]\n"https://huggingface.co" = "https://mine/hf"\n'
    )
    mirrors = configuration.load().mirrors
    china = mirror_sets.named("china")
    assert mirrors.package_index == "https://mine/simple"
    assert mirrors.files["https://huggingface.co"] == "https://mine/hf"
    assert (mirrors.pytorch_index, mirrors.git) == (china.pytorch_index, china.git)


@pytest.mark.parametrize(("variable", "expected"), [("russia", "russia"), ("none", "china"), ("", "china")])
def test_the_variable_wins_over_the_file_and_none_switches_off(written, monkeypatch, variable, expected):
    written.write_text('[mirrors]\nset = "china"\n')
    monkeypatch.setenv("FOXUP_MIRRORS", variable)
    mirrors = configuration.load().mirrors
    wanted = mirror_sets.named(expected).package_index if variable != "none" else None
    assert mirrors.package_index == wanted


def test_an_unknown_set_is_a_usage_error_that_names_the_known(written):
    written.write_text('[mirrors]\nset = "moon"\n')
    with pytest.raises(UsageError) as caught:
        configuration.load()
    assert caught.value.code == "mirrors-unknown"
    assert "china" in caught.value.cause
    assert "none" in caught.value.cause


def test_every_shipped_mirror_is_a_secure_address_with_a_source_noted():
    lines = (profile.profiles_folder() / "mirrors.toml").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if '"https://' in line and not line.startswith("#"):
            url = line.rpartition(" = ")[2].strip('"')
            assert urlsplit(url).scheme == "https"
            above = [text for text in lines[max(0, number - 4) : number] if text.startswith("#") or "ghfast" in text]
            assert above or "ghfast" in line, line


def test_repositories_are_asked_of_the_mirror_first_and_then_where_they_live(tmp_path):
    here = Context(
        profile=profile.load("nai"),
        facts=Facts(),
        installed=Installed(git_mirrors={"https://github.com/": "https://relay/github/"}),
        layout=Layout(tmp_path, windows=False),
    )
    step = next(step for step in webui.steps(here) if step.id == "webui.files")
    originals = [source.url for source in here.profile.webui.repositories[0].sources]
    assert step.sources == (
        *(url.replace("https://github.com/", "https://relay/github/") for url in originals),
        *originals,
    )
    assert {action.commit for action in step.actions} == {here.profile.webui.repositories[0].commit}


def test_the_flag_reaches_the_plan(tmp_path, written):
    facts = {
        "os": {"family": "windows", "version": "10.0.22631", "arch": "amd64"},
        "gpus": [
            {"name": "NVIDIA GeForce RTX 3060", "vram_mib": 12288, "cc": "8.6", "driver": "551.61", "pci": "10de:2503"}
        ],
    }
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    command = [sys.executable, "-m", "foxup", "plan", "--profile", "nai", "--dir", str(tmp_path / "webui"), "--json"]
    done = subprocess.run(
        [*command, "--mirrors", "china", "--facts", str(tmp_path / "facts.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    steps = {step["id"]: step for step in json.loads(done.stdout)["data"]["steps"]}
    assert steps["packages.install"]["sources"][0] == "https://mirror.nju.edu.cn/pytorch/whl/cu121"
    assert "https://pypi.org/simple" in steps["packages.install"]["sources"]
    assert any("by exact version" in line for line in steps["packages.install"]["details"])
    assert steps["webui.files"]["sources"][0].startswith("https://ghfast.top/https://github.com/")


@pytest.mark.parametrize(
    "command",
    [["install"], ["plan"], ["update"], ["repair"], ["bundle", "--out", "b.foxup"]],
    ids=lambda words: words[0],
)
def test_every_command_that_plans_takes_the_flag(tmp_path, written, command):
    """Read before anything else is done: an unknown set is refused at once."""
    done = subprocess.run(
        [sys.executable, "-m", "foxup", *command, "--mirrors", "moon", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout)["error"]["code"] == "mirrors-unknown"
    assert done.returncode == 2
