"""A proof on the web UI that a person left running: everybody before it is waited for, and nothing of theirs changes."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from foxup.paths import Layout
from foxup.system.webui_api import WebuiApi
from tests.e2e.conftest import foxup

OTHERS = {
    "prompt": "black fox, moon", "seed": 4, "steps": 20, "width": 448, "height": 448,
    "save_images": True, "do_not_save_samples": False,
}  # fmt: skip


@contextmanager
def running(folder: Path):
    """Run the web UI as a person does."""
    foxup("start", "--dir", folder)
    try:
        record = json.loads(Layout(folder).process.read_text())
        yield WebuiApi(f"http://127.0.0.1:{record['port']}")
    finally:
        foxup("stop", "--dir", folder)


def traces(folder: Path) -> dict[str, str]:
    """Return what the web UI keeps of its person's work: settings, last parameters, pictures."""
    kept = [folder / "config.json", folder / "ui-config.json", folder / "params.txt"]
    kept += [path for path in (folder / "outputs").rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in kept if path.is_file()
    }  # fmt: skip


def until(holds, limit_s: float = 60.0) -> None:
    deadline = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_those_before_it_are_waited_for_and_nothing_of_theirs_changes(smoke):
    with running(smoke) as api:
        ended: list[float] = []
        theirs: list[int] = []

        def other() -> None:
            theirs.append(len(api.generate("txt2img", OTHERS, timeout_s=300).pictures))
            ended.append(time.monotonic())

        thread = threading.Thread(target=other)
        thread.start()
        until(lambda: api.progress()["state"]["job_count"])
        options = api.options()
        begun = time.monotonic()
        said = foxup("verify", "--dir", smoke).err
        thread.join()
        assert theirs == [1], "the other one's generation came through whole"
        assert begun < ended[0] < time.monotonic()
        assert "waiting until the web UI has finished" in said
        assert api.options() == options

        mine = traces(smoke)
        assert "params.txt" in mine
        assert foxup("verify", "--dir", smoke, "--json").data["proven"]
        assert traces(smoke) == mine


def test_a_picture_that_somebody_interrupts_is_no_verdict_on_the_install(smoke):
    with running(smoke) as api:
        interrupted = threading.Event()

        def other() -> None:
            until(lambda: api.progress()["state"]["sampling_step"] > 2)
            api.interrupt()
            interrupted.set()

        thread = threading.Thread(target=other)
        thread.start()
        ran = foxup("verify", "--dir", smoke, "--json", code=None)
        thread.join()
        assert interrupted.is_set()
        assert ran.code == 1
        assert ran.data["verdict"] == "broken"
        assert ran.data["explanation"][0]["code"] == "generation-interrupted"
        assert foxup("verify", "--dir", smoke, "--json").data["proven"]
