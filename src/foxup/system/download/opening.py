"""The first request of a transfer: whether what is on disk can be gone on with, and whether the answer is the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from foxup.system.download import content, failures
from foxup.system.download.failures import DownloadError, Reach
from foxup.system.download.model import DownloadContext, State
from foxup.system.download.patience import Patience
from foxup.system.download.shelf import Progressed, Shelf, Slot, fingerprint

if TYPE_CHECKING:
    from foxup.step import FileSpec
    from foxup.system.download.addresses import Address
    from foxup.system.download.transport import Line, Reply

Report = Callable[[State, int, int | None], None]


class Opening:
    """Finds the slot that goes on, and the reply that it goes on with."""

    def __init__(
        self, *, spec: FileSpec, address: Address, shelf: Shelf, line: Line, context: DownloadContext, report: Report
    ) -> None:
        self._spec = spec
        self._address = address
        self._shelf = shelf
        self._line = line
        self._context = context
        self._report = report
        self._source = fingerprint(address.origin)

    def usable(self, state: Progressed) -> bool:
        """Whether bytes from an earlier run can be part of the file: the hash will tell, or the validator does."""
        if self._spec.sha256 and state.size is not None:
            return self._spec.size in {None, state.size}
        return bool(state.validator) and state.source == self._source and state.size is not None

    def connect(self, slot: Slot, state: Progressed, *, fresh: bool) -> tuple[Reply, Slot, Progressed]:
        """Send the first request and decide, by what answers, which slot goes on."""
        resume = state.present > 0 and self.usable(state)
        first = _first_gap(state) if resume else 0
        validator = state.validator if resume and state.source == self._source else ""
        reply = self._ask_patiently(first, validator)
        try:
            self._check_reply(reply)
            slot, state = self._choose(reply, slot, state if resume else Progressed())
        except BaseException:
            reply.close()
            raise
        return (reply if fresh else self._closer(reply, state)), slot, state

    def _closer(self, reply: Reply, state: Progressed) -> Reply:
        """Ask again for the rest when a reply begins at the start of a file of which this version is partly here."""
        if reply.first or not _first_gap(state) or not (reply.ranges and reply.validator):
            return reply
        reply.close()
        again = self._ask_patiently(_first_gap(state), reply.validator)
        if again.total != state.size:
            again.close()
            raise failures.no_such_range(self._address.name)
        return again

    def _ask_patiently(self, first: int, validator: str) -> Reply:
        patience = Patience(self._context.limits, self._address.name)
        while True:
            try:
                return self._line.ask(self._address, first=first, validator=validator)
            except DownloadError as error:
                if error.reach is not Reach.NOW:
                    raise
                pause = patience.pause(error, 0)
            self._report(State.WAITING, first, self._spec.size)
            if self._context.cancelled.wait(pause):
                raise failures.cancelled()

    def _check_reply(self, reply: Reply) -> None:
        """Refuse what cannot be the file before anything on disk is touched. Raises DownloadError."""
        if reply.first == 0:
            head = reply.peek(content.HEAD_BYTES)
            if content.stranger(head, self._spec.kind):
                raise self._line.refusal_of(head, reply, self._address)
        expected = self._spec.size
        if expected is not None and reply.total is not None and reply.total != expected:
            raise failures.changed(self._address.name, expected, reply.total)
        if self._spec.sha256 and reply.published_sha256 and reply.published_sha256 != self._spec.sha256:
            raise failures.wrong_hash(self._address.name, self._spec.sha256, reply.published_sha256)

    def _choose(self, reply: Reply, slot: Slot, state: Progressed) -> tuple[Slot, Progressed]:
        """Go on with what is here when the reply is of the same version, else begin in the slot that holds less."""
        known = bool(state.validator and reply.validator and state.source == self._source)
        same = state.validator == reply.validator if known else bool(self._spec.sha256)
        if state.present and same and reply.total == state.size:
            return slot, state
        if reply.first:
            raise failures.no_such_range(self._address.name)
        other = self._shelf.matching(reply.validator, reply.total, self._source)
        if other:
            return other
        return (self._shelf.spare() if self._shelf.best()[1].present else self._shelf.first), Progressed()


def _first_gap(state: Progressed) -> int:
    return state.done[0][1] if state.done and state.done[0][0] == 0 else 0
