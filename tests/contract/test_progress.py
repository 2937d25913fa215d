"""Progress and interruption.

==================================  ======================================================================================
moment                              observed
==================================  ======================================================================================
idle, nothing done yet              progress 0.0, eta 0.0, job "" job_count 0, job_timestamp "0", current_image null
busy                                0 < progress <= 1 (0.01 + done part), job "scripts_txt2img", job_count 1, sampling_step counts
                                    up to sampling_steps, current_image a base64 PNG unless ?skip_current_image=true
afterwards                          progress 0.0, job_count 0, but job_timestamp, job_no and sampling_steps keep their last
                                    values, and "interrupted" stays true after an interrupt
interrupt                           200 {}; the running txt2img answers 200 with the partial picture and no flag
interrupt while idle                200 {}; the next generation is not affected
img2img with a bad picture          its id stays in /internal/pending-tasks until the server ends
force_task_id                       /internal/progress and /internal/pending-tasks know it; "completed" afterwards
==================================  ======================================================================================
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import requests

from .client import API, Client, Generation
from .conftest import SMALL

if TYPE_CHECKING:
    from .conftest import Start

LONG = {**SMALL, "steps": 150, "width": 256, "height": 256, "force_task_id": "task(contract)"}
"""Takes several seconds on every machine this runs on."""


def _generate(base: str, fields: dict[str, Any]) -> requests.Response:
    return requests.post(base + API + "txt2img", json=fields, timeout=120)


def _busy(api: Client, pool: ThreadPoolExecutor) -> tuple[Future[requests.Response], dict[str, Any]]:
    """A long generation that has made some steps, and its progress."""
    future = pool.submit(_generate, api.base, LONG)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        progress = api.read("progress")
        if progress["state"]["sampling_step"] > 3 and progress["state"]["job_count"]:
            return future, progress
        assert not future.done(), "the generation ended before it was seen"
        time.sleep(0.02)
    raise TimeoutError("no step within 60 s")


def test_idle(api: Client) -> None:
    api.txt2img(**SMALL)
    progress = api.read("progress")
    state = progress.pop("state")
    assert progress == {"progress": 0.0, "eta_relative": 0.0, "current_image": None, "textinfo": None}
    assert (state["job"], state["job_count"], state["skipped"]) == ("", 0, False)
    assert set(state) == {
        "skipped",
        "interrupted",
        "stopping_generation",
        "job",
        "job_count",
        "job_timestamp",
        "job_no",
        "sampling_step",
        "sampling_steps",
    }


def test_busy_interrupted_and_afterwards(api: Client) -> None:
    with ThreadPoolExecutor(1) as pool:
        future, progress = _busy(api, pool)
        without = api.read("progress?skip_current_image=true")
        pending = api.get("/internal/pending-tasks").json()
        task = api.post("/internal/progress", {"id_task": "task(contract)", "id_live_preview": -1}).json()
        interrupted = api.post(API + "interrupt")
        asked = time.monotonic()
        answer = future.result()
        waited = time.monotonic() - asked
    assert 0 < progress["progress"] <= 1
    assert progress["eta_relative"] > 0
    state = progress["state"]
    assert (state["job"], state["job_count"], state["sampling_steps"]) == ("scripts_txt2img", 1, 150)
    assert without["current_image"] is None
    assert "task(contract)" not in pending["tasks"]
    assert (task["active"], task["queued"], task["completed"]) == (True, False, False)
    assert (interrupted.status_code, interrupted.json()) == (200, {})
    assert answer.status_code == 200
    partial = Generation(answer.json())
    assert "Steps: 150, " in partial.parameter_line
    assert "interrupt" not in answer.text.lower()
    assert waited < 10
    after = api.read("progress")
    assert (after["progress"], after["state"]["job_count"]) == (0.0, 0)
    assert after["state"]["interrupted"] is True
    done = api.post("/internal/progress", {"id_task": "task(contract)", "id_live_preview": -1}).json()
    assert (done["active"], done["completed"]) == (False, True)


def test_an_interrupted_picture_is_not_the_whole_one(api: Client) -> None:
    with ThreadPoolExecutor(1) as pool:
        future, _ = _busy(api, pool)
        api.post(API + "interrupt")
        partial = Generation(future.result().json())
    fields = {key: value for key, value in LONG.items() if key != "force_task_id"}
    assert (partial.pixels != api.txt2img(**fields).pixels).any()


def test_an_interrupt_while_idle_does_not_spoil_the_next_picture(api: Client) -> None:
    before = api.txt2img(**SMALL)
    response = api.post(API + "interrupt")
    assert (response.status_code, response.json()) == (200, {})
    assert api.txt2img(**SMALL).png == before.png


def test_a_live_preview_is_served_while_busy(api: Client) -> None:
    with ThreadPoolExecutor(1) as pool:
        future, _ = _busy(api, pool)
        seen = None
        while seen is None and not future.done():
            seen = api.read("progress")["current_image"]
            time.sleep(0.05)
        api.post(API + "interrupt")
        future.result()
    assert seen is not None
    assert seen.startswith("iVBORw0KGgo")


def test_a_request_that_fails_before_its_turn_stays_pending(api: Client) -> None:
    api.refused("img2img", {**SMALL, "init_images": ["AAAA"], "force_task_id": "task(broken)"})
    assert "task(broken)" in api.get("/internal/pending-tasks").json()["tasks"]


def test_before_anything_was_made(start: Start) -> None:
    server = start()
    server.wait_api()
    state = server.client.read("progress")["state"]
    assert (state["job_timestamp"], state["sampling_steps"], state["interrupted"]) == ("0", 0, False)
