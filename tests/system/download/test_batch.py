from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from servers import content, sha256

from foxup.step import FileSpec, Source
from foxup.system.download import State, Wanted, fetch_all

BODIES = {f"f{number}": content(600_000 + number, seed=number) for number in range(5)}


@pytest.fixture
def wanted(server, tmp_path):
    for name, body in BODIES.items():
        server.add(f"/{name}", body, rate=4_000_000)
    return [
        Wanted(
            FileSpec(name, name, "other", (Source(f"{server.url}/{name}"),), len(body), sha256(body)),
            tmp_path / "out" / name,
        )
        for name, body in BODIES.items()
    ]


def test_all_files_arrive_in_order_with_one_stream_of_events(wanted, context):
    events, inside = [], threading.Semaphore(1)

    def listen(event):
        assert inside.acquire(blocking=False), "two callers at once"
        events.append(event)
        inside.release()

    outcomes = fetch_all(wanted, context=context, progress=listen)
    assert [outcome.fetched.path for outcome in outcomes] == [item.destination for item in wanted]
    assert all(item.destination.read_bytes() == BODIES[item.spec.id] for item in wanted)
    assert {event.file_id for event in events if event.state is State.DONE} == set(BODIES)


def test_one_file_that_fails_does_not_stop_the_others(server, wanted, context):
    del server.resources["/f1"]
    outcomes = fetch_all(wanted, context=context)
    assert [outcome.error.code if outcome.error else None for outcome in outcomes] == [
        None,
        "download-removed",
        None,
        None,
        None,
    ]
    assert sum(outcome.fetched is not None for outcome in outcomes) == 4


def test_files_share_the_budget_of_connections(server, wanted, context):
    busy, most, lock = [0], [0], threading.Lock()

    def count(number, headers):
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        threading.Timer(0.15, lambda: busy.__setitem__(0, busy[0] - 1)).start()

    for resource in server.resources.values():
        resource.fault = count
    fetch_all(wanted, context=replace(context, limits=replace(context.limits, files_at_once=2)))
    assert most[0] <= 4  # two at once; a finished one is counted for a moment longer


def test_an_error_of_ours_stops_everything_and_is_raised(wanted, context):
    def broken(event):
        if event.state is State.TRANSFERRING:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fetch_all(wanted, context=context, progress=broken)
    assert context.cancelled.is_set()


def test_cancelling_ends_all_files_soon(server, wanted, context):
    for resource in server.resources.values():
        resource.rate = 100_000
    threading.Timer(0.5, context.cancelled.set).start()
    begun = time.monotonic()
    outcomes = fetch_all(wanted, context=context)
    assert time.monotonic() - begun < 4
    assert {outcome.error.code for outcome in outcomes} == {"download-cancelled"}


def test_nothing_wanted_is_nothing_done(context):
    assert fetch_all([], context=context) == []
