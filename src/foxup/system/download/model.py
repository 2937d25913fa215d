"""What a download is given, says on its way and returns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from foxup.step import FileSpec


class Secret:
    """A value that never shows itself in a log, a traceback or a representation."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, to be put into the one header it is for."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the hosts (`name` or `name:port`) it belongs to. `origin` says where it was read."""

    service: str
    hosts: frozenset[str]
    secret: Secret
    origin: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The patience of the engine. Times in seconds, sizes in bytes."""

    connect_timeout: float = 15.0
    stall: float = 30.0  # without a byte for this long a connection is given up
    slowest: int = 1024  # bytes a second over the time above; less counts as a stall
    first_retries: int = 3  # for a source that has not sent a byte yet
    retries: int = 8  # interruptions in a row that brought nothing new
    backoff: float = 0.5  # first pause, doubled each time
    longest_backoff: float = 30.0
    longest_retry_after: float = 120.0  # a host that wants more is left for the next source
    redirects: int = 10
    connections: int = 16  # for one file, and for all files together
    files_at_once: int = 3
    save_every: float = 0.3  # what a kill can cost; longer where the disk is slow
    sample: float = 0.2  # how long a number of connections is watched before another is tried
    worth_more: float = 0.5  # a rest that is done in less is left to the connections at work


class State(StrEnum):
    """What is being done for a file."""

    LOOKING = "looking"  # for a copy on this machine
    CONNECTING = "connecting"
    TRANSFERRING = "transferring"
    WAITING = "waiting"  # before another try
    VERIFYING = "verifying"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DownloadEvent:
    """One line of progress: `done` of `total` bytes (None: unknown) from `source`, a host or a folder."""

    file_id: str
    state: State
    done: int
    total: int | None
    source: str


Progress = Callable[[DownloadEvent], None]


def silent(_event: DownloadEvent) -> None:
    """Ignore progress."""


class Budget:
    """Connections that the files of one run share beyond the one that each may always have."""

    def __init__(self, connections: int) -> None:
        self._free = connections
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take one connection if one is left."""
        with self._lock:
            if self._free <= 0:
                return False
            self._free -= 1
            return True

    def give_back(self) -> None:
        """Return one connection."""
        with self._lock:
            self._free += 1


@dataclass(frozen=True, slots=True)
class DownloadContext:
    """Everything a download needs to know beyond the file.

    `downloads` keeps partial files and their sidecars. `mirrors` replaces prefixes of addresses. `known` maps hashes
    to files on this machine, `shared_folders` are searched for files of the right size, `hub_caches` are folders in
    the layout of the Hugging Face cache. `package_folder` is what `package:` addresses are relative to. `memory` is
    the file in which speeds of hosts are remembered (None: nowhere). `cancelled` stops everything when set.
    """

    downloads: Path
    tokens: tuple[Token, ...] = ()
    mirrors: Mapping[str, str] = field(default_factory=dict)
    offline: bool = False
    known: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    shared_folders: tuple[Path, ...] = ()
    hub_caches: tuple[Path, ...] = ()
    package_folder: Path | None = None
    memory: Path | None = None
    allow_dangerous_pickles: bool = False
    limits: Limits = Limits()
    cancelled: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that has its name, and was proved before it got it.

    `sha256` is of the whole file, `size` in bytes, `source` what it came from. `pinned` is True when the full hash
    was not prescribed but learned now: the caller stores it, so that the next fetch must match. `replaced` is where
    another file that had the name before was put.
    """

    path: Path
    sha256: str
    size: int
    source: str
    pinned: bool
    replaced: Path | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file of a batch and where it shall be."""

    spec: FileSpec
    destination: Path
