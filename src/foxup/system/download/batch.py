"""Several files at once: one budget of connections, one stream of progress; one failure does not stop the rest."""

from __future__ import annotations

import queue
import threading
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from foxup import paths
from foxup.errors import FoxupError
from foxup.system.download.addresses import hub_mirror
from foxup.system.download.engine import Fetch, Tools
from foxup.system.download.known import hub_caches
from foxup.system.download.memory import Memory
from foxup.system.download.model import Budget, DownloadContext, DownloadEvent, Fetched, Progress, Wanted, silent
from foxup.system.download.tokens import read_tokens
from foxup.system.download.transport import Line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_TICK = 0.2  # seconds; Windows delivers Ctrl+C only between waits


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one file of a batch ended: exactly one of `fetched` and `error` is set."""

    wanted: Wanted
    fetched: Fetched | None = None
    error: FoxupError | None = None


def make_context(
    downloads: Path,
    environ: Mapping[str, str],
    *,
    mirrors: Mapping[str, str] | None = None,
    package_folder: Path | None = None,
) -> DownloadContext:
    """Return a context with what the environment says: tokens, HF_ENDPOINT, caches. Proxies are read by requests.

    The caller adds the rest with `dataclasses.replace`.
    """
    rules = {**hub_mirror(environ), **(mirrors or {})}
    return DownloadContext(
        downloads=downloads,
        tokens=read_tokens(environ, rules),
        mirrors=rules,
        hub_caches=hub_caches(environ),
        package_folder=package_folder,
        memory=paths.cache_folder() / "download-speeds.json",
    )


def fetch_all(wanted: Sequence[Wanted], *, context: DownloadContext, progress: Progress = silent) -> list[Outcome]:
    """Fetch files, a few at a time, and return how each ended, in their order. `progress` is called by one at a time.

    An interruption (Ctrl+C, `context.cancelled`) stops all of them; partial files stay.
    """
    outcomes: dict[int, Outcome | BaseException] = {}
    todo: queue.SimpleQueue[tuple[int, Wanted]] = queue.SimpleQueue()
    for item in enumerate(wanted):
        todo.put(item)
    count = min(len(wanted), context.limits.files_at_once)
    budget = Budget(max(0, context.limits.connections - count))
    with closing(Line(context)) as line:
        tools = Tools(line, budget, Memory(context.memory))
        tell = _one_at_a_time(progress)
        threads = [
            threading.Thread(target=_serve, args=(todo, outcomes, context, tell, tools), name="foxup-file")
            for _number in range(count)
        ]
        _run(threads, context)
    for outcome in outcomes.values():
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for _number, outcome in sorted(outcomes.items()) if isinstance(outcome, Outcome)]


def _run(threads: Sequence[threading.Thread], context: DownloadContext) -> None:
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(_TICK)
    except BaseException:
        context.cancelled.set()
        for thread in threads:
            thread.join()
        raise


def _serve(
    todo: queue.SimpleQueue[tuple[int, Wanted]],
    outcomes: dict[int, Outcome | BaseException],
    context: DownloadContext,
    progress: Progress,
    tools: Tools,
) -> None:
    while True:
        try:
            number, wanted = todo.get_nowait()
        except queue.Empty:
            return
        outcome = Outcome(wanted)
        try:
            fetched = Fetch(wanted.spec, wanted.destination, context, progress, tools).run()
            outcomes[number] = replace(outcome, fetched=fetched)
        except FoxupError as error:
            outcomes[number] = replace(outcome, error=error)
        except Exception as error:  # noqa: BLE001 - raised again by the caller's thread
            outcomes[number] = error
            context.cancelled.set()


def _one_at_a_time(progress: Progress) -> Progress:
    lock = threading.Lock()

    def tell(event: DownloadEvent) -> None:
        with lock:
            progress(event)

    return tell
