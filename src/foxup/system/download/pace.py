"""How many connections a file deserves: more while each raise makes the whole faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foxup.system.download.model import Limits

_LEVELS = (1, 4, 16)
_ENOUGH = 100e6  # bytes a second of one connection: no host that throttles gives that, and more connections only cost
_GROWTH = 1.15  # the whole must become this much faster to keep a raise
_SETTLING = 2.0  # seconds after which new connections count as at work even if some have not begun
_BLOCK_SECONDS = 5.0  # of one connection's speed: long beside a round trip
_BLOCK = (2 * 1024 * 1024, 64 * 1024 * 1024)


@dataclass(slots=True)
class Sample:
    """A moment: seconds on any clock, bytes received so far, connections that have brought any."""

    time: float
    received: int
    flowing: int


class Pace:
    """Decides from samples; knows no clock and no connection itself."""

    def __init__(self, limits: Limits, start: int = 1) -> None:
        self._limits = limits
        self.wished = max(1, min(start, limits.connections))
        self.ceiling = limits.connections
        self._before = 0  # connections before the last raise
        self._before_rate = 0.0
        self._measured = 1
        self._changed: float | None = None
        self._window: Sample | None = None
        self.rate = 0.0
        self.settled = False

    def block(self, left: int) -> int:
        """Return the bytes that one connection shall take at a time, of `left` that are missing.

        Towards the end the blocks shrink, so that all connections end together and the hash has little to catch up.
        """
        wish = min(self.rate / max(1, self._measured) * _BLOCK_SECONDS, left / (2 * self.wished))
        return int(max(_BLOCK[0], min(_BLOCK[1], wish)))

    def forbid_more(self, working: int) -> None:
        """Remember that the host does not want more than it already has."""
        self.ceiling = self.wished = max(1, min(working, self.wished))
        self.settled = True

    def update(self, sample: Sample, left: int | None) -> int:
        """Take a sample and return how many connections there shall be; `left` is what is still to be received."""
        if self._changed is None:
            self._changed = sample.time
        if self._window is None:
            if sample.flowing >= self.wished or (sample.flowing and sample.time - self._changed > _SETTLING):
                self._window = sample
            return self.wished
        elapsed = sample.time - self._window.time
        if elapsed < self._limits.sample:
            return self.wished
        self.rate = (sample.received - self._window.received) / elapsed
        self._measured = self.wished
        if self.settled:
            self._window = sample if elapsed > 4 * self._limits.sample else self._window
        else:
            self._judge(sample, left)
        return self.wished

    def _judge(self, sample: Sample, left: int | None) -> None:
        if self._before and self.rate < self._before_rate * _GROWTH:
            self.wished = self._before
            self.settled = True
        elif not self._worth_more(left):
            self.settled = self.wished >= self.ceiling
            self._window = sample
            return
        else:
            self._before, self._before_rate = self.wished, self.rate
            self.wished = min(self.ceiling, next((level for level in _LEVELS if level > self.wished), self.ceiling))
        self._changed, self._window = sample.time, None

    def _worth_more(self, left: int | None) -> bool:
        if left is None or self.wished >= self.ceiling or self.rate > _ENOUGH * self.wished:
            return False
        return left > self.rate * self._limits.worth_more
