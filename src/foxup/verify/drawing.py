"""One generation, watched: whose turn it is, how far it is, whether it was ended early; and nothing left behind."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.paths import Layout
from foxup.system import files

if TYPE_CHECKING:
    from foxup.launch import Server
    from foxup.system.webui_api import Generation

_TIMEOUT_S = 3600.0
_LOOK_S = 0.5
_SAY_S = 10.0  # between two lines about the progress
_ENDED = ("interrupted", "skipped", "stopping_generation")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a generation gave; `partial` when it was ended early, which the web UI's answer does not say."""

    made: Generation
    partial: bool
    seconds: float


def draw(layout: Layout, server: Server, mode: str, request: Mapping[str, Any], tell: Tell) -> Drawn:
    """Generate, after everybody who came before. Raises FoxupError: the web UI's errors, `webui-busy`."""
    if server.private:
        return _watched(server, mode, request, tell)
    _wait_turn(server, tell)
    traces = _Traces(layout, server, mode)
    drawn = _watched(server, mode, request, tell)
    traces.remove(drawn.made.infotext)
    return drawn


def _wait_turn(server: Server, tell: Tell) -> None:
    deadline, said = time.monotonic() + _TIMEOUT_S, False
    while server.api.waiting():
        if not said:
            tell(_("waiting until the web UI has finished what others asked of it"))
            said = True
        if time.monotonic() > deadline:
            raise FoxupError("webui-busy", _("The web UI at {url} is busy.").format(url=server.url), hint="foxup stop")
        time.sleep(_LOOK_S)


def _watched(server: Server, mode: str, request: Mapping[str, Any], tell: Tell) -> Drawn:
    task = f"task(foxup-{secrets.token_hex(4)})"
    begun = time.monotonic()
    with _Watch(server, task, tell) as watch:
        made = server.api.generate(mode, {**request, "force_task_id": task}, timeout_s=_TIMEOUT_S)
    return Drawn(made, watch.ended_early(), time.monotonic() - begun)


class _Watch:
    """Looks at the progress from another thread. What it cannot see it leaves out; it never ends a generation."""

    def __init__(self, server: Server, task: str, tell: Tell) -> None:
        self._server, self._task, self._tell = server, task, tell
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="foxup-progress", daemon=True)
        self._ended = False
        self._job = ""
        self._said = time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join()

    def ended_early(self) -> bool:
        """Whether the generation was interrupted or skipped: seen on the way, or in the state it left."""
        try:
            state = self._server.api.progress().get("state", {})
        except FoxupError:
            return self._ended
        ours = self._server.private or state.get("job_timestamp") == self._job
        return self._ended or (ours and any(state.get(name) for name in _ENDED))

    def _run(self) -> None:
        api = self._server.api
        while not self._done.wait(_LOOK_S):
            try:
                mine = self._server.private or api.task(self._task).get("active")
                if mine:
                    self._look(api.progress())
            except FoxupError:
                continue

    def _look(self, progress: Mapping[str, Any]) -> None:
        state = progress.get("state", {})
        if not state.get("job_count"):
            return
        self._job = str(state.get("job_timestamp", ""))
        self._ended = self._ended or any(state.get(name) for name in _ENDED)
        share, left = progress.get("progress") or 0.0, progress.get("eta_relative") or 0.0
        if share > 0.02 and time.monotonic() - self._said >= _SAY_S:
            self._said = time.monotonic()
            self._tell(
                _("{percent} % done, about {seconds} s left").format(percent=round(100 * share), seconds=round(left))
            )


class _Traces:
    """What a generation on the person's own server leaves: its place in params.txt, and what a script saved."""

    def __init__(self, layout: Layout, server: Server, mode: str) -> None:
        options = server.api.options()
        folder = options.get(f"outdir_{mode}_samples") or "outputs"
        self._outputs = layout.root / str(folder)
        self._before = set(self._pictures())
        self._history = layout.root / "params.txt"
        self._last = files.read_bytes(self._history)

    def _pictures(self) -> list[Path]:
        return [path for path in self._outputs.rglob("*") if path.is_file()] if self._outputs.is_dir() else []

    def remove(self, infotext: str) -> None:
        """Remove new pictures with exactly these parameters; put the last generation of the person's back."""
        from foxup.pictures.infotext import parse

        for path in set(self._pictures()) - self._before:
            if _parameters(path).strip() == infotext.strip():
                files.remove(path)
                files.remove(path.with_suffix(".txt"))
        present = files.read_bytes(self._history)
        if present == self._last or present is None or self._last is None:
            return
        if parse(present.decode("utf-8", "replace")).prompt == parse(infotext).prompt:
            files.write_atomic(self._history, self._last)


def _parameters(path: Path) -> str:
    from foxup.pictures import load

    try:
        return load.load(path).parameters or ""
    except FoxupError:
        return ""
