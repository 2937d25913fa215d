"""Which bytes of a file are on disk, and who fetches which of the rest. Pure: no disk, no clock, no lock."""

from __future__ import annotations

from dataclasses import dataclass, field

MINIMUM_SPLIT = 512 * 1024  # bytes; half of a smaller rest is not worth another request


@dataclass(slots=True, eq=False)
class Claim:
    """A stretch that one connection fetches: `position` is its next byte, `limit` the first byte it must not fetch.

    `limit` is None while the size of the file is unknown; it may be lowered while the connection is at work.
    """

    start: int
    position: int
    limit: int | None

    @property
    def finished(self) -> bool:
        """Whether nothing of the stretch is left."""
        return self.limit is not None and self.position >= self.limit

    def room(self, count: int) -> int:
        """Return how many of `count` arriving bytes still belong to the stretch."""
        return count if self.limit is None else max(0, min(count, self.limit - self.position))


@dataclass(slots=True)
class Extents:
    """The map of one file: sorted, disjoint ranges `[start, end)` that are present, and the claims at work."""

    size: int | None = None
    done: list[tuple[int, int]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)

    @property
    def present(self) -> int:
        """Bytes that are on disk."""
        return sum(end - start for start, end in self.done)

    @property
    def front(self) -> int:
        """The first byte that is missing; everything before it can be hashed."""
        return self.done[0][1] if self.done and self.done[0][0] == 0 else 0

    @property
    def complete(self) -> bool:
        """Whether every byte of a file of known size is present."""
        return self.size is not None and self.front >= self.size

    def add(self, start: int, end: int) -> None:
        """Mark `[start, end)` as present."""
        if start >= end:
            return
        kept = []
        for left, right in self.done:
            if right < start or left > end:
                kept.append((left, right))
            else:
                start, end = min(left, start), max(right, end)
        kept.append((start, end))
        self.done = sorted(kept)

    def advance(self, claim: Claim, count: int) -> int:
        """Count `count` bytes written for a claim; return how many of them belonged to it."""
        count = claim.room(count)
        self.add(claim.position, claim.position + count)
        claim.position += count
        return count

    def claim(self, block: int | None = None) -> Claim | None:
        """Take the first stretch that nobody has, at most `block` bytes; when there is none, split one at work.

        Taking them in order keeps the front moving, so that hashing ends with the transfer.
        """
        gap = self._first_gap()
        if gap is None:
            return self._split()
        start, end = gap
        if block is not None:
            end = start + block if end is None else min(end, start + block)
        return self._begin(start, end)

    def release(self, claim: Claim) -> None:
        """Give up what is left of a claim, so that another connection may take it."""
        if claim in self.claims:
            self.claims.remove(claim)

    def share(self, block: int) -> None:
        """Let a claim that runs to the end of the file end after another `block` bytes; others take the rest."""
        for claim in self.claims:
            if claim.limit is not None and claim.limit == self.size and claim.limit - claim.position > 2 * block:
                claim.limit = claim.position + block

    def _begin(self, start: int, end: int | None) -> Claim:
        claim = Claim(start, start, end)
        self.claims.append(claim)
        return claim

    def _first_gap(self) -> tuple[int, int | None] | None:
        taken = [*self.done]
        for claim in self.claims:
            if claim.limit is None:
                return None
            taken.append((claim.position, claim.limit))
        position = 0
        for start, end in sorted(taken):
            if start > position:
                return position, start
            position = max(position, end)
        if self.size is not None and position >= self.size:
            return None
        return position, self.size

    def _split(self) -> Claim | None:
        """Halve the largest stretch at work: the last bytes shall not wait for one slow connection."""
        rests = [(claim.limit - claim.position, claim) for claim in self.claims if claim.limit is not None]
        if not rests:
            return None
        rest, widest = max(rests, key=lambda pair: pair[0])
        if rest < 2 * MINIMUM_SPLIT or widest.limit is None:
            return None
        middle, end = widest.position + rest // 2, widest.limit
        widest.limit = middle
        return self._begin(middle, end)
