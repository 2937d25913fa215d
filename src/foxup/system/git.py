"""git: repositories at one commit, from the first source that really has it. No question is ever asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.installed import RepositoryState
from foxup.step import CloneRepository
from foxup.system import commands, files
from foxup.system.commands import Completed, Log

_QUICK_S = 60
_LONG_S = 1800
_PERSONS = ("webui-user.sh", "webui-user.bat")
"""Tracked files of the web UI that are meant to be edited."""


def state(path: Path) -> RepositoryState:
    """Return whether `path` is a repository of its own and at which commit. Never raises."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return RepositoryState(present=False)
    if not (path / ".git").exists():
        return RepositoryState(present=True)
    try:
        top = _git(["-C", str(path), "rev-parse", "--show-toplevel", "HEAD"], path)
    except FoxupError:
        return RepositoryState(present=True)
    lines = top.stdout.split("\n") if top.ok else []
    own = bool(lines) and Path(lines[0]).resolve() == path.resolve()
    return RepositoryState(present=True, own=own, commit=lines[1].strip() if own and len(lines) > 1 else None)


def bring(action: CloneRepository, scratch: Path, *, keep: Path, log: Log, line: Callable[[str], None]) -> None:
    """Make `action.destination` a repository at the pinned commit: cloned beside, checked, then moved.

    What another version in that folder would lose is copied to `keep` first; launch scripts stay as they are.
    Tries each source in turn. Raises FoxupError (`git-sources-failed`) that names what each one said.
    """
    failures = []
    for source in action.sources:
        files.remove(scratch)
        line(f"git: {source.url}")
        problem = _clone(source.url, action, scratch, log)
        if problem is None:
            if action.tag:
                _tag(action.tag, action.commit, scratch, log)
            _move(scratch, action.destination, log, keep)
            return
        failures.append(f"{source.url}: {problem}")
    files.remove(scratch)
    raise FoxupError(
        "git-sources-failed",
        _("{name} could not be had from any source.").format(name=action.name),
        cause="; ".join(failures),
        hint=_("Check the network, or set a mirror in foxup's configuration, then run the same command again."),
    )


def _clone(url: str, action: CloneRepository, path: Path, log: Log) -> str | None:
    """Fetch exactly one commit into a new repository at `path`; return what went wrong, or None."""
    commit = action.commit
    partial = ["--filter=blob:none"] if action.leave_out else []
    path.mkdir(parents=True)
    steps = (
        ["init", "--quiet", "--initial-branch=master"],
        ["config", "core.filemode", "false"],
        ["config", "core.autocrlf", "false"],
        ["remote", "add", "origin", "--", url],
        ["config", "core.sparseCheckout", "true" if action.leave_out else "false"],
        ["fetch", "--quiet", "--depth=1", "--no-tags", *partial, "origin", commit],
    )
    for arguments in steps:
        done = _git(["-C", str(path), *arguments], path, log)
        if not done.ok and arguments[0] == "fetch":
            done = _git(["-C", str(path), "fetch", "--quiet", "--tags", "origin"], path, log)
        if not done.ok:
            return _last_line(done)
    patterns = ["/*", *(f"!/{name}" for name in action.leave_out)]
    files.write_atomic(path / ".git" / "info" / "sparse-checkout", ("\n".join(patterns) + "\n").encode())
    done = _git(["-C", str(path), "checkout", "--quiet", "-B", "master", commit], path, log)
    if not done.ok:
        return _last_line(done)
    head = state(path)
    return None if head.own and head.commit == commit else _("another commit came: {commit}").format(commit=head.commit)


def _tag(tag: str, commit: str, path: Path, log: Log) -> None:
    """Give the commit its release tag, from the source where that has it: the web UI reads its version from it."""
    reference = f"refs/tags/{tag}"
    _git(
        ["-C", str(path), "fetch", "--quiet", "--depth=1", "--no-tags", "origin", f"{reference}:{reference}"], path, log
    )
    found = _git(["-C", str(path), "rev-parse", "--quiet", "--verify", f"{reference}^{{commit}}"], path)
    if found.stdout.strip() != commit:
        _git(["-C", str(path), "tag", "--force", tag, commit], path, log)


def _move(source: Path, destination: Path, log: Log, keep: Path) -> None:
    """Put the clone in its place. In a folder that is there already, only the repository's own files are written.

    The folder `.git` comes last: without it the folder does not count as the repository.
    """
    if not destination.exists():
        destination.parent.mkdir(parents=True, exist_ok=True)
        files.replace(source, destination)
        return
    where = [f"--git-dir={source / '.git'}", f"--work-tree={destination}"]
    _keep(where, destination, keep, log)
    mine = [f":(exclude){name}" for name in _PERSONS if (destination / name).exists()]
    done = _git([*where, "checkout", "--quiet", "--force", "master", "--", ".", *mine], destination, log)
    if not done.ok:
        raise FoxupError(
            "git-checkout-failed",
            _("Files could not be written to {path}.").format(path=destination),
            cause=_last_line(done),
        )
    files.remove(destination / ".git")
    files.replace(source / ".git", destination / ".git")
    files.remove(source)


def _keep(where: list[str], destination: Path, keep: Path, log: Log) -> None:
    """Copy what is there and differs from the commit, with an older history, to the folder `keep`."""
    done = _git([*where, "diff", "--name-only", "-z", "--diff-filter=M", "--ignore-submodules"], destination, log)
    for name in filter(None, done.stdout.split("\0")):
        content = files.read_bytes(destination / name)
        if content is not None:
            files.write_atomic(keep / name, content)
    if (destination / ".git").is_dir():
        files.remove(keep / ".git")
        keep.mkdir(parents=True, exist_ok=True)
        files.replace(destination / ".git", keep / ".git")


def _git(arguments: list[str], cwd: Path, log: Log | None = None) -> Completed:
    safe = ["-c", "safe.directory=*", "-c", "credential.helper=", "-c", "core.askPass="]
    timeout = _LONG_S if "fetch" in arguments or "checkout" in arguments else _QUICK_S
    return commands.run(["git", *safe, *arguments], cwd=cwd, timeout=timeout, log=log)


def _last_line(done: Completed) -> str:
    lines = [text.strip() for text in (done.stderr or done.stdout).splitlines() if text.strip()]
    return lines[-1] if lines else f"exit code {done.rc}"
