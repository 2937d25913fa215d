"""One file from one source, from the first request to bytes whose hash is known; the coordinator of its threads."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foxup.errors import FoxupError
from foxup.system import files
from foxup.system.download import failures
from foxup.system.download.extents import Claim, Extents
from foxup.system.download.failures import DownloadError, Reach
from foxup.system.download.hasher import CorruptPartialError, FrontHasher
from foxup.system.download.model import Budget, DownloadContext, State
from foxup.system.download.opening import Opening, Report
from foxup.system.download.pace import Pace, Sample
from foxup.system.download.shelf import Progressed, Shelf, Slot, fingerprint
from foxup.system.download.work import Work
from foxup.system.download.worker import Worker

if TYPE_CHECKING:
    from pathlib import Path

    from foxup.step import FileSpec
    from foxup.system.download.addresses import Address
    from foxup.system.download.transport import Line, Reply

_TICK = 0.05  # seconds between two looks of the coordinator
_JOIN = 3.0  # seconds that all threads together get to end
_SAVING_SHARE = 2.0  # the pause after a save, in times of how long it took
_SPARE_SPACE = 16 * 1024 * 1024  # for sidecars, logs and everybody else


@dataclass(frozen=True, slots=True)
class Arrived:
    """A partial file that is whole.

    `published` is the hash that the host named, `resumed` whether an earlier run brought part of it, `rate` in bytes a
    second over `connections` (0: nothing was transferred).
    """

    slot: Slot
    size: int
    sha256: str
    published: str | None
    resumed: bool
    rate: float
    connections: int


class Transfer:
    """Brings one file from one address into a slot of its shelf."""

    def __init__(  # noqa: PLR0913 - each is a separate thing the transfer needs
        self,
        *,
        spec: FileSpec,
        address: Address,
        shelf: Shelf,
        line: Line,
        context: DownloadContext,
        budget: Budget,
        report: Report,
        connections: int = 1,
    ) -> None:
        self._opening = Opening(spec=spec, address=address, shelf=shelf, line=line, context=context, report=report)
        self._spec = spec
        self._address = address
        self._shelf = shelf
        self._line = line
        self._context = context
        self._budget = budget
        self._report = report
        self._start_connections = connections
        self._source = fingerprint(address.origin)
        self._saving = threading.Lock()

    def run(self, *, fresh: bool = False) -> Arrived:
        """Fetch what is missing, or all of it when `fresh`. Raises FoxupError; its reach says what it rules out."""
        self._report(State.CONNECTING, 0, self._spec.size)
        slot, state = self._shelf.best()
        if fresh:
            state = Progressed()
        if state.present and state.present == state.size and self._opening.usable(state):
            return self._whole(slot, state)
        reply, slot, state = self._opening.connect(slot, state, fresh=fresh)
        try:
            work, hasher = self._prepare(reply, slot, state)
        except BaseException:
            reply.close()
            raise
        return self._carry_out(work, hasher, reply, slot, state)

    def _whole(self, slot: Slot, state: Progressed) -> Arrived:
        """Prove a partial file that was complete when the last run ended."""
        self._report(State.VERIFYING, state.present, state.size)
        sha256 = files.sha256_file(slot.path)
        if state.front == state.size and state.sha256 != sha256:
            slot.clear()
            raise failures.damaged_partial(self._spec.name)
        return Arrived(slot, state.present, sha256, None, True, 0.0, 0)

    def _prepare(self, reply: Reply, slot: Slot, state: Progressed) -> tuple[Work, FrontHasher]:
        size = reply.total
        try:
            self._check_space(slot, state, size)
            if not state.present:
                slot.create(size)
        except OSError as error:
            raise failures.from_os_error(error, slot.path) from error
        limits = self._context.limits
        work = Work(
            self._line, self._address, limits, slot.path, Extents(size, list(state.done)),
            Pace(limits, self._start_connections), reply.validator, reply.url, self._context.cancelled,
            provable=bool(self._spec.sha256 or reply.validator),
        )  # fmt: skip
        if size is None or not reply.ranges or not work.provable:
            work.pace.forbid_more(1)
        checkpoint = (state.front, state.sha256) if state.front else None
        hasher = FrontHasher(slot.path, work.wait_for_front, lambda error: self._hashed(work, error), checkpoint)
        return work, hasher

    def _check_space(self, slot: Slot, state: Progressed, size: int | None) -> None:
        if size is None:
            return
        self._context.downloads.mkdir(parents=True, exist_ok=True)
        needed = size - (_allocated(slot.path) if state.present else 0)
        free = files.free_bytes(self._context.downloads)
        if needed > 0 and free < needed + _SPARE_SPACE:
            raise failures.too_little_space(slot.path, needed + _SPARE_SPACE, free)

    def _hashed(self, work: Work, error: BaseException | None) -> None:
        if isinstance(error, CorruptPartialError):
            work.fail(failures.damaged_partial(self._spec.name))
        elif isinstance(error, OSError):
            work.fail(failures.from_os_error(error, work.path))
        elif error is not None:
            work.fail(error)
        with work.state:
            work.hashed = True
            work.state.notify_all()

    def _carry_out(self, work: Work, hasher: FrontHasher, reply: Reply, slot: Slot, state: Progressed) -> Arrived:
        begun = time.monotonic()
        keeper = threading.Thread(target=self._keep, args=(work, hasher, slot), name="foxup-keep", daemon=True)
        threads = [hasher.thread, keeper]
        try:
            hasher.thread.start()
            keeper.start()
            threads.append(Worker(work, 0, _nothing).start(reply, self._first_claim(work, reply)))
            self._watch(work, threads)
        finally:
            work.stop()
            _join(threads)
            with suppress(FoxupError, OSError):
                self._save(work, hasher, slot)
        if work.failure is not None:
            self._forget_if_useless(work.failure, slot)
            raise work.failure
        rate = work.received / max(1e-3, time.monotonic() - begun)
        size, sha256 = hasher.digest()
        return Arrived(slot, size, sha256, reply.published_sha256, state.present > 0, rate, work.pace.wished)

    def _first_claim(self, work: Work, reply: Reply) -> Claim | None:
        """Return the claim the first reply serves; a host that began at the start again serves everything."""
        with work.state:
            front = work.extents.front
            if reply.first == 0 and front > 0:
                work.single = True
                work.pace.forbid_more(1)
                work.extents.done = work.extents.done[:1]
            return work.extents.claim()

    def _watch(self, work: Work, threads: list[threading.Thread]) -> None:
        """Until all is here and hashed: add connections while that helps, and tell how far it is."""
        number = 0
        while not (work.hashed and work.extents.complete):
            with work.state:
                if work.failure is None and not work.stopping:
                    work.state.wait(_TICK)
                if work.failure is not None:
                    return
                missing = self._missing(work)
                told = _state(work), work.extents.present, work.extents.size
            self._report(*told)
            if self._context.cancelled.is_set():
                raise failures.cancelled()
            for _extra in range(missing):
                number += 1
                first = not work.active
                if not first and not self._budget.take():
                    break
                released = _nothing if first else self._budget.give_back
                threads.append(Worker(work, number, released).start())

    def _missing(self, work: Work) -> int:
        """Return how many connections to add now, after a look at the speed."""
        extents, pace = work.extents, work.pace
        if extents.complete:
            return 0
        left = None if extents.size is None else extents.size - extents.present
        wished = 1 if work.single else pace.update(Sample(time.monotonic(), work.received, len(work.flowing)), left)
        if wished > 1:
            extents.share(work.block())
        return wished - len(work.active)

    def _keep(self, work: Work, hasher: FrontHasher, slot: Slot) -> None:
        """Write the sidecar from time to time, until the transfer ends.

        Often, so that little is left to flush at the end, which was a third of the time for 2 GiB on a fast line and
        disk. On a slow disk most of the time stays the transfer's.
        """
        pause = self._context.limits.save_every
        try:
            while not work.stopping:
                with work.state:
                    work.state.wait_for(lambda: work.stopping, pause)
                if not work.stopping:
                    begun = time.monotonic()
                    self._save(work, hasher, slot)
                    pause = max(self._context.limits.save_every, _SAVING_SHARE * (time.monotonic() - begun))
        except FoxupError as error:
            work.fail(DownloadError(error.code, error.message, cause=error.cause, hint=error.hint, reach=Reach.ALL))
        except OSError as error:
            work.fail(failures.from_os_error(error, slot.path))

    def _save(self, work: Work, hasher: FrontHasher, slot: Slot) -> None:
        """Flush the bytes, then say that they are there. What was hashed earlier is named until it is read again."""
        with self._saving:
            hashed = hasher.digest()  # before the ranges are read: what is hashed must be among what is present
            with work.state:
                done, size, failure = list(work.extents.done), work.extents.size, work.failure
            if isinstance(failure, DownloadError) and failure.reach is Reach.AGAIN:
                return
            front, sha256 = hasher.checkpoint or hashed
            _flush(slot.path)
            slot.write(Progressed(self._source, work.validator, size, done, front, sha256))

    def _forget_if_useless(self, failure: BaseException, slot: Slot) -> None:
        if isinstance(failure, DownloadError) and failure.code == "download-partial-damaged":
            slot.clear()


def _state(work: Work) -> State:
    if work.extents.complete:
        return State.VERIFYING
    return State.WAITING if work.active and work.waiting >= work.active else State.TRANSFERRING


def _join(threads: list[threading.Thread]) -> None:
    """Wait for threads that end; one that hangs in a connection holds nothing and ends with the process."""
    end = time.monotonic() + _JOIN
    for thread in threads:
        if thread.ident is not None:
            thread.join(max(0.0, end - time.monotonic()))


def _allocated(path: Path) -> int:
    """Return the bytes a file has on disk; systems that do not tell allocate the full length."""
    status = path.stat()
    return int(getattr(status, "st_blocks", 0)) * 512 or status.st_size


def _flush(path: Path) -> None:
    with path.open("r+b", buffering=0) as stream:
        os.fsync(stream.fileno())


def _nothing() -> None:
    """The one connection each file may always have is not counted."""
