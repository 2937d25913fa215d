"""Every acceptance case: machine in, decision out."""

from __future__ import annotations

from typing import Any

import pytest
from hardware_cases import OURS, cases, differences, missed_wishes, run


@pytest.mark.parametrize(("name", "case"), [pytest.param(n, c, id=n) for n, c in cases()])
def test_a_machine_gets_what_its_case_says(name: str, case: dict[str, Any]) -> None:
    assert differences(case, run(case)) == []


@pytest.mark.parametrize(("name", "case"), [pytest.param(n, c, id=n) for n, c in cases(OURS)])
def test_wishes_are_met_too(name: str, case: dict[str, Any]) -> None:
    assert missed_wishes(case, run(case)) == []
