"""One file, from wherever it can be had, to its name: copies on this machine, then each source in turn, then proof."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.system import files
from foxup.system.download import content, failures, known, pickles, place
from foxup.system.download.addresses import Address, candidates, civitai_version, local_path, mirrored
from foxup.system.download.failures import DownloadError, Reach, host_of
from foxup.system.download.memory import Memory
from foxup.system.download.model import Budget, DownloadContext, DownloadEvent, Fetched, Progress, State, silent
from foxup.system.download.refusals import CIVITAI
from foxup.system.download.shelf import Shelf
from foxup.system.download.transfer import Arrived, Transfer
from foxup.system.download.transport import Line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foxup.step import FileSpec

_ROUNDS = 4  # restarts of one source: a file that changes more often is not to be had there
_LOCK_WAIT = 30.0  # seconds to wait for another foxup that fetches the same file


def fetch(spec: FileSpec, destination: Path, *, context: DownloadContext, progress: Progress = silent) -> Fetched:
    """Bring one file to `destination`, proved, and tell how it goes.

    Raises FoxupError when no source could serve it; a partial file stays for the next time.
    """
    with closing(Line(context)) as line:
        tools = Tools(line, Budget(context.limits.connections - 1), Memory(context.memory))
        return Fetch(spec, destination, context, progress, tools).run()


class Tools:
    """What the files of one run share: connections, how many there may be, and what is remembered of hosts."""

    def __init__(self, line: Line, budget: Budget, memory: Memory) -> None:
        self.line = line
        self.budget = budget
        self.memory = memory


class Fetch:
    """The way of one file."""

    def __init__(
        self, spec: FileSpec, destination: Path, context: DownloadContext, progress: Progress, tools: Tools
    ) -> None:
        self._spec = spec
        self._destination = destination
        self._context = context
        self._progress = progress
        self._tools = tools
        self._shelf = Shelf.of(spec, context.downloads)
        self._source = ""

    def run(self) -> Fetched:
        """Return the file under its name. Raises FoxupError."""
        try:
            fetched = self._run()
        except BaseException:
            self._report(State.FAILED, 0, self._spec.size)
            raise
        self._source = fetched.source
        self._report(State.DONE, fetched.size, fetched.size)
        return fetched

    def _run(self) -> Fetched:
        self._report(State.LOOKING, 0, self._spec.size)
        try:
            self._context.downloads.mkdir(parents=True, exist_ok=True)
            with FileLock(self._shelf.lock, timeout=_LOCK_WAIT):
                fetched = self._present() or self._from_machine() or self._from_sources()
                self._shelf.clear()
                return fetched
        except Timeout:
            raise DownloadError(
                "download-busy",
                _("Another foxup is fetching {name} right now.").format(name=self._spec.name),
                hint=_("Wait until it has finished, then run the same command again."),
            ) from None
        except OSError as error:
            raise failures.from_os_error(error, self._destination) from error

    def _report(self, state: State, done: int, total: int | None) -> None:
        self._progress(DownloadEvent(self._spec.id, state, done, total, self._source))

    def _present(self) -> Fetched | None:
        """Return the file if it is at its place already. One that cannot be judged counts when it is of its kind."""
        path, spec = self._destination, self._spec
        if not path.is_file() or spec.size not in {None, path.stat().st_size}:
            return None
        sha256 = files.sha256_file(path)
        try:
            if not known.fits(spec, sha256):
                return None
            self._check(path)
        except DownloadError as error:
            if error.code.startswith("pickle-"):
                raise
            return None
        return Fetched(path, sha256, path.stat().st_size, str(path.parent), spec.sha256 is None)

    def _from_machine(self) -> Fetched | None:
        for path, sha256 in known.copies(self._spec, self._context, self._destination):
            self._source = str(path.parent)
            self._report(State.VERIFYING, 0, self._spec.size)
            return self._duplicate(path, sha256, link=True)
        return None

    def _duplicate(self, path: Path, sha256: str, *, link: bool) -> Fetched:
        replaced = place.duplicate(path, self._destination, sha256, link=link, check=self._check)
        return self._fetched(sha256, str(path.parent), replaced)

    def _fetched(self, sha256: str, source: str, replaced: Path | None) -> Fetched:
        size = self._destination.stat().st_size
        return Fetched(self._destination, sha256, size, source, self._spec.sha256 is None, replaced)

    def _check(self, path: Path) -> None:
        content.check(path, self._spec.kind, self._spec.name)
        if self._spec.kind == "pickle" and not self._context.allow_dangerous_pickles:
            pickles.scan(path, self._spec.name)

    def _from_sources(self) -> Fetched:
        addresses = candidates(self._spec.sources, self._context.mirrors)
        ordered = self._tools.memory.order(addresses, lambda address: "" if address.local else host_of(address.url))
        failed: list[tuple[str, FoxupError]] = []
        for number, address in enumerate(ordered):
            self._source = address.name
            try:
                return self._local(address) if address.local else self._remote(address, number + 1 == len(ordered))
            except FoxupError as error:
                if not isinstance(error, DownloadError) or error.reach is Reach.ALL:
                    raise
                failed.append((address.name, error))
                if not address.local and not self._context.offline:
                    self._tools.memory.failed(host_of(address.url))
        raise _nowhere(self._spec, failed)

    def _local(self, address: Address) -> Fetched:
        path = local_path(address.url, self._context.package_folder)
        found = known.in_folder(self._spec, path) if path.is_dir() else path
        if found is None or not found.is_file():
            raise DownloadError(
                "download-not-in-folder",
                _("{name} is not in {folder}.").format(name=self._spec.name, folder=path),
            )
        size, sha256 = found.stat().st_size, files.sha256_file(found)
        self._judge(size, sha256, None, address)
        return self._duplicate(found, sha256, link=False)

    def _remote(self, address: Address, last: bool) -> Fetched:
        """Fetch from one address, from the start again when what is here turns out to be of no use."""
        if self._context.offline:
            raise DownloadError(
                "download-offline",
                _("{host} is not asked: --offline is set.").format(host=address.name),
                hint=_("Run again without --offline, or give a folder: foxup fetch --from FOLDER"),
            )
        place.check_space(self._context.downloads, self._destination, self._spec.size or 0)
        spec = self._published(address)
        connections = self._tools.memory.connections(host_of(address.url))
        fresh, tried = False, set[str]()
        for left in reversed(range(_ROUNDS)):
            transfer = Transfer(
                spec=spec,
                address=address,
                shelf=self._shelf,
                line=self._tools.line,
                context=self._context,
                budget=self._tools.budget,
                report=self._report,
                connections=connections,
            )
            try:
                arrived = transfer.run(fresh=fresh)
                return self._accept(arrived, address, spec)
            except _Spoiled as spoiled:
                again = spoiled.resumed or (last and spoiled.sha256 not in tried)
                tried.add(spoiled.sha256)
                if not left or not again:
                    raise spoiled.error from None
            except DownloadError as error:
                if error.reach is not Reach.AGAIN:
                    raise
                if not left:
                    error.reach = Reach.SOURCE
                    raise
            fresh = True
        raise AssertionError("the last round returns or raises")

    def _published(self, address: Address) -> FileSpec:
        """Add the hash that Civitai names for a file that is not pinned. Raises DownloadError if it cannot be it."""
        version = civitai_version(address.origin)
        if self._spec.sha256 or address.service != CIVITAI or version is None:
            return self._spec
        url = mirrored(f"https://civitai.com/api/v1/model-versions/{version}", self._context.mirrors)
        sha256 = _civitai_hash(self._tools.line.get_json(url), self._spec.name)
        if sha256 is None:
            return self._spec
        if not known.fits(self._spec, sha256):
            raise failures.wrong_hash(address.name, f"{self._spec.sha256_prefix}…", sha256)
        return replace(self._spec, sha256=sha256)

    def _accept(self, arrived: Arrived, address: Address, spec: FileSpec) -> Fetched:
        """Prove a whole partial file and give it its name. Raises _Spoiled when its bytes are of no use."""
        slot = arrived.slot
        self._report(State.VERIFYING, arrived.size, arrived.size)
        try:
            published = arrived.published or (spec.sha256 if spec is not self._spec else None)
            self._judge(arrived.size, arrived.sha256, published, address)
            self._check(slot.path)
        except DownloadError as error:
            if error.code.startswith("pickle-"):
                error.reach = Reach.ALL
                raise
            slot.clear()
            raise _Spoiled(error, arrived.sha256, arrived.resumed) from error
        replaced = place.move_into_place(slot.path, self._destination, arrived.sha256)
        if arrived.connections:
            self._tools.memory.succeeded(host_of(address.url), arrived.rate, arrived.connections)
        return self._fetched(arrived.sha256, address.name, replaced)

    def _judge(self, size: int, sha256: str, published: str | None, address: Address) -> None:
        spec = self._spec
        if spec.size not in {None, size}:
            raise failures.changed(address.name, spec.size or 0, size)
        if not known.fits(spec, sha256):
            raise failures.wrong_hash(address.name, spec.sha256 or f"{spec.sha256_prefix}…", sha256)
        if published and published != sha256:
            raise failures.wrong_hash(address.name, published, sha256)


class _Spoiled(Exception):  # noqa: N818 - a state of the bytes, told to the loop above and to nobody else
    def __init__(self, error: DownloadError, sha256: str, resumed: bool) -> None:
        super().__init__(error.message)
        self.error = error
        self.sha256 = sha256
        self.resumed = resumed


def _civitai_hash(document: object, name: str) -> str | None:
    """Return the SHA-256 of a version's file: the one of that name, else the primary one."""
    entries = document.get("files") if isinstance(document, dict) else None
    found = [entry for entry in entries or [] if isinstance(entry, dict)]
    choose: tuple[Callable[[dict[str, object]], bool], ...] = (
        lambda entry: entry.get("name") == name,
        lambda entry: entry.get("primary") is True,
    )
    for fits in choose:
        for entry in filter(fits, found):
            hashes = entry.get("hashes")
            sha256 = str(hashes.get("SHA256", "")).lower() if isinstance(hashes, dict) else ""
            if len(sha256) == 64:
                return sha256
    return None


def _nowhere(spec: FileSpec, failed: list[tuple[str, FoxupError]]) -> FoxupError:
    """Say that no source served the file: with the words of the only one, or with all of them listed.

    What the address behind a mirror of the only source said is added to the mirror's words.
    """
    if not failed:
        return DownloadError("download-no-source", _("No source is known for {name}.").format(name=spec.name))
    if len(spec.sources) == 1:
        (first, error), *behind = failed
        if behind:
            lines = [f"{first}: {error.cause}", *(f"{name}: {_line(other)}" for name, other in behind)]
            error.cause = "\n".join(lines)
        return error
    codes = {error.code for _name, error in failed}
    hint = next((error.hint for _name, error in failed if "token" in error.code), "")
    total = DownloadError(
        codes.pop() if len(codes) == 1 else "download-all-sources-failed",
        _("{name} could not be downloaded from any of its {count} sources.").format(name=spec.name, count=len(failed)),
        cause="\n".join(f"{name}: {_line(error)}" for name, error in failed),
        hint=hint or next((error.hint for _name, error in failed if error.hint), ""),
    )
    total.failures = tuple(failed)
    return total


def _line(error: FoxupError) -> str:
    return f"{error.message} {error.cause}".strip()
