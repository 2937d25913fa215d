"""One file from one source: what its connections, its hasher and its coordinator share."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from foxup.system.download.addresses import Address
    from foxup.system.download.extents import Extents
    from foxup.system.download.model import Limits
    from foxup.system.download.pace import Pace
    from foxup.system.download.transport import Line, Reply

NOTICE = 1024 * 1024  # the hasher is woken for at least this much
_CATCH_UP = 64 * 1024 * 1024  # what is still hashed when everything stops: a moment's work


@dataclass(slots=True)
class Work:
    """What the connections, the hasher and the coordinator of one transfer share; one lock guards all of it."""

    line: Line
    address: Address
    limits: Limits
    path: Path
    extents: Extents
    pace: Pace
    validator: str
    resolved: str
    cancelled: threading.Event
    single: bool = False  # the host serves no ranges
    provable: bool = True  # a validator or a pinned hash tells whether two replies are of one version
    received: int = 0
    flowing: set[int] = field(default_factory=set)
    active: set[int] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)
    replies: set[Reply] = field(default_factory=set)
    failure: BaseException | None = None
    stopping: bool = False
    hashed: bool = False
    state: threading.Condition = field(init=False)
    arrival: threading.Condition = field(init=False)

    def __post_init__(self) -> None:
        """Make two conditions of one lock: bytes arrive often, and only the hasher wants to be woken by them."""
        lock = threading.RLock()
        self.state, self.arrival = threading.Condition(lock), threading.Condition(lock)

    def block(self) -> int:
        """Return how many bytes a connection shall take next, while there are several."""
        return self.pace.block((self.extents.size or 0) - self.extents.present)

    def fail(self, error: BaseException) -> None:
        """Stop everything because of an error; the first one counts."""
        with self.state:
            if self.failure is None and not self.stopping:
                self.failure = error
            self._stop()

    def stop(self) -> None:
        """Stop everything; connections that wait for bytes are woken."""
        with self.state:
            self._stop()

    def _stop(self) -> None:
        self.stopping = True
        for reply in self.replies:
            reply.wake()
        self.tell_all()

    def tell_all(self) -> None:
        """Wake everybody; the caller holds the lock."""
        self.state.notify_all()
        self.arrival.notify_all()

    def wait_for_front(self, hashed: int) -> int | None:
        """Block until the front is beyond `hashed`; None when there is nothing more to hash."""
        with self.state:
            while True:
                front = self.extents.front
                if front > hashed and (front - hashed >= NOTICE or self.extents.complete):
                    return front
                if self.stopping:
                    return front if hashed < front <= hashed + _CATCH_UP else None
                if self.extents.complete and front <= hashed:
                    return None
                self.arrival.wait(0.5)
