"""Every package set for every system it is chosen on, resolved dry with that system's markers and tags.

What the package index holds is asked of the index: wheels for the oldest system the hardware rules let through, and
nothing left out that a package needs. What PyTorch's own index alone holds is held against its build matrix. The list
of both is docs/reference/resolution.md; skipped when no index answers.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from foxup import hardware, profile
from foxup.profile import TorchChoice
from foxup.system import uv

ROOT = Path(__file__).parents[2]
SDISTS = ("jsonmerge", "antlr4-python3-runtime")
"""The only packages without a wheel: plain Python, built with what profiles/nai/packages/build.txt pins."""
PYTHON = "3.10.11"
MACOS = hardware.load().systems["macos"].min_version
GLIBC = hardware.load().systems["linux"].min_glibc or ""


def platform(system: str, glibc: str) -> str:
    """Return uv's name of the oldest system of a kind."""
    linux = f"x86_64-manylinux_{glibc.replace('.', '_')}"
    return {"windows": "x86_64-pc-windows-msvc", "linux": linux, "macos": "aarch64-apple-darwin"}[system]


def chosen() -> Iterator[tuple[str, TorchChoice, str, str]]:
    """Yield profile, choice, system and glibc of everything the hardware rules can choose."""
    rules = {rule.name: rule for rule in hardware.load().sets}
    for name in ("nai", "nai-cpu"):
        for choice in profile.load(name).packages.torch:
            rule = rules[choice.set or "cpu"]
            systems = {"windows": ["windows"], "macos": ["macos"]}.get(choice.when, rule.os)
            for system in systems:
                yield name, choice, system, rule.min_glibc or GLIBC


CHOSEN = [
    pytest.param(choice, system, glibc, id=f"{name}-{choice.set or choice.when}-{system}")
    for name, choice, system, glibc in chosen()
]


def resolve(locks: Sequence[str], system: str, *more: str, glibc: str = GLIBC) -> subprocess.CompletedProcess[str]:
    folder = profile.load("nai").folder
    words = [word for lock in locks for word in ("-r", str(folder / lock))]
    with tempfile.TemporaryDirectory() as nowhere:
        return subprocess.run(
        [uv.find_uv(), "pip", "install", "--no-config", "--dry-run", "--python", sys.executable, "--target", nowhere,
         "--python-version", PYTHON, "--python-platform", platform(system, glibc), "--require-hashes",
         "--build-constraints", str(folder / "nai/packages/build.txt"), *more, *words],
        env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": MACOS or ""}, capture_output=True, text=True, check=False,
        )  # fmt: skip


@cache
def index_answers() -> bool:
    return resolve(["nai/packages/build.txt"], "linux", "--no-deps").returncode == 0


def wheels_alone() -> list[str]:
    return ["--no-deps", "--only-binary", ":all:", *(word for name in SDISTS for word in ("--no-binary", name))]


def pins(lock: str) -> dict[str, str]:
    text = (profile.load("nai").folder / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w-]+)==([\w.+]+)", text, re.MULTILINE))


@pytest.mark.parametrize(("choice", "system", "glibc"), CHOSEN)
def test_every_pin_with_a_hash_has_a_wheel_on_each_system(choice, system, glibc):
    if not index_answers():
        pytest.skip("no package index answers")
    packages = profile.load("nai").packages
    locks = [lock for lock in (choice.lock, *choice.beside, packages.lock) if uv.hashed(packages_folder() / lock)]
    done = resolve(locks, system, *wheels_alone(), glibc=glibc)
    assert done.returncode == 0, done.stderr


def packages_folder() -> Path:
    return profile.load("nai").folder


@pytest.mark.parametrize("system", ["windows", "linux", "macos"])
def test_the_common_set_names_everything_its_packages_need(system):
    """With hash checking and dependencies, uv refuses what is needed and not pinned."""
    if not index_answers():
        pytest.skip("no package index answers")
    torch = "nai/packages/mps.txt" if system == "macos" else "nai/packages/torch.txt"
    done = resolve([torch, "nai/packages/packages.txt"], system)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("choice", "system", "glibc"), CHOSEN)
def test_builds_of_pytorchs_own_index_are_in_its_build_matrix(choice, system, glibc):
    """Release, build, torchvision, Python and glibc, for what this machine may be unable to ask the index."""
    if uv.hashed(packages_folder() / choice.lock) or choice.set == "ipex-win":
        pytest.skip("held by the package index, or a single release on GitHub")
    matrix = tomllib.loads((ROOT / "tests/cases/torch-builds.toml").read_text(encoding="utf-8"))
    locked = pins(choice.lock)
    release, tag = locked["torch"].split("+")
    built = next(entry for entry in matrix["releases"] if entry["torch"] == release)
    assert tag in built["tags"]
    assert locked["torchvision"] == f"{built['torchvision']}+{tag}"
    oldest, newest = map(versions, built["python"])
    assert oldest <= versions("3.10") <= newest
    assert system != "linux" or versions(glibc) >= versions(built["glibc"])
    assert choice.index is None or choice.index.endswith(f"/{tag}")
    if "xformers" in locked:
        assert matrix["xformers"][locked["xformers"].partition("+")[0]] == release


def versions(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def test_the_page_lists_what_is_asked_of_which_index():
    """The page names each choice with the lock that could not be resolved against an index everywhere."""
    page = (ROOT / "docs/reference/resolution.md").read_text(encoding="utf-8")
    for _name, choice, _system, _glibc in chosen():
        if not uv.hashed(packages_folder() / choice.lock):
            for name, version in pins(choice.lock).items():
                assert f"{name} {version}" in page, (choice.lock, name, version)
