"""How long until the real web UI is there: foxup beside the web UI's own first run, from the same index and remotes.

Needs FOXUP_TEST_MIRROR (see tests/e2e/test_nai_cpu.py), a python3.10 and about 20 GB of disk. Both sides fetch the very
same builds; both are given what upstream needs to succeed at all today (the substitute of a removed repository, CLIP
as a wheel). Quote the figures of a quiet machine only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.e2e.test_nai_cpu import MIRROR, PROFILE, stand_ins

from foxup import profile

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not MIRROR, reason="FOXUP_TEST_MIRROR names no folder with repositories"),
    pytest.mark.timeout(1800),
]
UPSTREAM = {
    "STABLE_DIFFUSION_REPO": "https://github.com/w-e-w/stablediffusion.git",
    "TORCH_COMMAND": "pip install torch==2.1.2 torchvision==0.16.2",
    "CLIP_PACKAGE": "clip-anytorch==2.6.0 --no-deps",
    "OPENCLIP_PACKAGE": "open-clip-torch==2.20.0",
    "COMMANDLINE_ARGS": "--skip-torch-cuda-test",
    "PIP_NO_CACHE_DIR": "1",
    "NO_TCMALLOC": "1",
}


def timed(command: list[str | Path], variables: Mapping[str, str], cwd: Path) -> float:
    begun = time.monotonic()
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **variables}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return time.monotonic() - begun


def python310() -> str:
    from foxup.components.environment import choose_python
    from foxup.probe import probe

    found = choose_python(probe(Path.cwd()).facts, ">=3.10.6,<3.11")
    if found is None:
        pytest.skip("no Python 3.10 for the web UI's own script")
    return found


def upstream(folder: Path, config: Path) -> float:
    """Time the web UI's own way: clone it, let its script install everything, leave.

    Both sides leave out the same pictures of the repositories: stand-ins may lack them.
    """
    patterns = folder / "template" / "info" / "sparse-checkout"
    patterns.parent.mkdir(parents=True)
    left_out = {name for repository in profile.load(PROFILE).webui.repositories for name in repository.leave_out}
    patterns.write_text("".join(["/*\n", *(f"!/{name}\n" for name in sorted(left_out))]))
    rules = tomllib.loads(config.read_text())["mirrors"]["git"]
    settings = folder / "gitconfig"
    lines = [f'[url "{place}"]\n  insteadOf = {address}\n' for address, place in rules.items()]
    settings.write_text("".join(lines) + "[safe]\n  directory = *\n[core]\n  sparseCheckout = true\n")
    variables = {
        **UPSTREAM,
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_TEMPLATE_DIR": str(patterns.parents[1]),
        "python_cmd": python310(),
    }
    address = "https://github.com/AUTOMATIC1111/stable-diffusion-webui.git"
    took = timed(["git", "clone", "-q", "--branch", "pinned", address, folder / "webui"], variables, folder)
    took += timed(["bash", "webui.sh", "-f", "--exit"], variables, folder / "webui")
    repositories = list((folder / "webui" / "repositories").glob("*/.git"))
    assert len(repositories) == 5, "webui.sh says 0 whatever happens"
    assert list((folder / "webui" / "venv").glob("lib/python3.10/site-packages/gradio"))
    return took


def provision(folder: Path, config: Path, cache: Path) -> float:
    command = [sys.executable, "-m", "foxup", "install", "--profile", PROFILE, "--yes", "--quiet", "--no-verify"]
    variables = {"FOXUP_CONFIG": str(config), "UV_CACHE_DIR": str(cache)}
    return timed([*command, "--dir", folder], variables, folder.parent)


def test_provisioning_beside_the_web_uis_own_first_run(tmp_path, capsys):
    config = stand_ins(tmp_path / "remotes", tmp_path / "config.toml")
    cold = provision(tmp_path / "cold", config, tmp_path / "cache")
    shutil.rmtree(tmp_path / "cold")
    warm = provision(tmp_path / "warm", config, tmp_path / "cache")
    shutil.rmtree(tmp_path / "warm")
    own = upstream(tmp_path, config)
    shutil.rmtree(tmp_path / "webui")
    with capsys.disabled():
        print(f"\nuntil the web UI is there: its own first run {own:.1f} s")
        print(
            f"foxup, nothing fetched before {cold:.1f} s ({cold / own:.0%}), all in uv's cache {warm:.1f} s ({warm / own:.0%})"
        )
    assert warm < cold < own
