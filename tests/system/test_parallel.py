from __future__ import annotations

import threading
import time

from foxup.system.parallel import gather


def test_answers_errors_and_silence_side_by_side() -> None:
    never = threading.Event()

    def fail() -> None:
        raise SystemExit(3)

    begun = time.monotonic()
    answers = gather({"good": lambda: 42, "bad": fail, "hangs": never.wait}, timeout=0.5)
    assert time.monotonic() - begun < 2
    assert (answers["good"].value, answers["good"].finished) == (42, True)
    assert isinstance(answers["bad"].error, SystemExit)
    assert (answers["hangs"].finished, answers["hangs"].value) == (False, None)
    never.set()


def test_questions_run_at_the_same_time() -> None:
    barrier = threading.Barrier(3)
    answers = gather({name: lambda: barrier.wait(5) for name in "abc"}, timeout=6)
    assert all(answer.error is None for answer in answers.values())


def test_no_more_than_wanted_at_once() -> None:
    running: list[int] = []
    most: list[int] = []
    lock = threading.Lock()

    def work() -> None:
        with lock:
            running.append(1)
            most.append(len(running))
        time.sleep(0.05)
        with lock:
            running.pop()

    gather({str(n): work for n in range(8)}, timeout=5, at_once=2)
    assert max(most) == 2


def test_no_questions_no_answers() -> None:
    assert gather({}, timeout=1) == {}
