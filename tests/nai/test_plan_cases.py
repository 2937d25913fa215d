"""Every acceptance case of the hardware decision through the real command: `foxup plan --facts FILE --json`."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from foxup import console
from foxup.__main__ import run
from foxup.finding import Finding, Severity
from tests.components.hardware_cases import cases, differences

_PROFILES = {"ci": "nai-cpu", "nai-cpu": "nai-cpu"}


def planned(case: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Plan the case's machine and return the whole JSON document."""
    facts = folder / "facts.json"
    facts.write_text(json.dumps(case["input"], default=str), encoding="utf-8")
    profile = case.get("profile", "nai")
    console.out = type(console.out)()
    code = run(["plan", "--profile", profile, "--facts", str(facts), "--dir", str(folder / "webui"), "--json"])
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == code
    return document


def as_decision(data: dict[str, Any], findings: list[dict[str, Any]]) -> Any:
    """Return the document in the shape that the comparison of the decision reads."""
    keep = {"verdict", "proceed", "selected_gpu", "effective_vram_mib", "python", "env"}
    return SimpleNamespace(
        **{key: data[key] for key in keep},
        launch_args=tuple(data["launch_args"]),
        torch=SimpleNamespace(**data["torch"]) if data["torch"] else None,
        driver_needed=SimpleNamespace(**data["driver_needed"]) if data.get("driver_needed") else None,
        findings=tuple(Finding(item["code"], Severity(item["severity"]), item["message"]) for item in findings),
    )


@pytest.mark.parametrize(("name", "case"), [pytest.param(n, c, id=n) for n, c in cases()])
def test_the_command_plans_what_the_case_says(
    name: str, case: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = planned(case, tmp_path, capsys)
    data = document["data"]
    assert document["error"] is None
    assert differences(case, as_decision(data, document["findings"])) == []
    assert document["exit_code"] == (0 if data["proceed"] else 1)
    assert data["profile"] == _PROFILES.get(case.get("profile", "nai"), "nai")
    if data["torch"] is None:
        assert data["steps"] == []
        return
    steps = {step["id"]: step for step in data["steps"]}
    assert {"webui.files", "repositories.k-diffusion", "environment.create", "settings"} <= set(steps)
    assert steps["launch-script"]["details"][0].endswith(" ".join(data["launch_args"]))
    if data["torch"]["index"] != "pypi" and data["torch"]["set"] not in {"cpu", "ipex-win"}:
        assert steps["packages.install"]["sources"][0] == data["torch"]["index"]
    assert data["torch"]["torch"].partition("+")[0] in steps["packages.install"]["title"]


def test_nothing_is_written_for_another_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _name, case = next(iter(cases()))
    planned(case, tmp_path, capsys)
    assert not (tmp_path / "webui").exists()
