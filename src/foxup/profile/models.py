"""The models of a profile. Unknown keys are forbidden; every key is documented where it is declared."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, PrivateAttr, model_validator

from foxup.errors import UsageError
from foxup.i18n import _
from foxup.profile.base import Commit, Model, Sha256, Text
from foxup.profile.references import ReferenceModel


class SourceModel(Model):
    """One address of a file or repository."""

    url: str
    """The address; `package:` names a file that ships with foxup."""
    name: str = ""
    """What people call the host."""


class FileModel(Model):
    """A model file of the web UI, or another file the install needs."""

    id: str
    """Stable short name, for `foxup fetch`."""
    title: Text
    """What it is, for people."""
    kind: Literal["checkpoint", "vae", "upscaler", "embedding", "config", "tokenizer", "other"]
    """What the web UI uses it for."""
    part_of: str | None = None
    """Id of the file it belongs to and is installed with."""
    destination: str
    """Path inside the install folder, with `/`."""
    sources: tuple[SourceModel, ...]
    """Where it can be had, best first; whichever answers, the content must match."""
    size: int | None = None
    """Bytes."""
    sha256: Sha256 | None = None
    """Hash of the whole file."""
    sha256_prefix: str | None = Field(default=None, pattern=r"^[0-9a-f]{10}$")
    """The ten digits a guide prints, when the full hash is not published."""
    unpinned_reason: str | None = None
    """Why size or hash are not known yet."""
    default: bool = True
    """Whether a plain install fetches it; false: only when named."""
    warning: Text | None = None
    """The guide's caution about it."""

    @model_validator(mode="after")
    def _pinned_or_explained(self) -> FileModel:
        if (self.size is None or self.sha256 is None) and not self.unpinned_reason:
            raise ValueError(f"{self.id}: size and sha256 belong together, or unpinned_reason says why not")
        return self


class RepositoryModel(Model):
    """A git repository at one pinned commit."""

    name: str
    """What people call it."""
    destination: str = "."
    """Path inside the install folder."""
    commit: Commit
    """The only accepted state, whichever source served it."""
    tag: str | None = None
    """Its release tag: without it the web UI reports another version in its pages and pictures."""
    leave_out: tuple[str, ...] = ()
    """Files and folders nothing needs (demonstration pictures): neither fetched nor written."""
    sources: tuple[SourceModel, ...]
    """Where it can be cloned from, best first."""


class ExtensionModel(RepositoryModel):
    """An extension of the web UI: a repository in its folder `extensions`."""

    id: str
    """Stable short name, for `foxup fetch`."""
    title: Text
    """What it is, for people."""
    destination: str = Field(pattern=r"^extensions/[^/]+$")
    """Path inside the install folder."""
    default: bool = False
    """Whether a plain install brings it; false: only when named."""


class WebuiModel(Model):
    """The web UI itself."""

    kind: Literal["embedded", "git"]
    """embedded: ships with foxup; git: cloned."""
    name: str
    """What people call it."""
    version: str
    """Its release."""
    repositories: tuple[RepositoryModel, ...] = ()
    """For kind git: the web UI first, then what it clones by itself."""


class PythonModel(Model):
    """The interpreter of the web UI's own environment, not foxup's."""

    requires: str
    """Version range, as in packaging specifiers."""
    provision: str
    """The version uv brings when none fits."""


class TorchChoice(Model):
    """One way to get torch; the first whose condition holds is taken."""

    when: Literal["windows", "macos", "find-links", "cpu-index", "set", "always"]
    """Operating system, the place where the build was found, or the set the hardware rules chose."""
    set: str | None = None
    """For `set`: name of the set in hardware.toml."""
    lock: str
    """Requirement file, relative to the profiles folder: with hashes, or with exact pins alone and the reason why."""
    beside: tuple[str, ...] = ()
    """Further requirement files with hashes that only this choice needs."""
    index: str | None = None
    """Package index that holds the build; none: the default one."""
    wheel: str | None = None
    """File name pattern that has to be there for `find-links`."""
    arch: tuple[str, ...] = ()
    """Processor architectures the lock's hashes are known for; none: all."""
    title: Text
    """For the plan: what is taken and from where."""
    why: Text | None = None
    """For the plan, where not everything is checked by a hash: what is checked instead."""
    download_bytes: int
    """Size of the download."""


