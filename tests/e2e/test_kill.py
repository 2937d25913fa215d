"""Killed at random moments and run again, an install ends like an undisturbed one."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.e2e.conftest import PROFILE, foxup

KILLS = int(os.environ.get("FOXUP_TEST_KILLS", "4"))
NOT_COMPARED = {"__pycache__", "logs", "reports", "journal.jsonl", "lock", "hashes.json", "cache", "receipt.json"}


def tree(folder: Path) -> dict[str, str]:
    """Every file with its content's hash; what differs between any two runs (times, logs) is left out.

    The folder is always the same one: the environment's scripts, and so the records of packages, hold its path.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if not NOT_COMPARED & set(name.parts) and path.is_file() and not path.is_symlink():
            found[name.as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def test_killed_anywhere_it_goes_on_to_the_same_end(tmp_path):
    command = [sys.executable, "-m", "foxup", "install", "--profile", PROFILE, "--yes", "--quiet", "--dir"]
    folder = tmp_path / "webui"
    begun = time.monotonic()
    subprocess.run([*command, folder], check=True)
    seconds = time.monotonic() - begun
    undisturbed = tree(folder)
    seed = int(os.environ.get("FOXUP_TEST_SEED", random.randrange(10**6)))
    print("seed", seed)
    chance = random.Random(seed)
    for number in range(KILLS):
        shutil.rmtree(folder)
        moment = seconds * (number + chance.random()) / KILLS
        process = subprocess.Popen([*command, folder])
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
        foxup("install", "--profile", PROFILE, "--dir", folder, "--yes", "--quiet")
        assert tree(folder) == undisturbed, f"killed after {moment:.1f} s (seed {seed})"
        left = [p.cmdline() for p in psutil.process_iter() if str(folder) in " ".join(_command(p))]
        assert left == []


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
