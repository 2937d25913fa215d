"""One real install of the smoke profile, shared by everything that needs a web UI."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

LIMIT_S = 600
PROFILE = os.environ.get("FOXUP_TEST_PROFILE", "smoke")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict:
        return json.loads(self.out)

    @property
    def data(self) -> dict:
        return self.document["data"]


def foxup(*arguments: str | Path, code: int | None = 0, cwd: Path | None = None, env: dict | None = None) -> Ran:
    """Run the real command in a process of its own and check its exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "foxup", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **(env or {})},
        timeout=LIMIT_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert code is None or done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def smoke(tmp_path_factory) -> Path:
    """An install of the smoke profile with its proof. Tests that change it put everything back."""
    kept = os.environ.get("FOXUP_TEST_SMOKE")  # a folder to keep between runs while working on the tests
    folder = Path(kept) if kept else tmp_path_factory.mktemp("smoke") / "webui"
    foxup("install", "--profile", PROFILE, "--dir", folder, "--yes")
    return folder


def pytest_collection_modifyitems(items):
    """Everything here is an end-to-end run."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
