"""What the server is doing: the running job, waiting tasks, commands to the main thread (modules/shared_state.py)."""

from __future__ import annotations

import datetime as dt
import random
import string
import threading
import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

FINISHED_KEPT = 16
"""How many finished task ids are remembered."""


class JobState:
    """Progress of the running job; written by the worker thread, read by the API."""

    def __init__(self) -> None:
        self.skipped = False
        self.interrupted = False
        self.stopping_generation = False
        self.job = ""
        self.job_no = 0
        self.job_count = 0
        self.job_timestamp = "0"
        self.sampling_step = 0
        self.sampling_steps = 0
        self.hires_counted = False
        self.textinfo: str | None = None
        self.preview_source: Callable[[], Image | None] | None = None
        self.preview: str | None = None
        self.preview_step = self.preview_number = 0
        self.time_start = time.time()
        self.server_start = time.time()
        self._command: str | None = None
        self._command_given = threading.Event()

    def begin(self, job: str) -> None:
        """A job starts: progress at zero, job count still unknown (-1)."""
        self.job = job
        self.job_no, self.job_count = 0, -1
        self.sampling_step = 0
        self.hires_counted = False
        self.skipped = self.interrupted = self.stopping_generation = False
        self.textinfo = self.preview = self.preview_source = None
        self.preview_step = self.preview_number = 0
        self.time_start = time.time()
        self.job_timestamp = dt.datetime.now().strftime("%Y%m%d%H%M%S")

    def end(self) -> None:
        """The job is over."""
        self.job = ""
        self.job_count = 0
        self.preview_source = None

    def next_job(self) -> None:
        """One part of the job (a pass of a batch) is done."""
        self.job_no += 1
        self.sampling_step = 0

    def fraction(self) -> float:
        """Finished share of the job, 0 and more."""
        done = 0.0
        if self.job_count > 0:
            done += self.job_no / self.job_count
            if self.sampling_steps > 0:
                done += self.sampling_step / self.sampling_steps / self.job_count
        return done

    def snapshot(self) -> dict[str, Any]:
        """The fields that /sdapi/v1/progress shows under ``state``."""
        names = ("skipped", "interrupted", "stopping_generation", "job", "job_count", "job_timestamp")
        return {name: getattr(self, name) for name in (*names, "job_no", "sampling_step", "sampling_steps")}

    def command(self, word: str) -> None:
        """Tell the main thread to ``stop`` or ``restart``."""
        self._command = word
        self._command_given.set()

    def wait_for_command(self, timeout: float) -> str | None:
        """The given command, once; None after ``timeout`` seconds."""
        if not self._command_given.wait(timeout):
            return None
        self._command_given.clear()
        word, self._command = self._command, None
        return word


class Tasks:
    """Ids of waiting, running and finished generations, for /internal/progress."""

    def __init__(self) -> None:
        self.current: str | None = None
        self.pending: OrderedDict[str, float] = OrderedDict()
        self.finished: deque[str] = deque(maxlen=FINISHED_KEPT)

    @staticmethod
    def new_id(kind: str) -> str:
        """An id such as ``task(txt2img-4F0QX1Z)``."""
        letters = random.choices(string.ascii_uppercase + string.digits, k=7)
        return f"task({kind}-{''.join(letters)})"

    def wait(self, task: str) -> None:
        """The task stands in the queue."""
        self.pending[task] = time.time()

    def start(self, task: str) -> None:
        """The task runs."""
        self.current = task
        self.pending.pop(task, None)

    def finish(self, task: str) -> None:
        """The task ended well."""
        if self.current == task:
            self.current = None
        self.finished.append(task)

    def place(self, task: str) -> tuple[int, int]:
        """Position in the queue (from 1) and its length. Raises ValueError when it does not wait."""
        order = sorted(self.pending, key=lambda name: self.pending[name])
        return order.index(task) + 1, len(order)


class FifoLock:
    """A lock that serves waiting threads in the order they came."""

    def __init__(self) -> None:
        self._inner = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._held = False

    def __enter__(self) -> None:
        with self._inner:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def __exit__(self, *_: object) -> None:
        with self._inner:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False
