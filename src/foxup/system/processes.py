"""Processes as things: who they are, whether they live, and ending them with everything they started."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Identity:
    """A process, told apart from a later one with the same number. `started` is seconds since the epoch."""

    pid: int
    started: float


def identity(pid: int) -> Identity | None:
    """Return who runs under `pid` now, or None when nobody does."""
    import psutil

    try:
        return Identity(pid, psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def alive(who: Identity) -> bool:
    """Tell whether exactly this process still runs (a zombie does not)."""
    return _process(who) is not None


def kill_tree(who: Identity, grace: float = GRACE_SECONDS) -> None:
    """End a process and its descendants: politely first, by force after `grace` seconds. Gone already is fine."""
    root = _process(who)
    if root is None:
        return
    family = _family(root)
    for process in family:
        _quietly(process.terminate)
    _finish(family, grace)


def listener(port: int) -> str:
    """Return the name and number of the process that listens on `port`; nothing when it cannot be told."""
    import psutil

    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and getattr(connection.laddr, "port", None) == port
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()} ({connection.pid})"
    return ""


def at_work_in(folder: Path, script: str) -> Identity | None:
    """Return a process of this user that runs `script` with `folder` as its working folder, or None."""
    import psutil

    wanted = folder.resolve()
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if any(Path(word).name == script for word in process.cmdline()) and Path(process.cwd()) == wanted:
                return Identity(process.pid, process.create_time())
    return None


def kill_mentioning(program: str, text: str) -> None:
    """End every process of this user named `program` whose command line contains `text`."""
    import psutil

    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.name().startswith(program) and any(text in word for word in process.cmdline()):
                kill_tree(Identity(process.pid, process.create_time()))


def _finish(family: list[psutil.Process], grace: float) -> None:
    import psutil

    _gone, alive_still = psutil.wait_procs(family, timeout=grace)
    late = {child for process in alive_still for child in _family(process)}
    for process in late:
        _quietly(process.kill)
    psutil.wait_procs(list(late), timeout=grace)


def _family(root: psutil.Process) -> list[psutil.Process]:
    """Return the process and all its descendants, children first, so that no parent can start them anew."""
    import psutil

    try:
        return [*reversed(root.children(recursive=True)), root]
    except psutil.Error:
        return [root]


def _process(who: Identity) -> psutil.Process | None:
    import psutil

    with suppress(psutil.Error):
        process = psutil.Process(who.pid)
        # Clocks and the kernel's tick round differently; a number is not reused within a second.
        same = abs(process.create_time() - who.started) < 1.0
        if same and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def _quietly(act: Callable[[], object]) -> None:
    import psutil

    with suppress(psutil.Error, OSError):
        act()
