"""One file with everything: made with a network, installed without, whatever happens to it in between."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from tests.bundling.conftest import EXTRA, MODEL, PICTURE, git

CONTRACT = {
    "path",
    "size",
    "schema",
    "foxup",
    "profile",
    "package_set",
    "system",
    "torch",
    "python_needs",
    "python",
    "repositories",
    "content",
}


def can_leave_the_network() -> bool:
    tried = ["unshare", "--net", "--map-root-user", "true"]
    return bool(shutil.which("unshare")) and subprocess.run(tried, capture_output=True, check=False).returncode == 0


@pytest.fixture
def bundle(left_behind, tmp_path):
    """A copy of the bundle for a test to spoil."""
    return Path(shutil.copy(left_behind.root / "all.foxup", tmp_path))


@pytest.fixture
def here(tmp_path):
    return tmp_path / "webui"


def install(world, bundle, here, *, code=0, netless=False):
    arguments = ["install", "--bundle", bundle, "--dir", here, "--yes", "--no-verify"]
    return world.foxup(*arguments, code=code, netless=netless)


def test_making_one_says_what_is_inside(left_behind, bundle):
    data = left_behind.said["data"]
    assert set(data) == CONTRACT
    assert data["size"] == bundle.stat().st_size
    assert data["size"] < len(MODEL) + len(EXTRA) + 60_000, "one commit without what nothing needs"
    assert {entry["path"].split("/")[0] for entry in data["content"]} == {"git", "wheels", "files", "pictures"}
    assert not list(left_behind.root.glob("all.foxup.*"))


def test_an_install_from_a_bundle_needs_no_network(left_behind, bundle, here):
    install(left_behind, bundle, here, netless=can_leave_the_network())
    assert git(here, "rev-parse", "HEAD") == left_behind.commit
    assert git(here, "describe", "--tags") == "v1.0"
    assert git(here, "remote", "get-url", "origin") == "https://git.example/webui.git"
    assert not (here / "pictures").exists()
    assert (here / "models/Stable-diffusion/model.bin").read_bytes() == MODEL
    assert (here / "models/VAE/extra.bin").read_bytes() == EXTRA
    receipt = json.loads((here / ".foxup/receipt.json").read_text())
    assert receipt["files"]["models/VAE/extra.bin"] == hashlib.sha256(EXTRA).hexdigest()
    script = "import plain, torch; print(plain.VERSION, torch.VERSION)"
    python = here / "venv/bin/python"
    shown = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown == "1.0 9.9+test\n"
    assert not (here / ".foxup/bundle").exists()
    kept = Image.open(here / ".foxup/references/fox.png")
    assert kept.tobytes() == PICTURE.tobytes()
    left = left_behind.foxup("plan", "--dir", here, "--offline")["data"]["steps"]
    assert [step["id"] for step in left] == ["proof.fox"]


def rewrite(bundle, change):
    """Write the archive again with `change(name, content)` in place of each content; None leaves a file out."""
    with zipfile.ZipFile(bundle) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, data in content.items():
            changed = change(name, data)
            if changed is not None:
                archive.writestr(name, changed)


def bend(name, data):
    return b"X" + data[1:] if name.endswith("model.bin") else data


def leave_out(name, data):
    return None if name.endswith("model.bin") else data


@pytest.mark.parametrize("change", [bend, leave_out])
def test_a_changed_bundle_is_refused(left_behind, bundle, here, change):
    rewrite(bundle, change)
    assert install(left_behind, bundle, here, code=1)["error"]["code"] == "bundle-damaged"
    assert not (here / "models/Stable-diffusion/model.bin").exists()
    assert not (here / "venv").exists()


def test_a_flipped_byte_is_found_and_a_good_copy_goes_on(left_behind, bundle, here):
    content = bytearray(bundle.read_bytes())
    content[content.index(MODEL[:1000]) + 500] ^= 1
    bundle.write_bytes(content)
    assert install(left_behind, bundle, here, code=1)["error"]["code"] == "bundle-damaged"
    install(left_behind, left_behind.root / "all.foxup", here)
    assert (here / "models/Stable-diffusion/model.bin").read_bytes() == MODEL


def test_a_bundle_cut_off_or_none_at_all_is_refused(left_behind, bundle, here):
    bundle.write_bytes(bundle.read_bytes()[:-5000])
    assert install(left_behind, bundle, here, code=1)["error"]["code"] == "bundle-unreadable"
    assert install(left_behind, here / "nowhere", here, code=1)["error"]["code"] == "bundle-unreadable"
    assert not here.exists()


def test_a_member_that_leads_out_is_refused(left_behind, bundle, here, tmp_path):
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("../../escaped.txt", "x")
    assert install(left_behind, bundle, here, code=1)["error"]["code"] == "archive-traversal"
    assert not list(tmp_path.parent.rglob("escaped.txt"))


def test_a_bundle_of_other_packages_is_refused_before_anything_is_written(left_behind, bundle, here):
    def other(name, data):
        return data.replace(b'"package_set": "', b'"package_set": "0') if name == "foxup-bundle.json" else data

    rewrite(bundle, other)
    assert install(left_behind, bundle, here, code=1)["error"]["code"] == "bundle-other-machine"
    assert not here.exists()


def command(world, *arguments):
    environ = {**os.environ, "FOXUP_CONFIG": str(world.root / "config.toml"), "PIP_CONFIG_FILE": os.devnull}
    environ.pop("PIP_FIND_LINKS", None)
    return subprocess.Popen(
        [sys.executable, "-m", "foxup", *map(str, arguments), "--quiet"], env=environ, start_new_session=True
    )


@pytest.mark.parametrize("moment_s", [2.0])
def test_a_killed_making_leaves_no_bundle_and_is_gone_on_with(world, moment_s):
    out = world.root / "all.foxup"
    process = command(world, "bundle", "--profile", world.profile, "--out", out)
    time.sleep(moment_s)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists() or zipfile.is_zipfile(out)
    world.foxup("bundle", "--profile", world.profile, "--out", out)
    assert sorted(path.name for path in world.root.glob("all.foxup*")) == ["all.foxup"]
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("moment_s", [2.0])
def test_a_killed_install_is_gone_on_with(left_behind, bundle, here, moment_s):
    process = command(left_behind, "install", "--bundle", bundle, "--dir", here, "--yes", "--no-verify")
    time.sleep(moment_s)
    process.send_signal(signal.SIGKILL)
    process.wait()
    install(left_behind, bundle, here)
    assert (here / "models/Stable-diffusion/model.bin").read_bytes() == MODEL
    assert not (here / ".foxup/bundle").exists()
