"""One file from one honest server, and what is said on the way."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from servers import Fault, content, sha256

from conftest import names
from foxup.step import FileSpec
from foxup.system import files
from foxup.system.download import DownloadError, State, fetch
from foxup.system.download.shelf import Shelf

BODY = content(3_000_000)


def test_a_pinned_file_arrives_whole_and_nothing_else_stays(server, context, destination, specify):
    server.add("/f", BODY)
    fetched = fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert destination.read_bytes() == BODY
    assert (fetched.path, fetched.sha256, fetched.size, fetched.pinned) == (destination, sha256(BODY), len(BODY), False)
    assert fetched.source == f"127.0.0.1:{server.port}"
    assert [path.suffix for path in context.downloads.iterdir()] == [".lock"]
    assert names(destination.parent) == ["file.bin"]
    assert server.asked[0].headers["Accept-Encoding"] == "identity"


def test_ten_digits_are_checked_and_the_whole_hash_is_handed_back_to_be_pinned(server, context, destination, specify):
    server.add("/f", BODY)
    fetched = fetch(specify(server.url + "/f", sha256_prefix=sha256(BODY)[:10]), destination, context=context)
    assert (fetched.sha256, fetched.pinned) == (sha256(BODY), True)


def test_wrong_digits_are_a_mismatch(server, context, destination, specify):
    server.add("/f", BODY)
    with pytest.raises(DownloadError) as caught:
        fetch(specify(server.url + "/f", sha256_prefix="0123456789"), destination, context=context)
    assert caught.value.code == "download-hash-mismatch"
    assert sha256(BODY) in caught.value.cause
    assert "0123456789" in caught.value.cause
    assert not destination.exists()


def test_several_connections_fetch_a_file_that_each_gets_slowly(server, context, destination, specify):
    body = content(24_000_000)
    server.add("/f", body, rate=2_000_000)
    fetch(specify(server.url + "/f", body=body), destination, context=context)
    assert destination.read_bytes() == body
    answers = server.answers("/f")
    assert len(answers) >= 6
    assert all(answer.headers.get("If-Range") for answer in answers[1:])
    assert sum(answer.sent for answer in answers) < len(body) * 1.4


def test_a_file_of_unknown_length_ends_with_its_last_chunk(server, context, destination, specify):
    server.add("/f", BODY, chunked=True, ranges=False)
    assert fetch(specify(server.url + "/f"), destination, context=context).size == len(BODY)
    assert destination.read_bytes() == BODY


def test_events_grow_and_end_with_done(server, context, destination, specify):
    server.add("/f", BODY, rate=6_000_000)
    events = []
    fetch(specify(server.url + "/f", body=BODY), destination, context=context, progress=events.append)
    assert events[0].state is State.LOOKING
    assert events[-1].state is State.DONE
    moving = [event.done for event in events if event.state is State.TRANSFERRING]
    assert moving == sorted(moving)
    assert len(moving) > 2
    assert {event.file_id for event in events} == {"a-file"}
    assert events[-1].done == events[-1].total == len(BODY)


def test_a_file_that_is_there_is_not_fetched_again(server, context, destination, specify):
    destination.parent.mkdir()
    destination.write_bytes(BODY)
    fetched = fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert fetched.sha256 == sha256(BODY)
    assert server.asked == []


def test_another_file_of_that_name_is_put_aside_only_when_the_right_one_is_here(server, context, destination, specify):
    destination.parent.mkdir()
    destination.write_bytes(b"somebody's own")
    server.add("/f", BODY, fault=lambda number, _headers: Fault(status=404) if number == 0 else None)
    spec = specify(server.url + "/f", body=BODY)
    with pytest.raises(DownloadError):
        fetch(spec, destination, context=context)
    assert destination.read_bytes() == b"somebody's own"
    fetched = fetch(spec, destination, context=context)
    assert destination.read_bytes() == BODY
    assert fetched.replaced.read_bytes() == b"somebody's own"


def test_an_empty_file_is_no_file(server, context, destination, specify):
    server.add("/f", b"")
    with pytest.raises(DownloadError, match="not what it should be") as caught:
        fetch(specify(server.url + "/f"), destination, context=context)
    assert caught.value.code == "download-empty"


def test_without_a_source_it_says_so(context, destination):
    with pytest.raises(DownloadError) as caught:
        fetch(FileSpec("x", "x", "other", ()), destination, context=context)
    assert caught.value.code == "download-no-source"


def test_offline_asks_nobody(server, context, destination, specify):
    server.add("/f", BODY)
    with pytest.raises(DownloadError) as caught:
        fetch(specify(server.url + "/f", body=BODY), destination, context=replace(context, offline=True))
    assert caught.value.code == "download-offline"
    assert server.asked == []


def test_a_cancelled_download_stops_and_keeps_what_it_has(server, context, destination, specify):
    server.add("/f", BODY, rate=1_000_000)

    def stop(event):
        if event.done > 500_000:
            context.cancelled.set()

    spec = specify(server.url + "/f", body=BODY)
    with pytest.raises(DownloadError) as caught:
        fetch(spec, destination, context=context, progress=stop)
    assert caught.value.code == "download-cancelled"
    context.cancelled.clear()
    server.resources["/f"].rate = None
    fetch(spec, destination, context=context)
    assert destination.read_bytes() == BODY
    assert server.answers("/f")[1].status == 206


def test_a_fast_line_does_not_flood_with_events(server, context, destination, specify):
    body = content(40_000_000)
    server.add("/f", body)
    events = []
    begun = time.monotonic()
    fetch(specify(server.url + "/f", body=body), destination, context=context, progress=events.append)
    assert len(events) < 10 + 25 * (time.monotonic() - begun)


def test_the_sidecar_fits_together_at_every_moment(server, context, destination, specify):
    """What it calls hashed is among what it calls present; else a kill would cost everything."""
    body = content(12_000_000)
    server.add("/f", body, rate=12_000_000)
    spec = specify(server.url + "/f", body=body)
    hasty = replace(context, limits=replace(context.limits, save_every=0.001))
    slot, seen = Shelf.of(spec, context.downloads).first, []

    def look(event):
        document = files.read_json(slot.sidecar)
        if document and event.state is State.TRANSFERRING:
            seen.append((slot.read().present > 0) == bool(document["done"]))

    fetch(spec, destination, context=hasty, progress=look)
    assert len(seen) > 5
    assert all(seen)
