"""A web UI that somebody started by hand is noticed before anything is changed under it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from foxup import launch, settings_store
from foxup.errors import FoxupError
from foxup.paths import Layout
from foxup.profile import load
from foxup.system import files, processes


@pytest.fixture
def by_hand(tmp_path):
    """A process as webui.sh leaves it: `python -u launch.py` in the folder of the web UI."""
    (tmp_path / "launch.py").write_text("import time; print('up', flush=True); time.sleep(60)")
    process = subprocess.Popen([sys.executable, "-u", "launch.py", "--xformers"], cwd=tmp_path, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"up\n"
    yield Layout(tmp_path, windows=False)
    process.kill()
    process.wait()
    process.stdout.close()


def test_settings_are_not_written_under_its_hands(by_hand):
    by_hand.config.write_text('{"mine": 1}')
    for act in (lambda: settings_store.apply(by_hand, load("smoke")), lambda: launch.refuse_while_open(by_hand)):
        with pytest.raises(FoxupError) as caught:
            act()
        assert caught.value.code == "webui-running"
        assert "window" in caught.value.hint
    assert by_hand.config.read_text() == '{"mine": 1}'


def test_what_a_killed_foxup_left_for_itself_is_ended(by_hand):
    who = processes.at_work_in(by_hand.root, "launch.py")
    files.write_json(by_hand.state / "child.json", {"pid": who.pid, "started": who.started})
    launch.refuse_while_open(by_hand)
    assert not processes.alive(who)


def test_another_install_is_none_of_its_business(by_hand, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    launch.refuse_while_open(Layout(other, windows=False))
    who = processes.at_work_in(by_hand.root, "launch.py")
    assert who
    processes.kill_tree(who)
    deadline = time.monotonic() + 10
    while processes.at_work_in(by_hand.root, "launch.py"):
        assert time.monotonic() < deadline
    launch.refuse_while_open(by_hand)