class LockModel(Model):
    """A lock of packages that one way to get torch needs beside the common set, for `foxup lock`."""

    requirements: str
    """What is asked for, relative to the profiles folder."""
    lock: str
    """Where the result goes, relative to the profiles folder."""
    without: tuple[str, ...] = ()
    """Names left out of it, because they come from another index."""
    complete: bool = False
    """Whether it also names what the common set holds."""


class PackagesModel(Model):
    """The locked package set of the environment."""

    requirements: str
    """What is asked for, relative to the profiles folder; `foxup lock` makes the locks from it."""
    lock: str
    """Requirement file with hashes of everything but torch, relative to the profiles folder."""
    torch_lock: str
    """Requirement file with hashes of torch from the default index and what only it needs."""
    torch_version: str
    """The release of torch; the name of the lock tells where a choice gives another."""
    more_locks: tuple[LockModel, ...] = ()
    """Locks of what single choices need beside the common set."""
    build_constraints: str | None = None
    """Requirement file, with hashes, of what packages without a wheel are built with."""
    torch: tuple[TorchChoice, ...]
    """Ways to get torch, best first."""
    download_bytes: int
    """Measured size of the set without torch."""
    disk_bytes: int
    """Measured size of the environment."""


class LaunchModel(Model):
    """How the web UI is started."""

    arguments: tuple[str, ...] = ()
    """Merged into the launch script's COMMANDLINE_ARGS."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Merged into the launch script."""
    ready_timeout_s: int = 600
    """Longest wait from start to a loaded model."""


class RequirementsModel(Model):
    """What a machine must have beyond the hardware rules."""

    hardware: Literal["none", "cpu", "card"] = "card"
    """What hardware.toml decides: nothing; torch and arguments for the processor; those for the card."""
    disk_gib: float
    """Free space needed on the target drive."""
    ram_mib: int
    """Memory needed to generate."""
    git: bool = True
    """Whether git is needed."""


class Profile(Model):
    """Everything a guide prescribes."""

    schema_version: Literal[1] = Field(alias="schema")
    """Version of this format."""
    name: str
    """Name for `--profile`."""
    title: Text
    """One line for people."""
    requirements: RequirementsModel
    """What the machine needs."""
    webui: WebuiModel
    """Source of the web UI."""
    python: PythonModel
    """Interpreter of the environment."""
    packages: PackagesModel
    """Package set of the environment."""
    files: tuple[FileModel, ...] = ()
    """Model files."""
    extensions: tuple[ExtensionModel, ...] = ()
    """Extensions of the web UI."""
    launch: LaunchModel = LaunchModel()
    """Launch arguments and environment."""
    settings: dict[str, str | int | float | bool | tuple[str, ...]] = Field(default_factory=dict)
    """Keys of config.json."""
    references: tuple[ReferenceModel, ...] = ()
    """Reference generations; the first is the proof of an install."""
    references_file: str | None = None
    """TOML file with further `[[references]]`, relative to the profiles folder."""
    files_of: str | None = None
    """Another shipped profile whose model files and references this one uses too, beside its own."""
    fallback: str | None = None
    """Profile to name when a machine cannot run this one."""
    _path: Path = PrivateAttr(default=Path())
    _shipped: bool = PrivateAttr(default=True)

    def read_from(self, path: Path, *, shipped: bool) -> None:
        """Remember the file it came from."""
        self._path, self._shipped = path, shipped

    @property
    def folder(self) -> Path:
        """The folder its lock files and shipped files lie in: that of the file it was read from."""
        return self._path.parent

    @property
    def fetchable(self) -> tuple[FileModel | ExtensionModel, ...]:
        """Everything that `foxup fetch` can bring."""
        return (*self.files, *self.extensions)

    @property
    def reference_files(self) -> tuple[Path, ...]:
        """The TOML files its own references are written in."""
        return (self._path, *((self.folder / self.references_file,) if self.references_file else ()))

    @property
    def address(self) -> str:
        """What `--profile` takes to load it again: its name, or the file of one that does not ship with foxup."""
        return self.name if self._shipped else str(self._path)

    def reference(self, reference_id: str | None = None) -> ReferenceModel:
        """Return a reference by id, the first by default. Raises UsageError (`reference-unknown`)."""
        for reference in self.references:
            if reference_id in (None, reference.id):
                return reference
        raise UsageError(
            "reference-unknown",
            _("Profile {profile} has no reference {name}.").format(profile=self.name, name=reference_id),
            hint="foxup verify --list",
        )
