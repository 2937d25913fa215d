"""How often and how long a broken download is tried again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from foxup.system.download import failures
from foxup.system.download.failures import DownloadError, Reach

if TYPE_CHECKING:
    from foxup.system.download.model import Limits

PROGRESS_BYTES = 64 * 1024  # an interruption after fewer new bytes counts as "nothing new"


class Patience:
    """Counts interruptions that brought nothing new, and says how long to pause before the next try."""

    def __init__(self, limits: Limits, host: str) -> None:
        self._limits = limits
        self._host = host
        self._times = 0
        self._mark = 0

    def pause(self, error: DownloadError, received: int) -> float:
        """Return the seconds to wait. Raises DownloadError when it is no use any more."""
        limits = self._limits
        if received - self._mark >= PROGRESS_BYTES:
            self._times = 0
        self._mark = received
        self._times += 1
        if self._times > (limits.retries if received else limits.first_retries):
            raise failures.interrupted_too_often(self._host, error, self._times)
        asked: float = error.retry_after or 0.0
        if asked > limits.longest_retry_after:
            error.reach = Reach.SOURCE
            raise error
        backoff = min(limits.longest_backoff, limits.backoff * 2.0 ** (self._times - 1))
        return max(asked, backoff * random.uniform(0.7, 1.0))  # noqa: S311 - spreads retries, guards nothing
