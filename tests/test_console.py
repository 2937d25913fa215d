"""What is written where, in which letters."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from foxup import console, i18n
from foxup.errors import FoxupError
from foxup.finding import Finding, Severity


@pytest.fixture(autouse=True)
def fresh():
    console.out.__init__()
    yield
    console.out.__init__()
    i18n.use("en")


def run(*arguments, **variables):
    return subprocess.run([sys.executable, "-m", "foxup", *arguments], capture_output=True, check=False,
                          env={**os.environ, **variables}, stdin=subprocess.DEVNULL)  # fmt: skip


def test_the_json_document_has_its_keys_also_on_failure(tmp_path):
    done = run("status", "--dir", str(tmp_path), "--json")
    document = json.loads(done.stdout)
    assert set(document) == {"schema", "command", "ok", "exit_code", "data", "findings", "error"}
    assert (document["schema"], document["command"], document["ok"], document["exit_code"]) == (1, "status", False, 1)
    assert done.returncode == 1
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["plan", "--profile", "nonsense", "--json"], "profile-unknown"),
        (["plan", "--profile", "smoke", "--facts", "/nowhere.json", "--json"], "facts-unreadable"),
        (["verify", "--set", "color=red", "--profile", "smoke", "--json"], "parameter-unknown"),
        (["explain", "/nowhere.log", "--profile", "smoke", "--json"], "file-unreadable"),
        (["plan", "--nonsense", "--json"], "usage"),
    ],
)
def test_bad_usage_is_told_by_code_and_exit_2(arguments, code):
    done = run(*arguments)
    assert done.returncode == 2
    document = json.loads(done.stdout)
    assert (document["error"]["code"], document["command"]) == (code, arguments[0])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_facts_come_as_windows_powershell_writes_them(tmp_path, encoding):
    mark = {"utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}.get(encoding, "")
    path = tmp_path / "facts.json"
    path.write_bytes((mark + json.dumps({"os": {"family": "windows", "name": "Пуск"}}) + "\r\n").encode(encoding))
    told = json.loads(run("plan", "--profile", "smoke", "--facts", str(path), "--json").stdout)
    assert told["error"] is None
    assert told["data"]["steps"]


def test_a_plan_for_another_machine_names_its_folder_not_this_one(tmp_path):
    path = tmp_path / "facts.json"
    path.write_text(json.dumps({"os": {"family": "windows"}, "target": "E:\\ИИ\\webui"}))
    told = run("plan", "--profile", "smoke", "--facts", str(path), FOXUP_LANG="en").stderr.decode()
    assert "Plan for E:\\ИИ\\webui" in told
    assert str(Path.cwd()) not in told


@pytest.mark.parametrize("text", ["[" * 100_000, "[", "null", '{"os": 5}'])
def test_facts_that_are_none_are_refused(tmp_path, text):
    path = tmp_path / "facts.json"
    path.write_text(text)
    for arguments in (["plan", "--profile", "smoke", "--facts"], ["doctor", "--report"]):
        done = run(*arguments, str(path), "--json")
        assert done.returncode == 2
        assert json.loads(done.stdout)["error"]["code"] in {"facts-invalid", "report-unreadable", "report-invalid"}


@pytest.mark.parametrize("encoding", ["utf-8", "cp866", "cp1251", "cp1252", "ascii"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_code_page_survives(encoding, language):
    for arguments in (["plan", "--profile", "smoke", "--dir", "x"], ["--help"], ["probe"], ["plan", "--profile", "x"]):
        done = run(*arguments, PYTHONIOENCODING=encoding, FOXUP_LANG=language, PYTHONUTF8="0", LANG="C")
        assert b"Traceback" not in done.stderr
        assert done.returncode in {0, 1, 2}
        text = (done.stdout + done.stderr).decode(encoding)
        if language == "ru" and encoding in {"utf-8", "cp866", "cp1251"} and arguments[0] == "plan":
            assert any("а" <= letter <= "я" for letter in text)


def test_no_color_and_a_pipe_carry_no_escapes():
    for variables in ({"NO_COLOR": "1"}, {}):
        done = run("plan", "--profile", "smoke", "--dir", "x", **variables)
        assert b"\x1b" not in done.stdout + done.stderr


def test_user_text_is_never_markup(capsys):
    console.say("[/bold] C:\\[red] :fox:")
    assert "[/bold] C:\\[red] :fox:" in capsys.readouterr().err


def test_an_error_says_what_why_and_what_to_do(capsys):
    console.error(FoxupError("x", "What is.", cause="Why.", hint="foxup do"))
    assert capsys.readouterr().err.splitlines() == ["error: What is.", "  cause: Why.", "hint: foxup do"]


def test_findings_are_shown_whole(capsys):
    console.show([Finding("x", Severity.WARNING, "What.", "Why.", "Do.", ("foxup fix",))])
    assert [line.strip() for line in capsys.readouterr().err.splitlines()] == ["! What.", "Why.", "Do.", "$ foxup fix"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  ✓ one two three", "  ✓ one two\n    three"),
        ("  12. one two three", "  12. one two\n      three"),
        ("      one two three", "      one two\n      three"),
        ("one two three four", "one two three\nfour"),
    ],
)
def test_a_wrapped_line_stays_under_its_own_beginning(text, shown):
    from rich.console import Console

    terminal = Console(file=io.StringIO(), width=14, force_terminal=True, no_color=True, markup=False)
    console.write(terminal, text)
    lines = [line.rstrip() for line in terminal.file.getvalue().splitlines()]
    assert "\n".join(lines) == shown


def test_signs_have_stand_ins():
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="cp866")
    assert console.glyph("ok", narrow) == "[OK]"
    wide = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert console.glyph("ok", wide) == "✓"
    from rich.console import Console
    from rich.file_proxy import FileProxy

    assert console.glyph("ok", FileProxy(Console(), wide)) == "✓"  # what a progress bar puts in its place


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_132_626_102, "2.1 GB")])
def test_sizes_for_people(count, text):
    assert console.size(count) == text


@pytest.mark.parametrize(
    ("arguments", "variables", "language"),
    [
        (["--lang", "ru"], {}, "ru"),
        (["plan", "--lang=en"], {"LANG": "ru_RU.UTF-8"}, "en"),
        ([], {"FOXUP_LANG": "ru", "LANG": "en_US.UTF-8"}, "ru"),
        ([], {"LANG": "ru_RU.UTF-8"}, "ru"),
        ([], {"LC_ALL": "C", "LANG": "ru_RU.UTF-8"}, "en"),
        ([], {"LANG": "de_DE"}, "en"),
        (["--lang"], {}, "en"),
    ],
)
def test_the_language_is_chosen_by_flag_variable_system(arguments, variables, language):
    assert i18n.choose(arguments, variables) == language
