"""git: repositories at one commit, from the first source that really has it. No question is ever asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.installed import RepositoryState
from foxup.step import CloneRepository
from foxup.system import commands, files, git_trouble
from foxup.system.commands import Completed, Log
from foxup.system.git_trouble import Trouble
from foxup.system.text import mask

_QUICK_S = 60
_LONG_S = 1800
_SLOW_S = 60
"""A host that sends less than a byte a second for so long has stopped; one that prepares a pack gives signs of life."""
_ONLY_WHOLE = "unadvertised object|dumb http transport|shallow capabilities"
"""What git says of hosts that give no single commit."""
_SETTINGS = (
    *("-c", "safe.directory=*", "-c", "credential.helper=", "-c", "core.askPass="),
    *("-c", "http.lowSpeedLimit=1", "-c", f"http.lowSpeedTime={_SLOW_S}"),
)
_VARIABLES = {"LC_ALL": "C", "GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}
"""English to us, and no question about keys where a person's settings lead to ssh."""
_PERSONS = ("webui-user.sh", "webui-user.bat")
"""Tracked files of the web UI that are meant to be edited."""


def state(path: Path) -> RepositoryState:
    """Return whether `path` is a repository of its own and at which commit. Never raises."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return RepositoryState(present=False)
    if not (path / ".git").exists():
        return RepositoryState(present=True)
    try:
        top = run(["-C", str(path), "rev-parse", "--show-toplevel", "HEAD", "--abbrev-ref", "HEAD"], path)
    except FoxupError:
        return RepositoryState(present=True)
    lines = top.stdout.split("\n") if top.ok else []
    if not lines or Path(lines[0]).resolve() != path.resolve():
        return RepositoryState(present=True)
    commit, branch = lines[1].strip(), lines[2].strip()
    return RepositoryState(present=True, own=True, commit=commit, branch=None if branch == "HEAD" else branch)


def bring(
    action: CloneRepository, scratch: Path, *, keep: Path, log: Log, line: Callable[[str], None], offline: bool = False
) -> None:
    """Make `action.destination` a repository at the pinned commit: cloned beside, checked, then moved.

    What another version in that folder would lose is copied to `keep` first; launch scripts stay as they are.
    Tries each source in turn, then once more those whose trouble may have passed; `offline` only those of this machine.
    Raises FoxupError: `git-sources-failed`, which names what each one said, or `git-offline`.
    """
    failed: dict[str, Trouble] = {}
    sources = [source for source in action.sources if not offline or _local(source.url)]
    if not sources:
        raise _offline(action.name)
    for again in (False, True):
        for source in sources:
            if again and not failed[source.url].passing:
                continue
            files.remove(scratch)
            line(f"git: {mask(source.url)}")
            trouble = _attempt(source.url, action, scratch, log)
            if trouble is None:
                if action.origin:
                    run(["-C", str(scratch), "remote", "set-url", "origin", action.origin], scratch, log)
                _move(scratch, action.destination, log, keep)
                return
            line(f"git: {trouble.text}")
            failed[source.url] = trouble
    files.remove(scratch)
    raise _nowhere(action.name, failed)


def _local(url: str) -> bool:
    return url.startswith("file:") or ("://" not in url and not re.match(r"[\w.-]+@", url))


def _offline(name: str) -> FoxupError:
    return FoxupError(
        "git-offline",
        _("{name} is not here yet, and --offline is set.").format(name=name),
        cause=_("All its sources lie in the network."),
        hint=_("Run again without --offline, or name a copy on this machine as a mirror: docs/how-to/sources.md."),
    )


def _nowhere(name: str, failed: Mapping[str, Trouble]) -> FoxupError:
    return FoxupError(
        "git-sources-failed",
        _("{name} could not be had from any source.").format(name=name),
        cause="\n".join(f"{mask(url)}: {trouble.text}" for url, trouble in failed.items()),
        hint=_(
            "Check the network and run the same command again. Where these addresses are blocked or slow, add "
            "--mirrors russia or --mirrors china; others go into the configuration, see docs/how-to/sources.md."
        ),
    )


def _attempt(url: str, action: CloneRepository, path: Path, log: Log) -> Trouble | None:
    """Clone from one source, with the release's tag; return what went wrong, or None."""
    try:
        trouble = _clone(url, action, path, log)
        if trouble is None and action.tag:
            _tag(action.tag, action.commit, path, log)
    except FoxupError as error:
        if error.code != "command-timeout":
            raise
        return git_trouble.of("stalled")
    return trouble


