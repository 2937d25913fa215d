"""NVML's answers, code by code."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest
from fake_nvml import FakeNvml
from hypothesis import given
from hypothesis import strategies as st

from foxup.errors import FoxupError
from foxup.system import nvml
from foxup.system.commands import run

CODES = [*range(1, 31), 999]
CARD = {
    "name": "NVIDIA GeForce RTX 3060",
    "memory": 12288 << 20,
    "bus": "00000000:01:00.0",
    "pci": 0x250310DE,
    "cc": [8, 6],
    "mig": {"error": 3},
    "uuid": "GPU-1",
}


def _recording(**changes: Any) -> dict[str, Any]:
    return {"driver": "560.94", "cuda": 12060, "devices": [{**CARD, **changes}]}


def test_the_fake_knows_every_code_of_the_real_library() -> None:
    pynvml = pytest.importorskip("pynvml")
    real = {getattr(pynvml, name) for name in dir(pynvml) if name.startswith("NVML_ERROR_")}
    assert real <= set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_the_start_is_told(code: int) -> None:
    facts, cards = nvml.parse(nvml.ask(FakeNvml({"init": code})))
    assert (facts.init, facts.code, facts.driver, cards) == ("error", code, None, [])


@pytest.mark.parametrize("field", ["name", "memory", "bus", "pci", "cc", "mig", "uuid"])
@pytest.mark.parametrize("code", CODES)
def test_one_field_that_fails_leaves_the_others(field: str, code: int) -> None:
    facts, [card] = nvml.parse(nvml.ask(FakeNvml(_recording(**{field: {"error": code}}))))
    assert facts.init == "ok"
    lost = {"memory": "vram_mib", "bus": "bus"}.get(field, field)
    assert getattr(card, lost) in (None, "")
    survivors = {"name": CARD["name"], "cc": "8.6", "vram_mib": 12288, "uuid": "GPU-1"}
    survivors.pop(lost, None)
    assert {name: getattr(card, name) for name in survivors} == survivors


@pytest.mark.parametrize("field", ["cc", "mig", "uuid", "memory", "name"])
def test_a_field_that_is_not_supported_is_no_trouble(field: str) -> None:
    _facts, [card] = nvml.parse(nvml.ask(FakeNvml(_recording(**{field: {"error": 3}}))))
    assert card.status is None


@pytest.mark.parametrize(
    ("code", "status"),
    [(4, "no-permission"), (15, "gpu-lost"), (16, "reset-required"), (17, "blocked-by-system"), (7, "nvml-7")],
)
def test_a_card_that_does_not_answer_keeps_its_reason(code: int, status: str) -> None:
    recording = _recording() | {"devices": [{"error": code}, CARD]}
    _facts, [lost, well] = nvml.parse(nvml.ask(FakeNvml(recording)))
    assert (lost.vendor, lost.name, lost.status) == ("nvidia", "", status)
    assert (well.name, well.status) == (CARD["name"], None)


@pytest.mark.parametrize("part", ["driver", "cuda", "count"])
def test_the_system_questions_may_fail_one_by_one(part: str) -> None:
    answer = nvml.ask(FakeNvml(_recording() | {part: {"error": 999}}))
    facts, cards = nvml.parse(answer)
    assert facts.init == "ok"
    assert answer["errors"] == {part: 999}
    assert len(cards) == (0 if part == "count" else 1)


def test_a_function_an_old_binding_lacks_is_not_found() -> None:
    class Old(FakeNvml):
        nvmlDeviceGetMigMode = None  # noqa: N815 - its real name

    _facts, [card] = nvml.parse(nvml.ask(Old(_recording())))
    assert (card.mig, card.cc) == (None, "8.6")


def test_bytes_of_an_old_binding_are_text() -> None:
    _facts, [card] = nvml.parse(nvml.ask(FakeNvml(_recording(name=b"GeForce", uuid=b"GPU-2", bus=b"00000000:0A:00.0"))))
    assert (card.name, card.uuid, card.bus) == ("GeForce", "GPU-2", "0000:0a:00.0")


def test_the_library_is_closed_even_when_it_objects() -> None:
    fake = FakeNvml(_recording() | {"shutdown": 999})
    assert nvml.ask(fake)["init"] == "ok"
    assert fake.shutdowns == 1


@given(st.integers(1, 99), st.integers(0, 99))
def test_cuda_numbers_are_read_as_versions(major: int, minor: int) -> None:
    assert nvml.cuda_text(major * 1000 + minor * 10) == f"{major}.{minor}"


def test_the_real_program_answers_here() -> None:
    facts, cards = nvml.parse(nvml.read())
    assert (facts.init, facts.code) == ("ok", None) if cards else facts.code in CODES


def _child(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "child.py"
    path.write_text(body, encoding="utf-8")
    return path


def test_a_driver_that_crashes_takes_only_the_child(tmp_path: Path) -> None:
    with pytest.raises(FoxupError) as caught:
        nvml.read(_child(tmp_path, "import os; os.abort()"))
    assert caught.value.code == "nvml-crashed"


def test_a_driver_that_hangs_is_left_behind(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(FoxupError) as caught:
        nvml.read(_child(tmp_path, "import time; time.sleep(60)"), timeout=0.5)
    assert caught.value.code == "command-timeout"
    assert time.monotonic() - begun < 5


def test_the_program_needs_nothing_of_foxup(tmp_path: Path) -> None:
    script = (
        f"import runpy, sys; runpy.run_path({nvml.__file__!r}, run_name='__main__'); assert 'foxup' not in sys.modules"
    )
    done = run([sys.executable, "-c", script])
    assert done.ok, done.stderr


def test_a_neighbour_of_the_program_does_not_shadow_a_library(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')")
    child = _child(tmp_path, "import json; print(json.dumps({'init': 'error', 'code': 9}))")
    assert nvml.read(child) == {"init": "error", "code": 9}


def test_a_divided_card_without_a_slice_for_us_still_says_that_it_is_divided() -> None:
    _facts, [card] = nvml.parse(nvml.ask(FakeNvml(_recording(mig=[1, 1], slices=[{"error": 6}, {"error": 4}]))))
    assert card.mig is True
