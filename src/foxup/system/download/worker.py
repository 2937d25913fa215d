"""One connection of a transfer: takes stretches of the file, fetches them, waits out interruptions."""

from __future__ import annotations

import errno
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from foxup.errors import FoxupError
from foxup.system.download import failures
from foxup.system.download.failures import DownloadError, Reach
from foxup.system.download.patience import Patience
from foxup.system.download.work import NOTICE, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from foxup.system.download.extents import Claim
    from foxup.system.download.transport import Reply

CHUNK = 256 * 1024  # bytes of one read: large enough for speed, small enough for 16 connections' memory
_UNWELCOME = {"download-too-many-requests", "download-server-error", "download-refused"}


class Sink(Protocol):
    """An unbuffered file."""

    def seek(self, position: int, /) -> int: ...  # noqa: D102
    def write(self, data: bytes, /) -> int | None: ...  # noqa: D102


class Worker:
    """One connection at a time, in a thread of its own: takes stretches, fetches them, gives up when told to."""

    def __init__(self, work: Work, number: int, released: Callable[[], None]) -> None:
        self._work = work
        self._number = number
        self._released = released
        self._patience = Patience(work.limits, work.address.name)
        self._noticed = 0

    def start(self, reply: Reply | None = None, claim: Claim | None = None) -> threading.Thread:
        """Begin, with a reply that is already open or without."""
        with self._work.state:
            self._work.active.add(self._number)
        thread = threading.Thread(target=self._run, args=(reply, claim), name="foxup-fetch", daemon=True)
        thread.start()
        return thread

    def _run(self, reply: Reply | None, claim: Claim | None) -> None:
        work = self._work
        try:
            while claim := claim or self._take():
                self._stretch(claim, reply)
                reply = claim = None
        except FoxupError as error:
            work.fail(error)
        except OSError as error:
            work.fail(failures.from_os_error(error, work.path))
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
            work.fail(error)
        finally:
            if reply:
                reply.close()
            with work.state:
                for group in (work.active, work.flowing, work.waiting):
                    group.discard(self._number)
                work.state.notify_all()
            self._released()

    def _take(self) -> Claim | None:
        work = self._work
        with work.state:
            if work.stopping or work.cancelled.is_set() or work.extents.complete:
                return None
            if len(work.active) > (1 if work.single else work.pace.wished):
                return None
            return work.extents.claim(None if work.single or work.pace.wished == 1 else work.block())

    def _stretch(self, claim: Claim, reply: Reply | None) -> None:
        """Fetch a stretch; an interruption gives the rest of it back and is waited out."""
        work = self._work
        try:
            reply = reply or self._open(claim)
            if reply:
                self._receive(reply, claim)
        except DownloadError as error:
            if error.reach is not Reach.NOW:
                raise
            with work.state:
                work.extents.release(claim)
            self._wait_out(error)
        finally:
            with work.state:
                work.extents.release(claim)

    def _wait_out(self, error: DownloadError) -> None:
        """Leave it to the others when there are any and the host wants fewer of us, else wait and try again."""
        work = self._work
        with work.state:
            others = len(work.active) - 1
            if others and self._number not in work.flowing and error.code in _UNWELCOME:
                work.pace.forbid_more(others)
                return
            pause = self._patience.pause(error, work.received)
            work.waiting.add(self._number)
            work.flowing.discard(self._number)
            end = time.monotonic() + pause
            while not work.stopping and (left := end - time.monotonic()) > 0:
                work.state.wait(left)
            work.waiting.discard(self._number)

    def _open(self, claim: Claim) -> Reply | None:
        """Ask for a stretch and check that the answer is of the same version; None leaves it to another connection."""
        work = self._work
        limit, size = claim.limit, work.extents.size
        last = None if work.single or limit is None or limit == size else limit - 1
        if claim.position and not work.provable:
            raise failures.no_such_range(work.address.name)
        reply = work.line.ask(
            work.address, first=claim.position, last=last, validator=work.validator, resolved=work.resolved
        )
        changed = bool(work.validator and reply.validator and reply.validator != work.validator)
        if changed or (reply.total is not None and size is not None and reply.total != size):
            reply.close()
            raise failures.no_such_range(work.address.name)
        work.resolved = reply.url
        if reply.first < claim.position and not self._alone(claim):
            reply.close()
            return None
        return reply

    def _alone(self, claim: Claim) -> bool:
        """Take over the whole rest because the host ignored a range; false while other connections are at work."""
        work = self._work
        with work.state:
            work.pace.forbid_more(1)
            if len(work.active) > 1:
                return False
            front = work.extents.front
            work.single = True
            work.extents.done = work.extents.done[:1] if front else []
            claim.limit = work.extents.size
            return claim.position == front

    def _receive(self, reply: Reply, claim: Claim) -> None:
        """Take the bytes of a reply; the file is open only meanwhile, so that a connection that hangs holds nothing."""
        work = self._work
        with work.state:
            work.replies.add(reply)
        try:
            self._skip(reply, claim.position - reply.first)
            if work.stopping:
                return
            with work.path.open("r+b", buffering=0) as stream:
                stream.seek(claim.position)
                self._pump(stream, reply, claim)
        finally:
            with work.state:
                work.replies.discard(reply)
            with suppress(OSError):
                reply.close()

    def _skip(self, reply: Reply, count: int) -> None:
        """Read over bytes that are already here, from a host that only ever begins at the start."""
        while count > 0:
            data = reply.read(min(CHUNK, count))
            if not data or self._work.stopping:
                raise failures.interrupted(self._work.address.name)
            count -= len(data)

    def _pump(self, stream: Sink, reply: Reply, claim: Claim) -> None:
        window, window_start = 0, time.monotonic()
        stall = self._work.limits.stall
        while (room := self._room(claim)) > 0:
            data = reply.read(min(CHUNK, room))
            if not data:
                self._ended(claim)
                return
            _write(stream, data)
            self._count(claim, len(data))
            window += len(data)
            if time.monotonic() - window_start > stall:
                if window < stall * self._work.limits.slowest:
                    raise failures.stalled(self._work.address.name)
                window, window_start = 0, time.monotonic()

    def _room(self, claim: Claim) -> int:
        work = self._work
        with work.state:
            if work.stopping or work.cancelled.is_set():
                return 0
            retire = len(work.active) > work.pace.wished and claim.limit is not None
            if retire and self._number == max(work.active):
                return 0
            return claim.room(CHUNK)

    def _count(self, claim: Claim, count: int) -> None:
        work = self._work
        with work.state:
            work.extents.advance(claim, count)
            work.received += count
            work.flowing.add(self._number)
            self._noticed += count
            if work.extents.complete:
                work.tell_all()
            elif self._noticed >= NOTICE:
                self._noticed = 0
                work.arrival.notify_all()

    def _ended(self, claim: Claim) -> None:
        """Take a body's end as the file's end when its size was unknown, else as an interruption."""
        work = self._work
        with work.state:
            if claim.limit is None and not work.stopping:
                claim.limit = work.extents.size = claim.position
                work.tell_all()
                return
        raise failures.interrupted(work.address.name)


def _write(stream: Sink, data: bytes) -> None:
    """Write all of it; a full disk may take a part first. Raises OSError."""
    while data:
        written = stream.write(data)
        if not written:
            raise OSError(errno.ENOSPC, "nothing more could be written")
        data = data[written:]