def _clone(url: str, action: CloneRepository, path: Path, log: Log) -> Trouble | None:
    """Fetch exactly one commit into a new repository at `path`; return what went wrong, or None."""
    path.mkdir(parents=True)
    steps = (
        ["init", "--quiet", "--initial-branch=master"],
        ["config", "core.filemode", "false"],
        ["config", "core.autocrlf", "false"],
        ["remote", "add", "origin", "--", url],
        ["config", "core.sparseCheckout", "true" if action.leave_out else "false"],
    )
    for arguments in steps:
        done = run(["-C", str(path), *arguments], path, log)
        if not done.ok:
            return git_trouble.read(done.stderr)
    trouble = _fetch(action, path, log)
    if trouble:
        return trouble
    patterns = ["/*", *(f"!/{name}" for name in action.leave_out)]
    files.write_atomic(path / ".git" / "info" / "sparse-checkout", ("\n".join(patterns) + "\n").encode())
    done = run(["-C", str(path), "checkout", "--quiet", "-B", "master", action.commit], path, log)
    if not done.ok:
        return git_trouble.read(done.stderr)
    head = state(path)
    return None if head.own and head.commit == action.commit else git_trouble.of("absent")


def _fetch(action: CloneRepository, path: Path, log: Log) -> Trouble | None:
    """Fetch the commit alone; everything from a host that cannot give a single commit."""
    partial = ["--filter=blob:none"] if action.leave_out else []
    fetch = ["-C", str(path), "fetch", "--quiet"]
    done = run([*fetch, "--depth=1", "--no-tags", *partial, "origin", action.commit], path, log)
    if done.ok:
        return None
    if not re.search(_ONLY_WHOLE, done.stderr):
        return git_trouble.read(done.stderr)
    whole = run([*fetch, "--tags", "origin"], path, log)
    if whole.ok and run(["-C", str(path), "cat-file", "-e", action.commit], path).ok:
        return None
    return git_trouble.read(done.stderr if whole.ok or "dumb http" in done.stderr else whole.stderr)


def _tag(tag: str, commit: str, path: Path, log: Log) -> None:
    """Give the commit its release tag, from the source where that has it: the web UI reads its version from it."""
    reference = f"refs/tags/{tag}"
    run(
        ["-C", str(path), "fetch", "--quiet", "--depth=1", "--no-tags", "origin", f"{reference}:{reference}"], path, log
    )
    found = run(["-C", str(path), "rev-parse", "--quiet", "--verify", f"{reference}^{{commit}}"], path)
    if found.stdout.strip() != commit:
        run(["-C", str(path), "tag", "--force", tag, commit], path, log)


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
    done = run([*where, "checkout", "--quiet", "--force", "master", "--", ".", *mine], destination, log)
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
    done = run([*where, "diff", "--name-only", "-z", "--diff-filter=M", "--ignore-submodules"], destination, log)
    for name in filter(None, done.stdout.split("\0")):
        content = files.read_bytes(destination / name)
        if content is not None:
            files.write_atomic(keep / name, content)
    if (destination / ".git").is_dir():
        files.remove(keep / ".git")
        keep.mkdir(parents=True, exist_ok=True)
        files.replace(destination / ".git", keep / ".git")


def run(arguments: list[str], cwd: Path, log: Log | None = None) -> Completed:
    """Run git so that it asks nothing and speaks English; a failure is for the caller to judge."""
    timeout = _LONG_S if "fetch" in arguments or "checkout" in arguments else _QUICK_S
    variables = commands.clean_environment(_VARIABLES)
    return commands.run(["git", *_SETTINGS, *arguments], cwd=cwd, env=variables, timeout=timeout, log=log)


def _last_line(done: Completed) -> str:
    lines = [text.strip() for text in (done.stderr or done.stdout).splitlines() if text.strip()]
    return lines[-1] if lines else f"exit code {done.rc}"
