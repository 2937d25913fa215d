"""Machines of other people: what their report or facts file tells a helper is what the machine told its owner."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_gpu_cases import CASES, _bus, _load, _nvidia
from tests.doctor.conftest import a1111, machine
from tests.e2e.conftest import foxup

from foxup import hardware, profile, sharing, survey
from foxup.doctor import examination
from foxup.doctor.case import Case
from foxup.doctor.examination import Examination
from foxup.doctor.run import examine
from foxup.facts import Facts, from_text
from foxup.judge import decide
from foxup.paths import Layout
from foxup.system import gpus

RECORDED = sorted(CASES.glob("windows-*.yaml"))
WRITTEN = {
    case["id"]: case["input"]
    for path in sorted((CASES.parent / "hardware").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]
    if case["input"]["os"]["family"] == "windows"
}


def recorded(path: Path, root: Path) -> Facts:
    """The facts that the probe makes of what Windows answered there."""
    case = _load(path)
    nvidia, bus = _nvidia(case, []), _bus(case, root)
    cards = tuple(gpus.cards(nvidia, bus, case.get("powershell")))
    return dataclasses.replace(machine(), gpus=cards, nvml=nvidia.nvml, driver_files=bus.driver_files)


def owner(facts: Facts) -> Examination:
    chosen, state = profile.load("nai"), a1111()
    case = Case(facts, state, chosen, survey.embedded(chosen))
    return Examination(case, Layout(Path(state.root), windows=True), examine(case))


def told(one: Examination) -> list[tuple[str, str, list[str]]]:
    return [(result.check.id, str(result.outcome), [item.code for item in result.findings]) for result in one.results]


def decided(facts: Facts) -> dict[str, Any]:
    decision = decide(facts, hardware.load())
    return {**decision.to_document(), "findings": [item.code for item in decision.findings]}


def same_elsewhere(facts: Facts, folder: Path) -> list[str]:
    """Post a report, judge it as a helper does; return the owner's findings."""
    mine = owner(facts)
    report = folder / "report.json"
    report.write_text(sharing.render(sharing.make(mine), "json"), encoding="utf-8")
    assert told(examination.of_report(report, None, ())) == told(mine)
    assert decided(from_text(report.read_text(encoding="utf-8"))) == decided(facts)
    return [item.code for item in mine.findings]


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_recorded_windows_machines(path, tmp_path):
    same_elsewhere(recorded(path, tmp_path), tmp_path)


@pytest.mark.parametrize("name", WRITTEN)
def test_written_windows_machines(name, tmp_path):
    same_elsewhere(from_text(json.dumps(WRITTEN[name])), tmp_path)


@pytest.mark.parametrize("path", RECORDED[:3], ids=lambda path: path.stem)
def test_the_commands_of_a_helper(path, tmp_path):
    facts = recorded(path, tmp_path)
    mine = same_elsewhere(facts, tmp_path)
    report = tmp_path / "report.json"
    judged = json.loads(foxup("doctor", "--report", report, "--json", code=None).out)
    assert [item["code"] for item in judged["findings"]] == mine
    only = tmp_path / "facts.json"
    only.write_text(json.dumps(facts.to_document()), encoding="utf-8")
    plans = [
        json.loads(foxup("plan", "--profile", "nai", "--facts", file, "--json", code=None).out)
        for file in (report, only)
    ]
    codes = [[item["code"] for item in plan["findings"]] for plan in plans]
    assert codes[0] == codes[1]
    assert set(decided(facts)["findings"]) <= set(codes[0])


def test_there_are_enough_of_them():
    assert len(RECORDED) >= 6
    assert len(WRITTEN) >= 8
