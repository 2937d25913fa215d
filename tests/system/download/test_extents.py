from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foxup.system.download.extents import MINIMUM_SPLIT, Extents

SIZE = 8 * MINIMUM_SPLIT


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200))))
def test_ranges_stay_sorted_disjoint_and_hold_exactly_what_was_added(pairs):
    extents, model = Extents(200), set()
    for start, end in pairs:
        extents.add(start, end)
        model |= set(range(start, end))
    borders = [border for pair in extents.done for border in pair]
    assert borders == sorted(set(borders))
    assert {byte for start, end in extents.done for byte in range(start, end)} == model
    assert extents.present == len(model)
    assert extents.front == next(byte for byte in range(202) if byte not in model)


@given(st.data())
def test_connections_that_come_go_and_break_fetch_every_byte_exactly_once(data):
    """The rule of the engine in small: whoever takes what, no byte is fetched twice while all claims are honest."""
    extents, fetched = Extents(SIZE), []
    block = data.draw(st.sampled_from([None, MINIMUM_SPLIT, SIZE // 3]))
    for _step in range(400):
        if extents.complete:
            break
        act = data.draw(st.sampled_from(["claim", "work", "work", "work", "break"]))
        if act == "claim" and len(extents.claims) < 5:
            extents.claim(block)
        elif extents.claims:
            claim = data.draw(st.sampled_from(extents.claims))
            if act == "break" or claim.finished:
                extents.release(claim)
                continue
            start = claim.position
            fetched.append((start, start + extents.advance(claim, data.draw(st.integers(1, SIZE // 2)))))
    while not extents.complete:
        claim = extents.claims[0] if extents.claims else extents.claim(block)
        fetched.append((claim.position, claim.position + extents.advance(claim, SIZE)))
        extents.release(claim)
    assert sum(end - start for start, end in fetched) == SIZE
    assert extents.done == [(0, SIZE)]


def test_claims_follow_the_front_in_order():
    extents = Extents(100)
    assert [(claim.start, claim.limit) for claim in (extents.claim(40), extents.claim(40), extents.claim(40))] == [
        (0, 40),
        (40, 80),
        (80, 100),
    ]
    assert extents.claim(40) is None


def test_the_largest_rest_is_split_for_an_idle_connection():
    extents = Extents(SIZE)
    first = extents.claim()
    extents.advance(first, MINIMUM_SPLIT)
    second = extents.claim()
    assert (first.limit, second.start, second.limit) == (second.start, MINIMUM_SPLIT + 7 * MINIMUM_SPLIT // 2, SIZE)


def test_a_file_of_unknown_size_is_for_one_connection():
    extents = Extents()
    claim = extents.claim(10)
    assert claim.limit == 10
    assert extents.advance(claim, 20) == 10
    open_end = Extents()
    assert open_end.claim().limit is None
    assert open_end.claim() is None


def test_bytes_beyond_a_lowered_limit_are_not_counted():
    extents = Extents(SIZE)
    claim = extents.claim()
    extents.share(100)
    assert extents.advance(claim, 5000) == 100
    assert extents.front == 100
