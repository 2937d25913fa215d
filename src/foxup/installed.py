"""What is already there: the present state of one install folder, as facts. Read by `survey`, judged by components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foxup.receipt import Receipt


@dataclass(frozen=True, slots=True)
class FileState:
    """One file: size in bytes and SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file of the web UI that ships with foxup. `user` files are copied once and then belong to the person."""

    source: Path
    destination: str
    sha256: str
    size: int
    executable: bool = False
    user: bool = False


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """A folder that should be a git repository.

    `present` says whether anything is there, `own` whether it is its own top level (a folder inside another
    repository is not), `commit` its HEAD, `branch` the branch it is on (None: detached, or none yet).
    """

    present: bool
    own: bool = False
    commit: str | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentState:
    """The web UI's virtual environment.

    `python` is its version (None: its interpreter does not start), `digest` names the package set that was
    completely installed (None: never finished by foxup), `begun` whether foxup made the folder, `packages` maps
    normalised names to versions.
    """

    present: bool = False
    python: str | None = None
    digest: str | None = None
    begun: bool = False
    packages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PackageSources:
    """Where Python packages can come from on this machine, by the person's own pip configuration.

    `wheels` are the file names found in the local folders among `find_links`; `cpu_index` tells whether PyTorch's
    index of CPU builds answers (None: not asked). `mirror_index`, `pytorch_index` and `python_builds` are what foxup's
    configuration puts in the place of the default index, of PyTorch's, and of where uv finds interpreters. `closed`:
    nothing beyond `find_links` may be asked.
    """

    index_url: str | None = None
    find_links: tuple[str, ...] = ()
    wheels: tuple[str, ...] = ()
    cpu_index: bool | None = None
    mirror_index: str | None = None
    pytorch_index: str | None = None
    python_builds: str | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """What a bundle brings, and where it will lie once the bundle is unpacked.

    `repositories` maps destinations to folders, `files` paths inside the install to what lies for them in
    `file_folder`. `python` is the version of the interpreter it brings (None: it brings none).
    """

    repositories: Mapping[str, Path]
    files: Mapping[str, FileState]
    file_folder: Path
    python: str | None


@dataclass(frozen=True, slots=True)
class Installed:
    """Everything foxup looks at in an install folder before it plans."""

    exists: bool = False
    foreign: tuple[str, ...] = ()
    """Names in the folder when it holds something that is no web UI."""
    embedded: tuple[EmbeddedFile, ...] = ()
    files: Mapping[str, FileState] = field(default_factory=dict)
    repositories: Mapping[str, RepositoryState] = field(default_factory=dict)
    git_mirrors: Mapping[str, str] = field(default_factory=dict)
    """Beginnings of addresses and what foxup's configuration puts in their place."""
    environment: EnvironmentState = field(default_factory=EnvironmentState)
    package_sources: PackageSources = field(default_factory=PackageSources)
    launch_script: bytes | None = None
    config: bytes | None = None
    receipt: Receipt | None = None
    running: bool = False
    offer: Offer | None = None
    """The bundle that everything shall be taken from, and from nowhere else."""
