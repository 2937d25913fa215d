"""The one place that starts processes.

Every child gets a cleaned environment, no terminal to ask at, its own process group, and an end: on a time limit, on
an interrupt and on any error here, it dies with everything it started.
"""

from __future__ import annotations

import os
import queue
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.system.processes import GRACE_SECONDS, identity, kill_tree
from foxup.system.text import decode, mask, shown
from foxup.system.variables import clean_environment

__all__ = ["Completed", "Log", "Process", "clean_environment", "find_program", "log_to", "run", "start", "stream"]

Log = Callable[[str], None]
Process = subprocess.Popen[bytes]
_POLL_S = 0.1
_SILENT_AFTER_EXIT_S = 1.0  # a daemon left behind may keep the pipe open for ever
_TAIL_LINES = 400
_SHORT_GRACE_S = 1.0  # a question has nothing to save; one stuck in a driver must not hold the probe up


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that ended. Of `stream`, `stdout` is the last lines of both streams together and `stderr` empty."""

    argv: tuple[str, ...]
    rc: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """Tell whether the program itself says that all went well."""
        return self.rc == 0


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    log: Log | None = None,
) -> Completed:
    """Run a short command to its end and return its output; a non-zero `rc` is for the caller to judge.

    `env` is the whole environment (default: `clean_environment()`), `timeout` in seconds. Raises FoxupError:
    `program-missing`, `program-not-started`, `command-timeout`.
    """
    words = _words(argv)
    begun = _log_start(log, words, cwd)
    with _child(words, cwd, env, stderr=subprocess.PIPE, grace=_SHORT_GRACE_S) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise _too_long(words, timeout) from None
    done = Completed(words, process.returncode, decode(out), decode(err))
    _log_end(log, done.rc, begun, done.stdout, done.stderr)
    return done


def stream(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    log: Log | None = None,
    on_line: Callable[[str], None] | None = None,
    started: Callable[[int], None] | None = None,
) -> Completed:
    """Run a long command and hand on each line as it comes, both streams together.

    `log` gets the lines masked, `on_line` as they are (a carriage return ends a line too, so progress arrives);
    `started` is told the process id. An exception out of either ends the command. Raises as `run` does.
    """
    words = _words(argv)
    begun = _log_start(log, words, cwd)
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    with _child(words, cwd, env, stderr=subprocess.STDOUT, grace=GRACE_SECONDS) as process:
        if started:
            started(process.pid)
        for line in _lines(process, words, timeout):
            tail.append(line)
            _tell(log, mask(line))
            _tell(on_line, line)
        process.wait()
    done = Completed(words, process.returncode, "\n".join(tail), "")
    _log_end(log, done.rc, begun)
    return done


def start(
    argv: Sequence[str | Path],
    *,
    output: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Log | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that outlives foxup, both streams appended to the file `output`.

    The caller watches it through the returned process and ends it with `processes.kill_tree`. Raises FoxupError:
    `program-missing`, `program-not-started`.
    """
    words = _words(argv)
    _log_start(log, words, cwd)
    with output.open("ab") as sink:
        return _open(words, cwd, env, stdout=sink, stderr=subprocess.STDOUT)


def find_program(name: str, folders: Sequence[Path] = ()) -> Path | None:
    """Return the absolute path of a program on PATH or else in `folders`; the current folder is never searched.

    Windows would otherwise run a program that somebody planted beside the downloads.
    """
    on_path = (Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry)
    endings = os.environ.get("PATHEXT", ".EXE;.BAT;.CMD").split(";") if os.name == "nt" else [""]
    if os.name == "nt" and Path(name).suffix:
        endings = ["", *endings]
    for folder in (*on_path, *folders):
        for ending in endings if folder.is_absolute() else ():
            candidate = folder / (name + ending)
            if candidate.is_file() and os.access(candidate, os.X_OK):
                return candidate
    return None


