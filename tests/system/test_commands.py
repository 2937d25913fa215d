from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from foxup.errors import FoxupError
from foxup.system import commands
from foxup.system.processes import Identity, alive, identity, kill_tree

PYTHON = [sys.executable, "-c"]
# A child that starts a grandchild, prints the grandchild's number, and waits.
FAMILY = """
import subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(grandchild.pid, flush=True)
time.sleep(60)
"""
# The grandchild ignores a polite end.
STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


def _gone(pid: int, within: float = 5.0) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        who = identity(pid)
        if who is None or not alive(who):
            return True
        time.sleep(0.05)
    return False


def test_run_gives_both_streams_and_the_exit_code() -> None:
    done = commands.run([*PYTHON, "import sys; print('лиса'); print('err', file=sys.stderr); sys.exit(7)"])
    assert (done.rc, done.stdout.strip(), done.stderr.strip(), done.ok) == (7, "лиса", "err", False)


def test_run_of_nothing_there_says_which_program() -> None:
    with pytest.raises(FoxupError) as caught:
        commands.run(["no-such-program-at-all"])
    assert caught.value.code == "program-missing"
    assert "no-such-program-at-all" in caught.value.message


def test_run_in_a_missing_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(FoxupError) as caught:
        commands.run([*PYTHON, ""], cwd=tmp_path / "absent")
    assert caught.value.code == "program-not-started"
    assert "absent" in caught.value.cause


def test_run_over_its_time_ends_the_whole_tree(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = FAMILY.replace("print(grandchild.pid, flush=True)", f"open({str(note)!r}, 'w').write(str(grandchild.pid))")
    begun = time.monotonic()
    with pytest.raises(FoxupError) as caught:
        commands.run([*PYTHON, script], timeout=2)
    assert caught.value.code == "command-timeout"
    assert time.monotonic() - begun < 8
    assert _gone(int(note.read_text()))


def test_stream_hands_lines_on_as_they_come() -> None:
    script = "import time\nfor i in range(3):\n    print(i, flush=True); time.sleep(0.4)"
    seen: list[tuple[str, float]] = []
    done = commands.stream([*PYTHON, script], on_line=lambda line: seen.append((line, time.monotonic())))
    assert [line for line, _ in seen] == ["0", "1", "2"]
    assert seen[2][1] - seen[0][1] > 0.5
    assert (done.rc, done.stdout) == (0, "0\n1\n2")


def test_stream_splits_progress_at_carriage_returns() -> None:
    script = r"import sys; sys.stdout.write('10%\r20%\r\n30%'); sys.stderr.write('e\n')"
    done = commands.stream([*PYTHON, script])
    assert set(done.stdout.split("\n")) >= {"10%", "20%"}
    assert "30%" in done.stdout


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError])
def test_stream_ends_the_tree_when_its_listener_fails(failure: type[BaseException]) -> None:
    pids: list[int] = []

    def listen(line: str) -> None:
        pids.append(int(line))
        raise failure

    with pytest.raises(failure):
        commands.stream([*PYTHON, FAMILY], on_line=listen, started=pids.append)
    assert len(pids) == 2
    assert all(_gone(pid) for pid in pids)


@pytest.mark.skipif(os.name == "nt", reason="process groups are POSIX")
def test_what_has_left_the_tree_but_not_the_group_ends_too() -> None:
    script = """
import subprocess, time
print(subprocess.run(["sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!"], capture_output=True, text=True).stdout, flush=True)
time.sleep(60)
"""
    orphans: list[int] = []

    def listen(line: str) -> None:
        orphans.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        commands.stream([*PYTHON, script], on_line=listen)
    assert _gone(orphans[0])


def test_stream_over_its_time_is_stopped_even_when_silent() -> None:
    pids: list[int] = []
    with pytest.raises(FoxupError, match="did not finish within 1 seconds"):
        commands.stream([*PYTHON, "import time; time.sleep(60)"], timeout=1, started=pids.append)
    assert _gone(pids[0])


@pytest.mark.skipif(os.name == "nt", reason="a detached child keeps a POSIX pipe open")
def test_stream_does_not_wait_for_a_daemon_that_keeps_the_pipe() -> None:
    script = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(20)"], start_new_session=True)
print(child.pid, flush=True)
"""
    begun = time.monotonic()
    done = commands.stream([*PYTHON, script])
    assert time.monotonic() - begun < 6
    psutil.Process(int(done.stdout)).kill()


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM cannot be ignored on Windows")
def test_a_deaf_program_is_ended_by_force(tmp_path: Path) -> None:
    process = commands.start([*PYTHON, STUBBORN], output=tmp_path / "log")
    while b"deaf" not in (tmp_path / "log").read_bytes():
        time.sleep(0.05)
    who = identity(process.pid)
    assert who
    kill_tree(who, grace=0.3)
    assert _gone(process.pid, within=1)
    process.wait(5)


def test_a_reused_number_is_never_killed() -> None:
    process = psutil.Popen([*PYTHON, "import time; time.sleep(30)"])
    try:
        earlier = Identity(process.pid, process.create_time() - 100)
        assert not alive(earlier)
        kill_tree(earlier, grace=0.1)
        assert process.is_running()
    finally:
        process.kill()
        process.wait()


def test_start_survives_and_writes_its_log(tmp_path: Path) -> None:
    process = commands.start([*PYTHON, "print('begun')"], output=tmp_path / "out.log", cwd=tmp_path)
    assert process.wait(10) == 0
    assert (tmp_path / "out.log").read_text().strip() == "begun"


def test_log_names_command_folder_and_end_without_secrets(tmp_path: Path) -> None:
    lines: list[str] = []
    code = "print('https://user:pass@host/x?token=abc')"
    commands.run([*PYTHON, code, "--token", "hf_secret"], cwd=tmp_path, log=lines.append)
    text = "\n".join(lines)
    assert str(tmp_path) in lines[0]
    assert lines[-1].startswith("= exit code 0 after ")
    assert not any(secret in text for secret in ("hf_secret", "user:pass", "abc"))


def test_log_to_a_file_appends(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "step.log"
    for word in ("один", "два"):
        with commands.log_to(path) as log:
            log(word)
    assert path.read_text(encoding="utf-8") == "один\nдва\n"


def test_a_program_in_the_current_folder_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tmp_path / "nvidia-smi"
    planted.write_text("#!/bin/sh\n")
    planted.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([".", ""]))
    assert commands.find_program("nvidia-smi") is None
    assert commands.find_program("nvidia-smi", [tmp_path]) == planted


def test_commands_run_side_by_side_in_threads() -> None:
    results: list[str] = []
    ask = lambda word: results.append(commands.run([*PYTHON, f"print({word!r})"]).stdout.strip())  # noqa: E731
    threads = [threading.Thread(target=ask, args=(word,)) for word in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results) == ["a", "b"]
