"""The hash of a file while it arrives: follows the front, reading back what the system still holds in memory."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_CHUNK = 1024 * 1024


class FrontHasher:
    """Hashes a file in order from its start as far as it is present, in a thread of its own.

    `wait_for_front` blocks until more than the given number of bytes is present and returns the new front, or None to
    stop. `checkpoint` (bytes, hex digest) is what an earlier run found, None once it was found again; a difference
    means that the disk lost or bent what it had, and ends the thread with CorruptPartialError. `finished` hears how it
    ended.
    """

    def __init__(
        self,
        path: Path,
        wait_for_front: Callable[[int], int | None],
        finished: Callable[[BaseException | None], None],
        checkpoint: tuple[int, str] | None = None,
    ) -> None:
        self._path = path
        self._wait = wait_for_front
        self._finished = finished
        self.checkpoint = checkpoint
        self._lock = threading.Lock()
        self._hash = hashlib.sha256()
        self.hashed = 0
        self.thread = threading.Thread(target=self._run, name="foxup-hash", daemon=True)

    def digest(self) -> tuple[int, str]:
        """Return how many bytes are hashed, and the hex digest of exactly these."""
        with self._lock:
            return self.hashed, self._hash.copy().hexdigest()

    def _run(self) -> None:
        try:
            with self._path.open("rb", buffering=0) as stream:
                buffer = memoryview(bytearray(_CHUNK))
                while (front := self._wait(self.hashed)) is not None:
                    self._follow(stream.readinto, buffer, front)
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
            self._finished(error)
        else:
            self._finished(None)

    def _follow(self, readinto: Callable[[memoryview], int | None], buffer: memoryview, front: int) -> None:
        while self.hashed < front:
            end = front
            if self.checkpoint and self.hashed < self.checkpoint[0]:
                end = min(front, self.checkpoint[0])
            count = readinto(buffer[: min(_CHUNK, end - self.hashed)]) or 0
            if not count:
                raise EOFError(self._path)
            with self._lock:
                self._hash.update(buffer[:count])
                self.hashed += count
            self._compare()

    def _compare(self) -> None:
        if self.checkpoint and self.hashed == self.checkpoint[0]:
            if self._hash.hexdigest() != self.checkpoint[1]:
                raise CorruptPartialError(self._path)
            self.checkpoint = None


class CorruptPartialError(Exception):
    """The bytes on disk are not those that were hashed before."""
