"""The right cause first, on every case on disk; nothing on logs in which nothing is wrong."""

from __future__ import annotations

import tomllib

import pytest
from logs import CASES, cases, compose

from foxup.signatures import explain_log
from foxup.signatures.catalogue import load
from foxup.signatures.engine import matcher

TROUBLES = [
    *cases("cases-*.toml"),
    *cases("pasted.toml"),
    *cases("heldout.toml"),
    *cases("wordings.toml"),
    *cases("several.toml"),
]
REAL = tomllib.loads((CASES / "real" / "expected.toml").read_text(encoding="utf-8"))
HEALTHY = {
    **{
        entry["healthy"]: compose(entry).encode()
        for entry in tomllib.loads((CASES / "healthy.toml").read_text(encoding="utf-8"))["case"]
    },
    **{path.stem: path.read_bytes() for path in sorted((CASES / "healthy").glob("*.log"))},
}
NEAR = tomllib.loads((CASES / "near.toml").read_text(encoding="utf-8"))
OF_LOGS = {code: item for code, item in load().signatures.items() if item.input == "log"}


def codes(findings):
    return [finding.code for finding in findings]


@pytest.mark.parametrize("case", TROUBLES, ids=str)
def test_the_cause_comes_first(case):
    diagnosis = explain_log(case.text.encode())
    if case.expect:
        assert codes(diagnosis.findings)[:1] == [case.expect]
        assert diagnosis.evidence[case.expect]
        assert not diagnosis.healthy
    else:
        assert codes(diagnosis.findings) == []
        assert diagnosis.healthy
    assert diagnosis.known
    assert case.harmless is None or case.harmless in codes(diagnosis.harmless)


@pytest.mark.parametrize("name", REAL)
def test_true_output_of_broken_starts(name):
    diagnosis = explain_log(CASES / "real" / f"{name}.log")
    assert codes(diagnosis.findings)[:1] == ([] if REAL[name] == "unknown" else [REAL[name]])
    assert not diagnosis.healthy
    assert diagnosis.known is (REAL[name] != "unknown")


def test_there_are_enough_cases():
    assert len(TROUBLES) + len(REAL) >= 120
    assert len(REAL) >= 25
    assert len(HEALTHY) >= 20


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_log_gives_nothing(name):
    diagnosis = explain_log(HEALTHY[name])
    assert codes(diagnosis.findings) == []
    assert diagnosis.healthy
    assert diagnosis.known


@pytest.mark.parametrize("code", OF_LOGS)
def test_every_signature_has_a_case_and_a_near_miss(code):
    assert any(code in (case.expect, case.harmless) for case in TROUBLES)
    diagnosis = explain_log(NEAR[code].encode())
    assert code not in codes((*diagnosis.findings, *diagnosis.consequences, *diagnosis.harmless))


@pytest.mark.parametrize("case", [case for case in TROUBLES if case.expect or case.harmless], ids=str)
def test_the_case_fails_without_its_rule(case, monkeypatch):
    """A case that another rule would answer as well proves nothing."""
    whole, code = matcher(), case.expect or case.harmless
    rules = whole.rules
    monkeypatch.setattr(
        whole,
        "rules",
        lambda line, found: [rule for rule in rules(line, found) if getattr(rule.owner, "id", "") != code],
    )
    told = explain_log(case.text.encode())
    assert code not in codes((*told.findings, *told.harmless))


def test_unknown_failures_are_said_to_be_unknown():
    text = compose(
        {
            "parts": ["linux-running", "*"],
            "log": "Traceback (most recent call last):\n  File 'x.py', line 1\nZeroDivisionError: division by zero\n",
        }
    )
    diagnosis = explain_log(text.encode())
    assert (diagnosis.findings, diagnosis.healthy, diagnosis.known) == ((), False, False)
    assert [item.text for item in diagnosis.unexplained] == ["ZeroDivisionError: division by zero"]


def test_a_name_that_was_never_filled_in_is_no_refused_download():
    text = (
        "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://huggingface.co/{}/config.json\n"
    )
    assert explain_log(text.format("None/resolve/main").encode()).findings == ()
    assert codes(explain_log(text.format("a/b/resolve/main").encode()).findings) == ["civitai-saved-login-file"]


def test_a_tunnel_that_is_refused_is_not_healthy():
    diagnosis = explain_log(
        b"Running on local URL:  http://127.0.0.1:7860\nInvalid ngrok authtoken? ngrok connection aborted\n"
    )
    assert (diagnosis.findings, diagnosis.healthy) == ((), False)


@pytest.mark.parametrize("line", ["Exception: everything is broken", "ОШИБКА: ничего не работает", "Error: boo"])
def test_a_bare_error_is_not_healthy(line):
    diagnosis = explain_log(line.encode())
    assert (diagnosis.findings, diagnosis.healthy) == ((), False)
    assert [item.text for item in diagnosis.unexplained] == [line]


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_nothing_to_read(text):
    diagnosis = explain_log(text.encode())
    assert diagnosis.healthy
    assert diagnosis.findings == ()
