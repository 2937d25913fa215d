"""The whole probe: on this machine, and with sources that fail in every way."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foxup.facts import Facts, GpuFacts, NvmlFacts, from_document
from foxup.probe import BOUND_S, Problem, probe, questions
from foxup.system import gpus

SOURCES = ["nvidia", "bus", "host", "memory", "disk", "rights", "temp", "account", "python", "git"]


def _quick(**replaced: Callable[[], Any]) -> dict[str, Callable[[], Any]]:
    """Return sources that answer nothing, at once, but for those replaced."""
    return {name: lambda: None for name in SOURCES} | replaced


@pytest.fixture(scope="module")
def here() -> tuple[Any, float]:
    begun = time.monotonic()
    return probe(Path("~/sd")), time.monotonic() - begun


def test_this_machine_is_known_within_the_bound(here: tuple[Any, float]) -> None:
    result, seconds = here
    assert seconds < BOUND_S
    assert result.problems == ()
    facts = result.facts
    assert facts.os.family in {"linux", "windows", "macos"}
    assert (facts.ram_mib or 0) > 256
    assert facts.git
    assert (facts.disk.target_free_gib or 0) > 0
    assert Path(facts.temp or "").is_dir()
    assert facts.target == str(Path.home() / "sd")


def test_every_source_is_timed(here: tuple[Any, float]) -> None:
    result, _seconds = here
    assert set(result.seconds) >= set(SOURCES)


def test_the_probe_writes_nothing_into_the_target(tmp_path: Path) -> None:
    probe(tmp_path / "install", sources={name: lambda: None for name in ("python", "nvidia")})
    assert list(tmp_path.iterdir()) == []


def test_the_list_of_sources_is_complete() -> None:
    names = set(questions(Path("/x"), lambda _name, _error: None))
    assert names - {"powershell"} == set(SOURCES)


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_that_crashes_is_a_problem_and_stops_nothing(source: str) -> None:
    def crash() -> None:
        raise RuntimeError("driver says boo")

    result = probe(Path("/x"), sources=_quick(**{source: crash}))
    [problem] = result.problems
    assert (problem.source, problem.kind) == (source, "failed")
    assert "driver says boo" in problem.cause
    assert isinstance(result.facts, Facts)


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_that_hangs_is_a_problem_and_holds_nothing_up(source: str) -> None:
    never = threading.Event()
    begun = time.monotonic()
    result = probe(Path("/x"), timeout=0.3, sources=_quick(**{source: never.wait}))
    assert time.monotonic() - begun < 3
    assert [(problem.source, problem.kind) for problem in result.problems] == [(source, "timed-out")]
    assert result.facts.os.family
    never.set()


def test_a_part_that_fails_inside_a_source_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise OSError("no such device")

    def ask(report: gpus.Report) -> gpus.Nvidia:
        return asked(report, broken, broken)

    asked = gpus.nvidia
    monkeypatch.setattr(gpus, "nvidia", ask)
    result = probe(Path("/x"), sources={name: lambda: None for name in SOURCES if name != "nvidia"})
    assert [problem.source for problem in result.problems] == ["nvml", "nvidia-smi"]
    assert (result.facts.nvml.init, result.facts.nvml.code) == ("error", 999)


@pytest.mark.parametrize(("init", "expected"), [("ok", None), ("error", "566.36")])
def test_driver_files_matter_only_while_the_driver_is_silent(init: str, expected: str | None) -> None:
    sources = _quick(
        nvidia=lambda: gpus.Nvidia(NvmlFacts(init)),
        bus=lambda: gpus.Bus((GpuFacts("nvidia", "Microsoft Basic Display Adapter", "10de:2b85"),), "566.36"),
    )
    facts = probe(Path("/x"), sources=sources).facts
    assert facts.driver_files == expected
    assert [card.pci for card in facts.gpus] == ["10de:2b85"]


def test_when_everything_fails_the_facts_still_name_the_system() -> None:
    def crash() -> None:
        raise SystemExit(1)

    result = probe(Path("/x"), sources=dict.fromkeys(SOURCES, crash))
    assert len(result.problems) == len(SOURCES)
    assert result.facts.os.family
    assert (result.facts.nvml.init, result.facts.nvml.code) == ("error", 999)
    assert from_document(result.to_document()) == result.facts


@pytest.mark.skipif(os.name == "nt", reason="file names decide on Windows")
def test_a_hanging_source_does_not_keep_the_program_alive() -> None:
    code = """
import sys, threading
from pathlib import Path
from foxup.probe import probe
names = ["nvidia", "bus", "host", "memory", "disk", "rights", "account", "python", "git"]
sources = {name: (lambda: None) for name in names}
sources["temp"] = threading.Event().wait
print(len(probe(Path("/x"), timeout=0.5, sources=sources).problems))
"""
    source = str(Path(__file__).parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env={**os.environ, "PYTHONPATH": source},
    )
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr


def test_importing_the_probe_stays_light() -> None:
    heavy = "psutil|pynvml|pydantic|requests|git|numpy|uv|rich|tomllib|ctypes|plistlib"
    code = f"import sys, foxup.probe; print(*[name for name in sys.modules if name in {heavy.split('|')}])"
    source = str(Path(__file__).parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env={**os.environ, "PYTHONPATH": source},
    )
    assert done.returncode == 0, done.stderr
    assert not re.findall(rf"\b({heavy})\b", done.stdout)


def test_a_problem_has_a_document() -> None:
    assert Problem("nvml", "failed", "m", "c").to_document() == {
        "source": "nvml",
        "kind": "failed",
        "message": "m",
        "cause": "c",
    }
