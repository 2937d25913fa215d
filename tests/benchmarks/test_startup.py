"""How long foxup takes before it does anything: CPU seconds of a whole process (aim: help and version under 0.15 s)."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest


def cpu_seconds(*arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "foxup", *arguments], check=True, stdout=subprocess.DEVNULL, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_startup(argument, record_property, capsys):
    cpu_seconds(argument)  # compiled files come first
    best = min(cpu_seconds(argument) for _ in range(3))
    record_property("cpu_seconds", best)
    with capsys.disabled():
        print(f"\nfoxup {argument}: {best:.3f} s of CPU")
