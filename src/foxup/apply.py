"""Apply a plan: one step after the other, journalled, under a lock, the receipt last.

A kill at any moment leaves either the old or the new of each thing, never a half: files are renamed into place,
an environment counts only with its marker, and whatever was half made lies in `.foxup/tmp` and is cleared first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Protocol

from foxup import __version__
from foxup.components import launch_script
from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.paths import Layout
from foxup.plan import Plan
from foxup.receipt import Receipt
from foxup.step import (
    Action,
    CloneRepository,
    CopyFile,
    CreateEnvironment,
    DownloadFile,
    EditLaunchScript,
    InstallPackages,
    MakeFolder,
    Prove,
    SeedHashes,
    Step,
    Unpack,
    WriteFile,
)
from foxup.system import commands, files, packed, processes, uv, webui_hashes
from foxup.system.journal import Journal

if TYPE_CHECKING:
    from foxup.system.commands import Log

_CHILD = "child.json"
_COUNT_S = 0.5


class Listener(Protocol):
    """Whoever shows progress. Every method must return quickly."""

    def begin(self, step: Step, number: int, total: int) -> None:
        """A step begins."""

    def advance(self, done: int, total: int | None, detail: str) -> None:
        """The present step moved on: bytes or other units, and what it is at."""

    def line(self, text: str) -> None:
        """A program run by the present step printed a line."""

    def end(self, step: Step) -> None:
        """A step ended well."""


@dataclass(slots=True)
class Applier:
    """Carries out a plan in one install folder.

    `prove` is called for proofs with the reference's id; `fetch` brings one file to a path. Both raise FoxupError.
    """

    layout: Layout
    listener: Listener
    prove: Callable[[str], None]
    fetch: Callable[[DownloadFile, Layout, Listener], str]
    offline: bool = False

    def run(self, plan: Plan, previous: Receipt | None) -> Receipt:
        """Apply every step; return the receipt, already written. Raises FoxupError; what was done stays done."""
        with held(self.layout):
            self._clear()
            receipt = previous or Receipt(foxup=__version__, profile=plan.address)
            receipt = replace(receipt, foxup=__version__, profile=plan.address, environment=plan.environment_digest)
            journal = Journal(self.layout.journal)
            for number, step in enumerate(plan.steps, start=1):
                if any(isinstance(action, Prove) for action in step.actions):
                    continue
                self.listener.begin(step, number, len(plan.steps))
                receipt = self._step(step, journal, receipt)
                self.listener.end(step)
            files.write_json(self.layout.receipt, receipt.to_document(), scratch=self.layout.scratch)
        for number, step in enumerate(plan.steps, start=1):
            for action in step.actions:
                if isinstance(action, Prove):
                    self.listener.begin(step, number, len(plan.steps))
                    self.prove(action.reference)
                    self.listener.end(step)
        return receipt

    def _clear(self) -> None:
        """End what a killed run may have left at work, and remove what it left half made."""
        end_orphan(self.layout)
        files.remove(self.layout.scratch)
        self.layout.scratch.mkdir(parents=True)
        self.layout.logs.mkdir(parents=True, exist_ok=True)

    def _step(self, step: Step, journal: Journal, receipt: Receipt) -> Receipt:
        journal.write("begin", step.id)
        try:
            with commands.log_to(self.layout.logs / "install.log") as log:
                log(f"step {step.id}")
                for action in step.actions:
                    receipt = self._act(action, receipt, log)
        except FoxupError as error:
            journal.write("fail", step.id, code=error.code)
            error.hint = error.hint or _("The log is {log}.").format(log=self.layout.logs / "install.log")
            raise
        journal.write("end", step.id)
        return receipt

    def _act(self, action: Action, receipt: Receipt, log: Log) -> Receipt:
        match action:
            case CopyFile():
                return self._remember(receipt, action.destination, self._copy(action))
            case WriteFile():
                return self._remember(receipt, action.path, self._write(action))
            case EditLaunchScript():
                return self._remember(receipt, action.path, self._edit(action))
            case SeedHashes():
                return self._remember(receipt, action.path, webui_hashes.seed(action, self.layout, receipt.files))
            case DownloadFile():
                digest = self.fetch(action, self.layout, self.listener)
                return self._remember(receipt, action.destination, digest)
        self._make(action, log)
        return receipt

    def _make(self, action: Action, log: Log) -> None:
        """Do what leaves no single file to remember."""
        match action:
            case Unpack():
                size = sum(file.size for file in action.content)
                packed.unpack(action, lambda done: self.listener.advance(done, size, ""))
            case MakeFolder(path):
                path.mkdir(parents=True, exist_ok=True)
            case CloneRepository():
                self._clone(action, log)
            case CreateEnvironment():
                self._create(action, log)
            case InstallPackages():
                self._install(action, log)

    def _remember(self, receipt: Receipt, path: Path, digest: str) -> Receipt:
        name = path.relative_to(self.layout.root).as_posix()
        return replace(receipt, files={**receipt.files, name: digest})

    def _copy(self, action: CopyFile) -> str:
        content = action.source.read_bytes()
        if files.sha256_bytes(content) != action.sha256:
            raise FoxupError(
                "package-damaged",
                _("{name}, which ships with foxup, is damaged.").format(name=action.source.name),
                hint="python -m pip install --force-reinstall foxup",
            )
        self._set_aside(action.destination, action.sha256)
        scratch = self.layout.scratch
        files.write_atomic(action.destination, content, executable=action.executable, scratch=scratch)
        return action.sha256

    def _set_aside(self, path: Path, digest: str) -> None:
        """Keep a model file of the person's that lies under the name of ours; ours it is when the hash is the same."""
        models = self.layout.root / "models"
        if path.is_file() and path.is_relative_to(models) and files.sha256_file(path) != digest:
            files.replace(path, files.free_name(path))

    def _write(self, action: WriteFile) -> str:
        present = files.read_bytes(action.path)
        digest = files.sha256_bytes(present) if present is not None else None
        if digest != action.expected_sha256:
            raise FoxupError(
                "file-changed-meanwhile",
                _("{path} was changed while foxup was at work; nothing was written to it.").format(path=action.path),
                hint=_("Run the same command again."),
            )
        if action.keep_original:
            self._keep_original(action.path, present, again=action.keep_replaced)
        files.write_atomic(action.path, action.content, executable=action.executable, scratch=self.layout.scratch)
        return files.sha256_bytes(action.content)

    def _edit(self, action: EditLaunchScript) -> str:
        present = files.read_bytes(action.path)
        base = action.template if present is None else present
        content = launch_script.merge(base, action.arguments, dict(action.environment), windows=action.windows)
        self._keep_original(action.path, present)
        scratch = self.layout.scratch
        files.write_atomic(action.path, content, executable=not action.windows, scratch=scratch)
        return files.sha256_bytes(content)

    def _keep_original(self, path: Path, content: bytes | None, *, again: bool = False) -> None:
        if content is not None:
            files.keep(content, self.layout.originals, path.name, again=again, scratch=self.layout.scratch)

    def _clone(self, action: CloneRepository, log: Log) -> None:
        from foxup.system import git

        scratch = self.layout.scratch / f"clone-{action.destination.name}"
        keep = self.layout.state / "kept" / action.destination.name
        git.bring(action, scratch, keep=keep, log=log, line=self.listener.line, offline=self.offline)

    def _create(self, action: CreateEnvironment, log: Log) -> None:
        if action.keep_old and action.path.exists():
            files.replace(action.path, files.free_name(action.path))
        files.remove(action.path)
        told, who = self._both(log), self._child
        uv.create_environment(action.path, action.python, action.requires, mirror=action.mirror, log=told, started=who)

    def _install(self, action: InstallPackages, log: Log) -> None:
        with self._counting(action):
            self._install_locked(action, log)
        uv.write_marker(action.environment, action.digest, str(self.layout.environment_python))

    @contextmanager
    def _counting(self, action: InstallPackages) -> Iterator[None]:
        """Report how many of the locked packages are in place while uv works; it says nothing itself when piped."""
        total = sum(uv.locked_count(lock) for lock in action.locks)
        done = Event()

        def count() -> None:
            while not done.wait(_COUNT_S):
                self.listener.advance(uv.installed_count(action.environment), total, "")

        watcher = Thread(target=count, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def _install_locked(self, action: InstallPackages, log: Log) -> None:
        uv.install(
            self.layout.environment_python,
            action.locks,
            uv.Places(action.indexes, action.find_links, action.build_constraints, offline=self.offline),
            log=self._both(log),
            started=self._child,
        )

    def _both(self, log: Log) -> Log:
        def tell(text: str) -> None:
            log(text)
            self.listener.line(text)

        return tell

    def _child(self, pid: int) -> None:
        """Remember a long-running child, so that the next run can end it should this one be killed."""
        who = processes.identity(pid)
        if who:
            files.write_json(self.layout.state / _CHILD, {"pid": who.pid, "started": who.started})


def end_orphan(layout: Layout) -> None:
    """End what a killed run left at work in this install: the child it noted, and any uv that writes there."""
    processes.kill_mentioning("uv", str(layout.environment))
    known = files.read_json(layout.state / _CHILD)
    if isinstance(known, dict):
        processes.kill_tree(processes.Identity(known["pid"], known["started"]))
        files.remove(layout.state / _CHILD)


@contextmanager
def held(layout: Layout) -> Iterator[None]:
    """Hold the install's lock. Raises FoxupError (`install-locked`) when another foxup has it."""
    from filelock import FileLock, Timeout

    layout.state.mkdir(parents=True, exist_ok=True)
    lock = FileLock(layout.lock, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise FoxupError(
            "install-locked",
            _("Another foxup is at work in {path}.").format(path=layout.root),
            hint=_("Wait until it has finished, then run the same command again."),
        ) from None
    try:
        yield
    finally:
        lock.release()
