"""The registry: complete data, outcomes, a crash that stops nobody."""

from __future__ import annotations

import dataclasses
import re
import string
import time

import pytest

from foxup import hardware, profile, signatures
from foxup.doctor.case import Case
from foxup.doctor.checks import JUDGES
from foxup.doctor.look import look
from foxup.doctor.run import examine
from foxup.doctor.texts import checks, findings
from foxup.errors import UsageError
from foxup.facts import Facts
from foxup.finding import Outcome
from foxup.paths import Layout
from tests.doctor.conftest import a1111, machine


def test_every_check_has_a_judge_and_the_other_way_round():
    assert {check.id for check in checks()} == set(JUDGES)
    assert len({check.id for check in checks()}) == len(checks())


def test_every_finding_of_the_hardware_rules_has_its_check():
    said = {code.partition("/")[0] for code in hardware.load().texts}
    answered = [code for check in checks() for code in check.codes]
    assert said == set(answered)
    assert len(answered) == len(set(answered))


@pytest.mark.parametrize("code", sorted(findings()))
def test_every_finding_says_the_same_in_both_languages(code):
    model = findings()[code]
    for text in filter(None, (model.message, model.cause, model.remedy)):
        fields = [{name for _a, name, _b, _c in string.Formatter().parse(said) if name} for said in (text.en, text.ru)]
        assert fields[0] == fields[1]
        assert text.en != text.ru or text.en == "{danger}"
        assert re.search("[а-я]", text.ru) or text.ru == "{danger}"


def test_every_finding_is_said_somewhere():
    from pathlib import Path

    import foxup.doctor

    code = "\n".join(path.read_text() for path in Path(foxup.doctor.__file__).parent.rglob("*.py"))
    limits = "\n".join(path.read_text() for path in (profile.profiles_folder() / "doctor").glob("webui.toml"))
    assert [name for name in findings() if f'"{name}"' not in code and f'"{name}"' not in limits] == []


def test_codes_that_are_in_the_catalogue_mean_the_same_trouble():
    shared = set(findings()) & set(signatures.load().signatures)
    assert {"venv-python-gone", "numpy2-abi", "port-in-use", "torch-cpu-build", "git-dubious-ownership"} <= shared


def case(**changes) -> Case:
    return Case(machine(), a1111(**changes), profile.load("nai"))


def test_a_crashing_check_is_a_result():
    def crash(_case):
        raise ZeroDivisionError("by intent")

    results = examine(case(), judges={**JUDGES, "port.free": crash})
    crashed = [result for result in results if result.outcome is Outcome.COULD_NOT_CHECK]
    assert [(item.check.id, item.reason) for item in crashed] == [("port.free", "ZeroDivisionError: by intent")]


def test_what_could_not_be_looked_at_could_not_be_checked():
    results = {item.check.id: item for item in examine(case(failures={"models": "PermissionError: no"}))}
    assert results["models.content"].outcome is Outcome.COULD_NOT_CHECK
    assert results["models.content"].reason == "PermissionError: no"
    assert results["port.free"].outcome is Outcome.OK


def test_slow_ones_come_last():
    slow = [result.check.slow for result in examine(case())]
    assert slow == sorted(slow)


def test_groups_and_single_checks():
    assert {result.check.id.partition(".")[0] for result in examine(case(), ["security"])} == {"security"}
    assert [result.check.id for result in examine(case(), ["port.free"])] == ["port.free"]
    with pytest.raises(UsageError):
        examine(case(), ["prot.free"])


def test_a_part_that_fails_or_crawls_stops_nobody(tmp_path):
    def fail():
        raise OSError("the disk is gone")

    begun = time.monotonic()
    chosen = profile.load("smoke")
    state = look(Layout(tmp_path), chosen, Facts(), offline=True, extra={"port": fail})
    assert state.failures == {"port": "OSError: the disk is gone"}
    assert state.program.kind == "none"
    assert state.skipped == ("network",)
    assert time.monotonic() - begun < 20


def test_an_empty_folder_is_not_written_to(tmp_path):
    folder = tmp_path / "webui"
    folder.mkdir()
    look(Layout(folder), profile.load("smoke"), Facts(), offline=True)
    assert list(folder.iterdir()) == []


def test_a_state_survives_its_document():
    from foxup.doctor.state import from_document

    state = a1111()
    assert from_document({**state.to_document(), "later": 1}) == state
    with pytest.raises(UsageError):
        from_document({"windows": ["no"]})
    assert dataclasses.is_dataclass(state)
