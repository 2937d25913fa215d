"""What earlier downloads taught about hosts: how fast each was and whether it failed; a small file that may be lost."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from foxup.errors import FoxupError
from foxup.system import files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

Item = TypeVar("Item")
_FORGIVEN_AFTER = 6 * 3600.0  # seconds; a host that failed is asked last until then
_OLD = 30 * 86400.0  # seconds after which a measured speed says nothing
_WEIGHT = 0.5  # of the newest speed


class Memory:
    """Speeds and failures by host, kept in one JSON file. Threads may share it."""

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        document = files.read_json(path) if path else None
        self._hosts: dict[str, dict[str, Any]] = document if isinstance(document, dict) else {}

    def order(self, items: Sequence[Item], host: Callable[[Item], str]) -> list[Item]:
        """Sort sources: hosts that failed lately last, faster before slower; unknown ones keep their place among them.

        An unknown host counts as fast as the middle of the known ones: the profile's order is a considered one.
        """
        speeds = sorted(self._speed(host(item)) for item in items if self._speed(host(item)))
        middle = speeds[len(speeds) // 2] if speeds else 0.0
        return sorted(items, key=lambda item: (self._failed(host(item)), -(self._speed(host(item)) or middle)))

    def connections(self, host: str) -> int:
        """Return how many connections served best last time."""
        entry = self._entry(host)
        return int(entry.get("connections") or 1) if self._speed(host) else 1

    def succeeded(self, host: str, rate: float, connections: int) -> None:
        """Remember a finished download of `rate` bytes a second."""
        before = self._speed(host)
        speed = rate if not before else _WEIGHT * rate + (1 - _WEIGHT) * before
        self._store(host, {"speed": round(speed), "connections": connections, "at": round(self._clock())})

    def failed(self, host: str) -> None:
        """Remember that a host did not serve."""
        self._store(host, {**self._entry(host), "failed": round(self._clock())})

    def _entry(self, host: str) -> dict[str, Any]:
        entry = self._hosts.get(host)
        return entry if isinstance(entry, dict) else {}

    def _speed(self, host: str) -> float:
        entry = self._entry(host)
        fresh = self._clock() - float(entry.get("at") or 0) < _OLD
        return float(entry.get("speed") or 0) if fresh else 0.0

    def _failed(self, host: str) -> bool:
        return self._clock() - float(self._entry(host).get("failed") or 0) < _FORGIVEN_AFTER

    def _store(self, host: str, entry: dict[str, Any]) -> None:
        with self._lock:
            self._hosts[host] = entry
            if self._path:
                with suppress(FoxupError, OSError):  # it only saves time
                    files.write_json(self._path, self._hosts)
