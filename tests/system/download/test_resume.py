"""Going on: by HTTP's rules, over kills, changes and hosts that cannot; never a byte twice without need."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from servers import Fault, content, sha256

from foxup.errors import FoxupError
from foxup.system.download import DownloadError, fetch, place
from foxup.system.download.shelf import Shelf, Slot

BODY = content(2_000_000)
OTHER = content(2_000_000, seed=2)
HALF = 1_000_000


@pytest.fixture
def once(context):
    """A context without patience: the first interruption ends the run, as a kill would."""
    return replace(context, limits=replace(context.limits, retries=0, first_retries=0, connections=1))


def interrupt(server, spec, destination, once, at=HALF, body=BODY, **options):
    """Leave a partial file: the server ends the body early, without a reset that would discard what is on the way."""
    server.add("/f", body, fault=lambda _number, _headers: Fault(truncate_at=at), **options)
    with pytest.raises(FoxupError):
        fetch(spec, destination, context=once)
    server.asked.clear()


def partials(context) -> list[str]:
    return sorted(path.name for path in context.downloads.iterdir() if path.suffix != ".lock")


@pytest.mark.parametrize("pinned", [True, False])
def test_only_the_rest_is_fetched(server, context, once, destination, specify, pinned):
    spec = specify(server.url + "/f", body=BODY) if pinned else specify(server.url + "/f")
    interrupt(server, spec, destination, once)
    resource = server.add("/f", BODY)
    assert fetch(spec, destination, context=context).sha256 == sha256(BODY)
    (asked,) = server.asked
    assert (asked.headers["Range"], asked.headers["If-Range"]) == (f"bytes={HALF}-", resource.etag)
    assert (asked.status, asked.sent) == (206, HALF)


def test_a_last_modified_date_serves_when_there_is_no_etag(server, context, once, destination, specify):
    options = {"etag": None, "modified": "Sat, 01 Mar 2025 10:00:00 GMT"}
    spec = specify(server.url + "/f")
    interrupt(server, spec, destination, once, **options)
    server.add("/f", BODY, **options)
    fetch(spec, destination, context=context)
    assert server.asked[0].headers["If-Range"] == options["modified"]
    assert server.asked[0].status == 206


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_validator_an_unpinned_file_starts_over(server, context, once, destination, specify, etag):
    spec = specify(server.url + "/f")
    interrupt(server, spec, destination, once, etag=etag)
    server.add("/f", BODY, etag=etag)
    fetch(spec, destination, context=context)
    assert "Range" not in server.asked[0].headers
    assert destination.read_bytes() == BODY


def test_a_pinned_file_goes_on_without_a_validator_because_the_hash_will_tell(
    server, context, once, destination, specify
):
    spec = specify(server.url + "/f", body=BODY)
    interrupt(server, spec, destination, once, etag=None)
    server.add("/f", BODY, etag=None)
    fetch(spec, destination, context=context)
    assert server.asked[0].headers["Range"] == f"bytes={HALF}-"
    assert "If-Range" not in server.asked[0].headers


def test_a_changed_file_is_fetched_anew(server, context, once, destination, specify):
    spec = specify(server.url + "/f")
    interrupt(server, spec, destination, once)
    server.add("/f", OTHER)
    fetch(spec, destination, context=context)
    assert destination.read_bytes() == OTHER
    assert server.asked[0].status == 200
    assert partials(context) == []


def test_the_old_part_stays_until_the_new_file_proves_itself(server, context, once, destination, specify):
    """A pinned file: the source shows another version for a while, then the right one again."""
    spec = specify(server.url + "/f", body=BODY)
    interrupt(server, spec, destination, once)
    server.add("/f", OTHER)
    with pytest.raises(FoxupError) as caught:
        fetch(spec, destination, context=context)
    assert caught.value.code == "download-hash-mismatch"
    server.asked.clear()
    server.add("/f", BODY)
    fetch(spec, destination, context=context)
    assert destination.read_bytes() == BODY
    assert [asked.sent for asked in server.asked] == [HALF]


def test_a_login_page_in_between_does_not_cost_the_part(server, context, once, destination, specify):
    spec = specify(server.url + "/f", body=BODY)
    interrupt(server, spec, destination, once)
    page = Fault(no_ranges=True, body=b"<html>please log in to the hotspot</html>")
    server.add("/f", BODY, fault=lambda _number, _headers: page)
    with pytest.raises(FoxupError):
        fetch(spec, destination, context=context)
    server.add("/f", BODY)
    server.asked.clear()
    fetch(spec, destination, context=context)
    assert server.asked[0].sent == HALF


@pytest.mark.parametrize("pinned", [True, False])
def test_a_host_without_ranges_sends_all_again_and_loses_nothing(server, context, once, destination, specify, pinned):
    spec = specify(server.url + "/f", body=BODY) if pinned else specify(server.url + "/f")
    interrupt(server, spec, destination, once, ranges=False)
    server.add(
        "/f", BODY, ranges=False, fault=lambda number, _headers: Fault(truncate_at=HALF // 2) if number == 0 else None
    )
    with pytest.raises(FoxupError):
        fetch(spec, destination, context=once)
    assert max(Shelf.of(spec, context.downloads).best()[1].done)[1] == HALF
    fetch(spec, destination, context=context)
    assert destination.read_bytes() == BODY


def test_a_host_that_never_sends_enough_is_given_up(server, context, destination, specify):
    server.add("/f", BODY, ranges=False, fault=lambda _number, _headers: Fault(truncate_at=HALF))
    with pytest.raises(FoxupError) as caught:
        fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert caught.value.code == "download-interrupted"
    assert "in a row" in caught.value.message


def test_416_starts_over(server, context, once, destination, specify):
    spec = specify(server.url + "/f", body=BODY)
    interrupt(server, spec, destination, once)
    server.add("/f", BODY, fault=lambda _number, headers: Fault(status=416) if "Range" in headers else None)
    fetch(spec, destination, context=context)
    assert [asked.status for asked in server.asked] == [416, 200]
    assert destination.read_bytes() == BODY


@pytest.mark.parametrize("answer", ["bytes 0-99/2000000", "bytes 1000000-1999999/2000001", "nonsense", ""])
def test_a_206_for_something_else_is_not_believed(server, context, once, destination, specify, answer):
    spec = specify(server.url + "/f", body=BODY)
    interrupt(server, spec, destination, once)
    bad = Fault(status=206, headers={"Content-Range": answer, "ETag": '"x"'} if answer else {}, body=OTHER[:HALF])
    server.add("/f", BODY, fault=lambda _number, headers: bad if "Range" in headers else None)
    with suppress(FoxupError):
        fetch(spec, destination, context=context)
    assert not destination.exists() or destination.read_bytes() == BODY


def test_an_expired_signed_address_is_resolved_again(server, context, destination, specify):
    """The storage ends each signature after one use that breaks; the original address always gives a new one."""
    state = {"signature": 0}

    def resolve(_number, _headers):
        state["signature"] += 1
        server.add(f"/signed-{state['signature']}", BODY, fault=expire)
        return Fault(status=302, headers={"Location": f"/signed-{state['signature']}?X-Amz-Signature=secret"})

    def expire(number, _headers):
        return Fault(truncate_at=state["signature"] * 700_000) if number == 0 else Fault(status=403, body=b"expired")

    server.add("/f", BODY, fault=resolve)
    fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert destination.read_bytes() == BODY
    assert state["signature"] == 3
    assert 403 in [asked.status for asked in server.asked]


def test_another_source_goes_on_with_the_part_of_the_first(server, context, once, destination, specify):
    spec = specify(server.url + "/f", server.url + "/mirror", body=BODY)
    server.add("/f", BODY, fault=lambda _number, _headers: Fault(truncate_at=HALF))
    server.add("/mirror", BODY, etag='"of another host"')
    fetch(spec, destination, context=once)
    (asked,) = server.answers("/mirror")
    assert asked.headers["Range"] == f"bytes={HALF}-"
    assert "If-Range" not in asked.headers
    assert destination.read_bytes() == BODY


def test_a_part_that_rots_on_disk_is_noticed_and_fetched_anew(server, context, once, destination, specify):
    spec = specify(server.url + "/f")
    interrupt(server, spec, destination, once)
    slot, state = Shelf.of(spec, context.downloads).best()
    assert state.front == HALF
    rot(slot)
    server.add("/f", BODY)
    fetch(spec, destination, context=context)
    assert destination.read_bytes() == BODY


def test_a_whole_part_that_rots_on_disk_is_noticed_too(server, context, destination, specify, monkeypatch):
    """Killed between the last byte and the name, unpinned: only the sidecar can tell."""
    spec = specify(server.url + "/f")
    server.add("/f", BODY)
    stop_before_the_name(monkeypatch, spec, destination, context)
    slot, state = Shelf.of(spec, context.downloads).best()
    assert state.present == len(BODY)
    assert state.front == len(BODY)
    rot(slot)
    fetch(spec, destination, context=context)
    assert destination.read_bytes() == BODY
    assert len(server.asked) == 2


def test_a_whole_part_takes_its_name_without_the_network(server, context, destination, specify, monkeypatch):
    spec = specify(server.url + "/f", body=BODY)
    server.add("/f", BODY)
    stop_before_the_name(monkeypatch, spec, destination, context)
    fetch(spec, destination, context=context)
    assert destination.read_bytes() == BODY
    assert len(server.asked) == 1


def test_a_stalled_connection_is_replaced(server, context, destination, specify):
    server.add("/f", BODY, fault=lambda number, _headers: Fault(stall_at=HALF, stall_for=5) if number == 0 else None)
    fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert server.asked[1].headers["Range"] == f"bytes={HALF}-"


def test_a_drip_counts_as_a_stall(server, context, destination, specify):
    limits = replace(context.limits, slowest=1_000_000, stall=0.5, connections=1)
    server.add("/f", BODY, fault=lambda number, _headers: Fault(rate=200_000) if number == 0 else None)
    fetch(specify(server.url + "/f", body=BODY), destination, context=replace(context, limits=limits))
    assert destination.read_bytes() == BODY
    assert [asked.status for asked in server.asked] == [200, 206]


def test_an_unpinned_file_is_never_continued_from_a_wrong_place(server, context, once, destination, specify):
    spec = specify(server.url + "/f")
    interrupt(server, spec, destination, once)
    resource = server.add("/f", BODY)
    bad = {"Content-Range": f"bytes 0-{HALF - 1}/{len(BODY)}", "ETag": resource.etag}
    answer = Fault(status=206, headers=bad, body=BODY[:HALF])
    resource.fault = lambda _number, headers: answer if "Range" in headers else None
    fetch(spec, destination, context=context)
    assert destination.read_bytes() == BODY


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_validator_a_broken_run_is_not_continued_either(server, context, destination, specify, etag):
    """Between two requests of one run the file changes, and nothing would tell."""
    resource = server.add("/f", BODY, etag=etag)

    def fault(number, _headers):
        resource.body = BODY if number == 0 else OTHER
        return Fault(truncate_at=HALF, body=BODY) if number == 0 else None

    resource.fault = fault
    fetch(specify(server.url + "/f"), destination, context=context)
    assert destination.read_bytes() == OTHER


def test_a_host_that_ignores_the_condition_is_caught_by_its_new_tag(server, context, destination, specify):
    """It answers 206 although the file is another one; the tag it sends is the new one."""
    resource = server.add("/f", BODY)

    def fault(number, headers):
        if number == 0:
            return Fault(truncate_at=HALF, body=BODY)
        resource.body, resource.etag = OTHER, '"new"'
        if "Range" not in headers:
            return None
        first = int(headers["Range"].removeprefix("bytes=").split("-")[0])
        place = {"Content-Range": f"bytes {first}-{len(OTHER) - 1}/{len(OTHER)}", "ETag": '"new"'}
        return Fault(status=206, headers=place, body=OTHER[first:])

    resource.fault = fault
    fetch(specify(server.url + "/f"), destination, context=context)
    assert destination.read_bytes() == OTHER


def test_a_version_that_comes_back_goes_on_with_its_own_part(server, context, once, destination, specify):
    """As behind a balancer between an old and a new server."""
    spec = specify(server.url + "/f")
    interrupt(server, spec, destination, once, at=HALF // 2)
    interrupt(server, spec, destination, once, at=HALF, body=OTHER)
    server.add("/f", BODY)
    fetch(spec, destination, context=context)
    assert destination.read_bytes() == BODY
    assert server.asked[-1].headers["Range"] == f"bytes={HALF // 2}-"


def test_a_wrong_content_length_never_makes_a_file(server, context, destination, specify):
    for delta in (-500, 500):
        server.add("/f", BODY, fault=lambda _number, _headers, delta=delta: Fault(length_delta=delta))
        with pytest.raises(DownloadError):
            fetch(specify(server.url + "/f", body=BODY), destination, context=context)
        assert not destination.exists()


def stop_before_the_name(monkeypatch, spec, destination, context) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(place, "move_into_place", lambda *_args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            fetch(spec, destination, context=context)


def rot(slot: Slot) -> None:
    with slot.path.open("r+b") as stream:
        stream.seek(5000)
        byte = stream.read(1)
        stream.seek(5000)
        stream.write(bytes([byte[0] ^ 1]))
