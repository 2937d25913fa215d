"""Logs that lost their line ends on the way: in a string of JSON, in a program's output, in one line of a chat."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_explain_log import HEALTHY, TROUBLES

from foxup.signatures import explain_log
from foxup.signatures.flattened import restore

CASES = [case for case in TROUBLES if case.expect]
FORMS = {
    "a JSON object": lambda text: json.dumps({"log": text}),
    "a JSON list": lambda text: json.dumps(text.splitlines(), indent=2, ensure_ascii=False),
    "a program's string": repr,
}


def chat(text: str) -> str:
    """One line, as a message field makes of a paste."""
    return " ".join(text.split())


def first(text: str) -> str | None:
    findings = explain_log(text.encode()).findings
    return findings[0].code if findings else None


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_string_holds_the_same_log(case, form):
    assert first(FORMS[form](case.text)) == case.expect


def test_of_one_long_line_nearly_all_is_told():
    """What stood on a line of its own without words to know it by cannot come back."""
    long = [case for case in CASES if len(chat(case.text)) >= 300]
    wrong = [case.name for case in long if first(chat(case.text)) != case.expect]
    assert len(long) >= 150
    assert len(wrong) <= 0.03 * len(long), wrong


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_log_stays_healthy(name):
    text = HEALTHY[name].decode("utf-8", "replace")
    for form in (*FORMS.values(), chat):
        assert first(form(text)) is None


def test_what_has_its_lines_is_left_alone():
    restored = [case.name for case in TROUBLES if restore(case.text.encode())]
    assert restored == ["cases-models-8-civitai-needs-token"], "which is an answer in JSON"


def test_the_lines_shown_are_numbered_as_in_the_file():
    text = json.dumps({"a": 1, "log": "Python 3.10.6\nx\ny\nRuntimeError: CUDA error: out of memory"}, indent=1)
    evidence = explain_log(text.encode()).evidence["cuda-oom"]
    assert [(item.line, item.text) for item in evidence] == [(3, 'RuntimeError: CUDA error: out of memory"')]


@given(st.binary(max_size=3000) | st.text(alphabet='\\nu"{}[]r 0Error: \n', max_size=3000).map(str.encode))
def test_every_line_has_a_number(data):
    whole = restore(data)
    if whole:
        assert len(whole.numbers) == whole.data.count(b"\n") + 1
        assert list(whole.numbers) == sorted(whole.numbers)
        assert whole.numbers[-1] <= data.count(b"\n") + 1
