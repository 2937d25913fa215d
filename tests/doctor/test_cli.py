"""The commands `doctor` and `report` as a person or a program runs them."""

from __future__ import annotations

import json

import pytest

from foxup.doctor.texts import checks
from tests.e2e.conftest import foxup


@pytest.fixture
def handmade(tmp_path):
    """A web UI somebody unpacked by hand, which has never started."""
    folder = tmp_path / "webui"
    for name in ("launch.py", "modules/launch_utils.py", "models/Stable-diffusion/x.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / "webui-user.sh").write_text('export COMMANDLINE_ARGS="--share --api-auth admin:topsecretpw --oops"\n')
    (folder / "webui-user.bat").write_text("set COMMANDLINE_ARGS=--share --api-auth admin:topsecretpw --oops\r\n")
    return folder


def test_the_list_names_every_check():
    ran = foxup("doctor", "--list", "--json")
    assert [item["id"] for item in ran.data["checks"]] == [check.id for check in checks()]


def test_a_check_that_does_not_exist():
    assert foxup("doctor", "prot.free", "--json", code=2).document["error"]["code"] == "check-unknown"


def test_nothing_is_installed(tmp_path):
    ran = foxup("doctor", "--dir", tmp_path / "none", "--offline", "--json", code=1)
    assert "webui-missing" in {item["code"] for item in ran.document["findings"]}
    assert list(tmp_path.iterdir()) == []


def test_a_web_ui_made_by_hand(handmade):
    before = sorted(handmade.rglob("*"))
    ran = foxup("doctor", "--dir", handmade, "--profile", "nai", "--offline", "--json", code=1)
    found = {item["code"] for item in ran.document["findings"]}
    assert {"security-share", "security-password-public", "unrecognized-arguments", "environment-missing"} <= found
    assert "could not check" not in {item["outcome"] for item in ran.data["checks"]}
    assert sorted(handmade.rglob("*")) == before


def test_warnings_alone_do_not_fail(handmade):
    assert foxup("doctor", "git.ownership", "--dir", handmade, "--offline").code == 0


def test_a_report_is_written_and_judged(handmade, tmp_path):
    path = tmp_path / "report.json"
    ran = foxup("report", "--dir", handmade, "--profile", "nai", "--offline", "--format", "json", "--out", path)
    assert "<secret>" in ran.err
    assert "topsecretpw" not in path.read_text()
    owner = foxup("doctor", "--dir", handmade, "--profile", "nai", "--offline", "--json", code=1).document
    helper = foxup("doctor", "--report", path, "--json", code=1).document
    assert [(item["code"], item["severity"]) for item in helper["findings"]] == [
        (item["code"], item["severity"]) for item in owner["findings"]
    ]
    planned = foxup("plan", "--facts", path, "--profile", "smoke", "--json", "--dir", tmp_path / "other")
    assert planned.data["steps"]


@pytest.mark.parametrize("form", ["md", "html"])
def test_a_report_to_standard_output(handmade, form):
    ran = foxup("report", "--dir", handmade, "--profile", "nai", "--offline", "--format", form)
    assert "security-share" in ran.out
    assert "topsecretpw" not in ran.out + ran.err


def test_another_machine_is_not_repaired(tmp_path):
    path = tmp_path / "facts.json"
    path.write_text(json.dumps({"os": {"family": "windows", "name": "Windows 7", "version": "6.1", "arch": "AMD64"}}))
    ran = foxup("doctor", "--facts", path, "--fix", "--json", code=2)
    assert ran.document["error"]["code"] == "fix-elsewhere"
    ran = foxup("doctor", "--facts", path, "--profile", "nai", "--json", code=1)
    assert "os-unsupported" in {item["code"] for item in ran.document["findings"]}
    assert {item["id"].partition(".")[0] for item in ran.data["checks"]} == {"machine", "gpu", "python", "git"}


def test_in_russian(handmade):
    ran = foxup("doctor", "--dir", handmade, "--profile", "nai", "--offline", "--lang", "ru", code=1)
    assert "Кому доступен веб-интерфейс" in ran.err
    assert f'foxup doctor --fix --dir "{handmade}"' in ran.err  # also in the line that says what can be repaired
