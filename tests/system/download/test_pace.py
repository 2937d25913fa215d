from __future__ import annotations

from foxup.system.download.model import Limits
from foxup.system.download.pace import Pace, Sample

MIB = 1024 * 1024


def simulate(speed, seconds=10.0, size=100_000 * MIB, limits=None):
    """Drive the pace by a line whose speed is a function of the number of connections; return their number over time."""
    pace, received, history, now = Pace(limits or Limits()), 0.0, [], 0.0
    while now < seconds:
        received += speed(pace.wished) * 0.1
        now += 0.1
        history.append(pace.update(Sample(now, int(received), pace.wished), size - int(received)))
    return pace, history


def test_a_host_that_throttles_each_connection_gets_all_of_them_within_two_seconds():
    _pace, history = simulate(lambda count: count * 2 * MIB)
    assert history[20] == 16
    assert history[-1] == 16


def test_a_line_that_one_connection_fills_goes_back_to_one():
    pace, history = simulate(lambda _count: 10 * MIB)
    assert max(history) == 4
    assert history[-1] == 1
    assert pace.settled


def test_growth_that_ends_keeps_the_last_number_that_helped():
    _pace, history = simulate(lambda count: min(count, 4) * MIB)
    assert max(history) == 16
    assert history[-1] == 4


def test_a_rest_that_is_done_soon_is_left_to_the_one_at_work():
    _pace, history = simulate(lambda count: count * 50 * MIB, seconds=0.6, size=30 * MIB)
    assert set(history) == {1}


def test_a_connection_that_is_fast_by_itself_stays_alone():
    _pace, history = simulate(lambda count: count * 200 * MIB)
    assert set(history) == {1}


def test_blocks_shrink_towards_the_end_and_stay_within_bounds():
    pace, _history = simulate(lambda count: count * 2 * MIB, seconds=3.0)
    assert pace.block(10**12) == 10 * MIB
    assert pace.block(100 * MIB) == 100 * MIB // 32
    assert pace.block(MIB) == 2 * MIB


def test_a_file_of_unknown_size_gets_one_connection():
    pace = Pace(Limits())
    for tick in range(50):
        assert pace.update(Sample(tick / 10, tick * MIB, 1), None) == 1


def test_a_host_that_refuses_more_is_not_asked_for_more():
    pace, _history = simulate(lambda count: count * MIB, seconds=0.5)
    pace.forbid_more(2)
    assert pace.update(Sample(100.0, 10**9, 2), 10**12) == 2
    assert pace.update(Sample(110.0, 10**10, 2), 10**12) == 2


def test_no_more_connections_than_the_limits_allow():
    _pace, history = simulate(lambda count: count * MIB, limits=Limits(connections=6))
    assert max(history) == 6
