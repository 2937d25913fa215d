"""Real installs to break, and hand-made machines and states to judge."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from foxup import profile as profiles
from foxup import survey
from foxup.doctor.case import Case
from foxup.doctor.run import examine
from foxup.doctor.state import Environment, Program, State
from foxup.facts import DiskFacts, Facts, GpuFacts, NvmlFacts, OsFacts
from tests.e2e.conftest import PROFILE, foxup

MINE = "models/Stable-diffusion/mine.safetensors"
PICTURE = "outputs/txt2img-images/00001.png"


def profile_path() -> Path:
    return Path(PROFILE) if PROFILE.endswith(".toml") else profiles.profiles_folder() / f"{PROFILE}.toml"


def add_own_things(folder: Path) -> None:
    """A model and a picture of the person's, which no repair may touch."""
    shutil.copyfile(folder / "models" / "Stable-diffusion" / "tinyfox.safetensors", folder / MINE)
    (folder / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    (folder / PICTURE).write_bytes(b"a picture of mine")


def own_things(folder: Path) -> list[str]:
    return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (MINE, PICTURE)]


@pytest.fixture(scope="session")
def install(tmp_path_factory) -> Path:
    """An install of the smoke profile; every test repairs what it breaks."""
    kept = os.environ.get("FOXUP_TEST_DOCTOR")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("doctor") / "webui"
    foxup("install", "--profile", PROFILE, "--dir", folder, "--yes", "--no-verify")
    add_own_things(folder)
    return folder


def git(*arguments: str | Path, cwd: Path) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "safe.directory=*"]
    done = subprocess.run(["git", *identity, *map(str, arguments)], cwd=cwd, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def repository(folder: Path) -> str:
    """Commit all that lies in a folder; return the commit."""
    git("init", "-q", "-b", "master", cwd=folder)
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=folder)
    git("add", "-A", cwd=folder)
    git("commit", "-q", "-m", "all", cwd=folder)
    return git("rev-parse", "HEAD", cwd=folder)


@pytest.fixture(scope="session")
def cloned(tmp_path_factory) -> Path:
    """The same web UI, but as A1111 comes: a git repository with others under `repositories`, at pinned commits."""
    base = tmp_path_factory.mktemp("cloned")
    source = profile_path()
    shutil.copytree(source.parent / "smoke", base / "smoke")
    upstream = base / "upstream"
    for item in survey.embedded(profiles.load(PROFILE)):
        path = upstream / item.destination
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(item.source, path)
    (upstream / ".gitignore").write_text(
        "venv/\nmodels/\noutputs/\n.foxup/\nconfig.json\ncache/\ntmp/\nrepositories/\n"
    )
    part = base / "part"
    part.mkdir()
    (part / "part.py").write_text("# a part\n")
    text = source.read_text(encoding="utf-8")
    begin = text.index("[webui]")
    end = text.index("\n[", begin + 1)
    webui = f"""[webui]
kind = "git"
name = "minui"
version = "1.0.0"
[[webui.repositories]]
name = "the web UI"
commit = "{repository(upstream)}"
sources = [{{ url = "{upstream.as_uri()}" }}]
[[webui.repositories]]
name = "a part"
destination = "repositories/part"
commit = "{repository(part)}"
sources = [{{ url = "{part.as_uri()}" }}]
"""
    profile = base / "cloned.toml"
    profile.write_text(text[:begin] + webui + text[end:], encoding="utf-8")
    tomllib.loads(profile.read_text(encoding="utf-8"))
    folder = base / "webui"
    foxup("install", "--profile", profile, "--dir", folder, "--yes", "--no-verify")
    add_own_things(folder)
    return folder


# -- hand-made machines

RTX_3060 = GpuFacts(vendor="nvidia", name="NVIDIA GeForce RTX 3060", cc="8.6", vram_mib=12288, pci="10de:2503")
RTX_5070 = GpuFacts(vendor="nvidia", name="NVIDIA GeForce RTX 5070", cc="12.0", vram_mib=12227, pci="10de:2f04")
GTX_960 = GpuFacts(vendor="nvidia", name="NVIDIA GeForce GTX 960", cc="5.2", vram_mib=4096, pci="10de:1401")


def machine(gpu: GpuFacts = RTX_3060, **changes) -> Facts:
    base = Facts(
        os=OsFacts(family="windows", name="Windows 11", version="10.0.22631", arch="AMD64"),
        gpus=(gpu,),
        nvml=NvmlFacts(init="ok", driver="576.80"),
        git="2.45.1",
        ram_mib=32768,
        pagefile_mib=16384,
        disk=DiskFacts(target_free_gib=200.0, system_free_gib=100.0, target_kind="ssd"),
        temp="C:\\Temp",
        target="D:\\ai\\webui",
    )
    return dataclasses.replace(base, **changes)


def a1111(**changes) -> State:
    """A web UI somebody installed by hand."""
    base = State(
        root="D:\\ai\\webui",
        windows=True,
        exists=True,
        program=Program("a1111", "1.10.1"),
        environment=Environment(
            present=True,
            python="3.10.11",
            home="C:\\Python310",
            packages={
                "torch": "2.1.2+cu121",
                "numpy": "1.26.2",
                "setuptools": "69.5.1",
                "pip": "24.0",
                "xformers": "0.0.23.post1",
            },
            torch_cuda="12.1",
        ),
        launch_script="@echo off\r\nset COMMANDLINE_ARGS=--xformers --no-half-vae\r\ncall webui.bat\r\n",
    )
    return dataclasses.replace(base, **changes)


def judged(check: str, state: State, facts: Facts | None = None, profile: str = "nai"):
    """The result of one check."""
    chosen = profiles.load(profile)
    (result,) = examine(Case(facts or machine(), state, chosen, survey.embedded(chosen)), [check])
    return result


def codes(check: str, state: State, facts: Facts | None = None, profile: str = "nai") -> list[str]:
    return [finding.code for finding in judged(check, state, facts, profile).findings]
