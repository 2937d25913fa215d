"""Showing downloads: one bar a file with size, speed and time left; a line a file in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from foxup import console
from foxup.i18n import _

if TYPE_CHECKING:
    from rich.progress import TaskID

    from foxup.system.download import DownloadEvent, Outcome

Progress = Callable[["DownloadEvent"], None]


@contextmanager
def display() -> Iterator[Progress]:
    """Give a listener for download events that fits this run."""
    if console.out.json or console.out.quiet or not sys.stderr.isatty():
        yield _plain()
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    bars = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[state]}", markup=False, style="dim"),
        console=console.rich(),
    )
    tasks: dict[str, TaskID] = {}

    def show(event: DownloadEvent) -> None:
        _event(event)
        if event.file_id not in tasks:
            tasks[event.file_id] = bars.add_task(event.file_id, total=event.total, state="")
        bars.update(
            tasks[event.file_id], completed=event.done, total=event.total, state=f"{_doing(event)} {event.source}"
        )

    with bars:
        yield show


def conclude(outcomes: list[Outcome]) -> bool:
    """Show how each file ended and put it into the JSON document; return whether one failed."""
    rows = []
    for outcome in outcomes:
        spec, error = outcome.wanted.spec, outcome.error
        row = {"id": spec.id, "path": str(outcome.wanted.destination), "ok": error is None}
        if error is not None:
            row["error"] = error.code
            console.error(error)
        elif outcome.fetched:
            row |= {"sha256": outcome.fetched.sha256, "size": outcome.fetched.size, "source": outcome.fetched.source}
            text = _("{name}: {size} from {source}")
            console.mark(
                "ok",
                text.format(name=spec.name, size=console.size(outcome.fetched.size), source=outcome.fetched.source),
                style="green",
            )
        rows.append(row)
    console.extend({"files": rows})
    return any(outcome.error for outcome in outcomes)


def _plain() -> Progress:
    """Return a listener that says each new state of a file once."""
    said: set[tuple[str, str]] = set()

    def show(event: DownloadEvent) -> None:
        _event(event)
        key = (event.file_id, str(event.state))
        if key not in said:
            said.add(key)
            total = console.size(event.total) if event.total else ""
            words = " ".join(filter(None, (_doing(event), total, event.source)))
            console.mark("dot", f"{event.file_id}: {words}", style="dim")

    return show


def _doing(event: DownloadEvent) -> str:
    """Return what is being done for a file, for people."""
    return {
        "looking": _("looking"),
        "connecting": _("connecting"),
        "transferring": _("transferring"),
        "waiting": _("waiting"),
        "verifying": _("verifying"),
        "done": _("done"),
        "failed": _("failed"),
    }[event.state]


def _event(event: DownloadEvent) -> None:
    console.event(
        "download", file=event.file_id, state=str(event.state), done=event.done, total=event.total, source=event.source
    )
