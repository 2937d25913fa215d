"""Stopwatch with named parts, for ``Startup time: 3.1s (import torch: 1.2s)``."""

from __future__ import annotations

import time

SHORTEST_SHOWN = 0.1
"""Parts shorter than this many seconds are left out of the summary."""


class Timer:
    """Counts seconds since the previous ``record``."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.records: dict[str, float] = {}

    def record(self, part: str) -> None:
        """Add the time since the last call to ``part``."""
        now = time.perf_counter()
        self.records[part] = self.records.get(part, 0.0) + now - self._last
        self._last = now

    @property
    def total(self) -> float:
        """Seconds recorded so far."""
        return sum(self.records.values())

    def summary(self) -> str:
        """Total and the parts worth showing."""
        parts = [f"{name}: {spent:.1f}s" for name, spent in self.records.items() if spent >= SHORTEST_SHOWN]
        return f"{self.total:.1f}s" + (f" ({', '.join(parts)})" if parts else "")
