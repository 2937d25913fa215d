"""Steps: the units of work of a plan, as data. Nothing here acts; `apply` performs the actions through `system`.

The set of actions is small and closed. What a file shall hold is decided while planning (its present content is a
fact), so that writing is one primitive and a plan can be shown, stored and compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    """One address a file or repository can be had from. `name` is what people call the host."""

    url: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class FileSpec:
    """A file that is known before it is fetched.

    `size` in bytes and `sha256` (64 hex digits) are pinned together; when a publisher gives none, `sha256_prefix`
    holds the ten digits the guide prints and the full hash is pinned on first use. `kind` is safetensors, pickle,
    image, yaml, json or other and decides which checks the content must pass.
    """

    id: str
    name: str
    kind: str
    sources: tuple[Source, ...]
    size: int | None = None
    sha256: str | None = None
    sha256_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of a bundle: its path inside with `/`, size in bytes, SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Unpack:
    """Unpack `content` of a bundle into `folder`, each file checked by its hash before it gets its name."""

    bundle: Path
    content: tuple[PackedFile, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """Create a folder and its parents."""

    path: Path


@dataclass(frozen=True, slots=True)
class CopyFile:
    """Copy a file that ships with foxup. `sha256` is of the content."""

    source: Path
    destination: Path
    sha256: str
    executable: bool = False


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Replace or create a file by `content`, atomically.

    `expected_sha256` is the hash of what the plan saw there (None: nothing); another content stops the step, so that
    an edit made in between is never lost. `keep_original` stores the first replaced content for undo, `keep_replaced`
    also a later one, of which nothing could be carried over.
    """

    path: Path
    content: bytes
    expected_sha256: str | None
    executable: bool = False
    keep_original: bool = True
    keep_replaced: bool = False


@dataclass(frozen=True, slots=True)
class EditLaunchScript:
    """Add arguments and variables to the launch script as it is found then; `template` is its text when it is missing.

    `keep_original` of WriteFile holds here too.
    """

    path: Path
    template: bytes
    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    windows: bool


@dataclass(frozen=True, slots=True)
class SeedHashes:
    """Tell the web UI the hashes of checkpoints, so that it does not read them whole once more.

    `path` is its old cache file, which it imports once. `checkpoints` pairs its key of each with the file.
    """

    path: Path
    checkpoints: tuple[tuple[str, Path], ...]


@dataclass(frozen=True, slots=True)
class CloneRepository:
    """Bring `destination` to be a git repository whose HEAD is `commit` (40 hex digits), from the first good source.

    `tag` is the release tag that commit shall bear; `leave_out` names what is neither fetched nor written. `origin` is
    the address the repository shall remember when it comes from a place that will be gone.
    """

    name: str
    sources: tuple[Source, ...]
    commit: str
    destination: Path
    tag: str | None = None
    leave_out: tuple[str, ...] = ()
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class DownloadFile:
    """Fetch `spec` to `destination`."""

    spec: FileSpec
    destination: Path


@dataclass(frozen=True, slots=True)
class CreateEnvironment:
    """Make the web UI's virtual environment at `path`.

    `python` is an interpreter's path, or None to let uv provide a CPython that satisfies `requires`. `keep_old` sets
    aside an environment that foxup did not make, instead of removing it. `mirror` is where uv looks for interpreters
    before it looks where it always does.
    """

    path: Path
    python: str | None
    requires: str
    keep_old: bool = False
    mirror: str | None = None


@dataclass(frozen=True, slots=True)
class Indexes:
    """Package indexes that are asked together: `own` has special builds, `default` takes the place of uv's default."""

    own: str | None = None
    default: str | None = None


@dataclass(frozen=True, slots=True)
class InstallPackages:
    """Install a locked set into the environment at `environment`, with hashes checked.

    `locks` are requirement files, installed in their order; one without hashes is taken from an index's `own` alone.
    Each of `indexes` is tried in turn (none: no index is asked); `find_links` are further places. `build_constraints`
    pins what packages without a wheel are built with. `digest` identifies the whole set.
    """

    environment: Path
    locks: tuple[Path, ...]
    digest: str
    indexes: tuple[Indexes, ...] = (Indexes(),)
    find_links: tuple[str, ...] = ()
    build_constraints: Path | None = None


@dataclass(frozen=True, slots=True)
class Prove:
    """Start the web UI, generate `reference` and compare the picture with the published one."""

    reference: str


Action = (
    Unpack
    | MakeFolder
    | CopyFile
    | WriteFile
    | EditLaunchScript
    | SeedHashes
    | CloneRepository
    | DownloadFile
    | CreateEnvironment
    | InstallPackages
    | Prove
)


@dataclass(frozen=True, slots=True)
class Step:
    """A unit of work of a plan: what, why, and the actions that do it.

    `id` is stable, `component.thing`. `title` and `why` are sentences in the person's language. `download_bytes` and
    `disk_bytes` are estimates or exact sizes; `sources` are addresses for people; `sha256` is set when one file is
    pinned; `details` are further lines about what exactly will be done.
    """

    id: str
    title: str
    why: str
    actions: tuple[Action, ...] = ()
    download_bytes: int = 0
    disk_bytes: int = 0
    sources: tuple[str, ...] = ()
    sha256: str | None = None
    details: tuple[str, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form of the plan contract."""
        return {
            "id": self.id,
            "title": self.title,
            "why": self.why,
            "bytes": self.download_bytes,
            "disk_bytes": self.disk_bytes,
            "sources": list(self.sources),
            "sha256": self.sha256,
            "details": list(self.details),
        }
