"""The hashes the web UI is told before its first start: when, of what, and what they are taken from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from foxup import profile
from foxup.components import models
from foxup.context import Context
from foxup.facts import Facts, OsFacts
from foxup.installed import FileState, Installed
from foxup.paths import Layout
from foxup.step import SeedHashes
from foxup.system import webui_hashes


def context(tmp_path: Path, name: str = "nai", **present: FileState) -> Context:
    facts = Facts(os=OsFacts(family="linux", arch="x86_64"))
    files = {key.replace("_json", ".json"): state for key, state in present.items()}
    return Context(profile.load(name), facts, Installed(files=files), Layout(tmp_path, windows=False))


def test_a_web_ui_that_never_ran_is_told_the_checkpoints_hash(tmp_path):
    step = models.hashes(context(tmp_path))[0]
    path = tmp_path / "models/Stable-diffusion/anything-v5-PrtRE.safetensors"
    assert step.actions == (SeedHashes(tmp_path / "cache.json", (("checkpoint/anything-v5-PrtRE.safetensors", path),)),)


@pytest.mark.parametrize("present", ["cache", "cache_json"])
def test_a_cache_that_is_there_is_left_alone(tmp_path, present):
    assert models.hashes(context(tmp_path, **{present: FileState(0, "folder")}))[0].actions == ()


def test_the_embedded_web_ui_needs_none(tmp_path):
    assert models.hashes(context(tmp_path, "smoke")) == []


def test_what_is_known_is_not_read_again_and_what_is_missing_is_left_out(tmp_path):
    layout = Layout(tmp_path, windows=False)
    layout.state.mkdir()
    known, unknown, missing = (tmp_path / f"models/Stable-diffusion/{name}" for name in ("a", "b", "c"))
    known.parent.mkdir(parents=True)
    for path in (known, unknown):
        path.write_bytes(b"weights")
    pairs = tuple((f"checkpoint/{path.name}", path) for path in (known, unknown, missing))
    digest = webui_hashes.seed(
        SeedHashes(tmp_path / "cache.json", pairs), layout, {"models/Stable-diffusion/a": "a" * 64}
    )
    written = (tmp_path / "cache.json").read_bytes()
    assert hashlib.sha256(written).hexdigest() == digest
    assert json.loads(written) == {
        "hashes": {
            "checkpoint/a": {"mtime": known.stat().st_mtime, "sha256": "a" * 64},
            "checkpoint/b": {"mtime": unknown.stat().st_mtime, "sha256": hashlib.sha256(b"weights").hexdigest()},
        }
    }
