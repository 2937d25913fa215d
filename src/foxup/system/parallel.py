"""Several questions at once, none of them able to stop or delay the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one question: a value, an error, or neither when time ran out. `seconds` is what it took."""

    value: Any = None
    error: BaseException | None = None
    finished: bool = False
    seconds: float = 0.0


def later(question: Callable[[], Any]) -> Callable[[float], Answer]:
    """Ask one question in the background; the function returned waits for its answer, that many seconds at most."""
    answers: dict[str, Answer] = {}
    thread = threading.Thread(target=_ask, args=("it", question, answers, threading.Semaphore(1)), daemon=True)
    thread.start()

    def wait(seconds: float) -> Answer:
        thread.join(seconds)
        return answers.get("it", Answer(seconds=seconds))

    return wait


def gather(questions: Mapping[str, Callable[[], Any]], timeout: float, at_once: int = 16) -> dict[str, Answer]:
    """Ask all questions in threads, at most `at_once` at a time, and return within `timeout` seconds whatever comes.

    The threads are daemons: one that hangs inside a driver keeps neither the answer nor the end of the program.
    """
    deadline = time.monotonic() + timeout
    answers: dict[str, Answer] = {}
    slots = threading.Semaphore(at_once)
    threads = [
        threading.Thread(target=_ask, args=(name, question, answers, slots), name=f"ask-{name}", daemon=True)
        for name, question in questions.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {name: answers.get(name, Answer(seconds=timeout)) for name in questions}


def _ask(name: str, question: Callable[[], Any], answers: dict[str, Answer], slots: threading.Semaphore) -> None:
    with slots:
        begun = time.monotonic()
        try:
            value, error = question(), None
        except BaseException as caught:  # noqa: BLE001 - it is handed on, whatever it is
            value, error = None, caught
        answers[name] = Answer(value, error, finished=True, seconds=time.monotonic() - begun)
