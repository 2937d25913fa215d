"""Showing how far an apply is: bars on a terminal, a line a step in a pipe, objects for programs."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from foxup import console
from foxup.i18n import _
from foxup.step import Step

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_HEARTBEAT_S = 30.0
_DETAIL_WIDTH = 60


class Events:
    """Passes everything on to the file of `--events`, and to nobody else."""

    def __init__(self) -> None:
        """Nothing has begun."""
        self._step = ""
        self._last = 0.0

    def __enter__(self) -> Self:
        """Nothing to open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close."""

    def begin(self, step: Step, number: int, total: int) -> None:
        """A step begins."""
        self._step = step.id
        console.event("step-begin", step=step.id, number=number, total=total, bytes=step.download_bytes)

    def advance(self, done: int, total: int | None, detail: str) -> None:
        """The step moved on; at most ten objects a second are written."""
        now = time.monotonic()
        if now - self._last >= 0.1 or done == total:
            self._last = now
            console.event("step-progress", step=self._step, done=done, total=total, detail=detail)

    def line(self, text: str) -> None:
        """A program printed a line; programs that follow progress do not need it."""

    def end(self, step: Step) -> None:
        """A step ended well."""
        console.event("step-end", step=step.id)


class Lines(Events):
    """One line when a step begins and ends, and a sign of life every half minute."""

    def __init__(self) -> None:
        """Nothing has begun."""
        super().__init__()
        self._begun = self._spoke = time.monotonic()

    def begin(self, step: Step, number: int, total: int) -> None:
        """Name the step."""
        super().begin(step, number, total)
        self._begun = self._spoke = time.monotonic()
        console.say(f"[{number}/{total}] {step.title}")

    def advance(self, done: int, total: int | None, detail: str) -> None:
        """Say that it is alive, now and then."""
        super().advance(done, total, detail)
        self._alive(f"{done}/{total} {detail}" if total else detail)

    def line(self, text: str) -> None:
        """Say that it is alive, now and then."""
        self._alive(text)

    def end(self, step: Step) -> None:
        """Say how long it took."""
        super().end(step)
        seconds = time.monotonic() - self._begun
        console.mark("ok", _("done in {seconds:.1f} s").format(seconds=seconds))

    def _alive(self, text: str) -> None:
        now = time.monotonic()
        if now - self._spoke >= _HEARTBEAT_S:
            self._spoke = now
            console.say(f"      … {text[:_DETAIL_WIDTH]}" if console.glyph("ok") == "✓" else f"      ... {text}")


class Bars(Events):
    """Two bars: the whole plan, and the present step with what it is at."""

    def __init__(self) -> None:
        """Build the display; it appears on entering."""
        super().__init__()
        from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

        self._progress: Progress = Progress(
            SpinnerColumn("line"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[detail]}", markup=False, style="dim"),
            console=console.rich(),
            transient=False,
        )
        self._whole: TaskID | None = None
        self._now: TaskID | None = None
        self._begun = time.monotonic()

    def __enter__(self) -> Self:
        """Show the display."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last state on the screen."""
        self._progress.stop()

    def begin(self, step: Step, number: int, total: int) -> None:
        """Move to the next step."""
        super().begin(step, number, total)
        self._begun = time.monotonic()
        if self._whole is None:
            self._whole = self._progress.add_task(_("All steps"), total=total, detail="")
        self._now = self._progress.add_task(f"{step.title[:_DETAIL_WIDTH]}", total=None, detail="")

    def advance(self, done: int, total: int | None, detail: str) -> None:
        """Move the bar of the present step."""
        super().advance(done, total, detail)
        if self._now is not None:
            self._progress.update(self._now, completed=done, total=total, detail=detail[:_DETAIL_WIDTH])

    def line(self, text: str) -> None:
        """Show the last line of a program."""
        if self._now is not None:
            self._progress.update(self._now, detail=text[:_DETAIL_WIDTH])

    def end(self, step: Step) -> None:
        """Replace the step's bar by one line."""
        super().end(step)
        seconds = time.monotonic() - self._begun
        if self._now is not None:
            self._progress.remove_task(self._now)
        took = _("done in {seconds:.1f} s").format(seconds=seconds)
        console.write(self._progress.console, f"  {console.glyph('ok')} {step.title} ({took})", "green")
        if self._whole is not None:
            self._progress.advance(self._whole)


def listener() -> Events:
    """Return the display that fits this run: bars on a terminal, lines in a pipe, only events for programs."""
    if console.out.json or console.out.quiet:
        return Events()
    return Bars() if sys.stderr.isatty() else Lines()