@contextmanager
def log_to(path: Path) -> Iterator[Log]:
    """Give a `log` that appends lines to the file at `path`, each flushed, so that a kill loses none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", errors="replace", buffering=1) as file:
        yield lambda line: print(line, file=file, flush=True)


def _words(argv: Sequence[str | Path]) -> tuple[str, ...]:
    """Return the command with its program as an absolute path. Raises FoxupError (`program-missing`)."""
    first, *rest = (str(word) for word in argv)
    if not Path(first).is_absolute() and Path(first).name == first:
        found = find_program(first)
        if found is None:
            raise FoxupError(
                "program-missing",
                _("The program {name} was not found.").format(name=first),
                cause=_("It is not in any folder of the PATH variable."),
            )
        first = str(found)
    return (first, *rest)


def _open(
    words: tuple[str, ...], cwd: Path | None, env: Mapping[str, str] | None, *, stdout: int | IO[bytes], stderr: int
) -> subprocess.Popen[bytes]:
    hidden_group = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    try:
        return subprocess.Popen(
            words,
            cwd=cwd,
            env=dict(clean_environment() if env is None else env),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            creationflags=hidden_group,
        )
    except OSError as error:
        raise FoxupError(
            "program-not-started",
            _("{program} could not be started.").format(program=words[0]),
            cause=mask(str(error)),
        ) from error


@contextmanager
def _child(
    words: tuple[str, ...], cwd: Path | None, env: Mapping[str, str] | None, *, stderr: int, grace: float
) -> Iterator[subprocess.Popen[bytes]]:
    """Give a running child with piped output; whatever ends the block early ends the whole tree with it."""
    process = _open(words, cwd, env, stdout=subprocess.PIPE, stderr=stderr)
    end_job = _job(process)
    try:
        yield process
    except BaseException:
        _end(process, grace)
        raise
    finally:
        end_job()
        for pipe in (process.stdout, process.stderr):
            if pipe and process.poll() is not None:
                pipe.close()


def _job(process: subprocess.Popen[bytes]) -> Callable[[], object]:
    """Return what ends the members of the child's job object; elsewhere than on Windows its group does that."""
    if os.name != "nt":
        return lambda: None
    from foxup.system.jobs import contain

    return contain(int(getattr(process, "_handle"))) or (lambda: None)  # noqa: B009 - absent from the stubs


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    """Kill the tree, then what has left the tree but not the process group, and reap the child."""
    who = identity(process.pid)
    if who and process.poll() is None:
        kill_tree(who, grace)
    if os.name != "nt":
        import signal

        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(grace)


def _lines(process: subprocess.Popen[bytes], words: tuple[str, ...], timeout: float | None) -> Iterator[str]:
    """Give the lines until the pipe closes, or until a second of silence after the program has ended."""
    pieces: queue.Queue[bytes | None] = queue.Queue()
    if process.stdout:
        threading.Thread(target=_pump, args=(process.stdout.fileno(), pieces), daemon=True).start()
    deadline = None if timeout is None else time.monotonic() + timeout
    ended: float | None = None
    rest = b""
    while True:
        if deadline is not None and time.monotonic() > deadline:
            raise _too_long(words, timeout)
        try:
            piece = pieces.get(timeout=_POLL_S)
        except queue.Empty:
            ended = ended or (time.monotonic() if process.poll() is not None else None)
            if ended and time.monotonic() - ended > _SILENT_AFTER_EXIT_S:
                break
            continue
        if piece is None:
            break
        *whole, rest = (rest + piece).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        yield from (decode(line) for line in whole if line.strip())
    if rest.strip():
        yield decode(rest)


def _pump(descriptor: int, pieces: queue.Queue[bytes | None]) -> None:
    """Move what comes out of the pipe into the queue; None says that it is closed."""
    with suppress(OSError):
        while piece := os.read(descriptor, 65536):
            pieces.put(piece)
    pieces.put(None)


def _too_long(words: tuple[str, ...], timeout: float | None) -> FoxupError:
    return FoxupError(
        "command-timeout",
        _("{program} did not finish within {seconds:g} seconds and was stopped.").format(
            program=Path(words[0]).name, seconds=timeout or 0
        ),
        cause=shown(words),
    )


def _tell(listener: Callable[[str], None] | None, line: str) -> None:
    if listener:
        listener(line)


def _log_start(log: Log | None, words: tuple[str, ...], cwd: Path | None) -> float:
    _tell(log, f"$ {shown(words)}  (in {cwd or Path.cwd()})")
    return time.monotonic()


def _log_end(log: Log | None, rc: int, begun: float, *outputs: str) -> None:
    for output in outputs:
        for line in output.splitlines():
            _tell(log, mask(line))
    _tell(log, f"= exit code {rc} after {time.monotonic() - begun:.1f} s")
