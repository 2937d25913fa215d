"""What every component is given when it judges: the profile, the machine, the install, the choices made so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from foxup.configuration import addresses
from foxup.facts import Facts
from foxup.installed import Installed
from foxup.paths import Layout
from foxup.profile import Profile, RepositoryModel
from foxup.step import CloneRepository, Source


@dataclass(frozen=True, slots=True)
class Context:
    """The input of planning. Nothing in it acts.

    `python` is an interpreter's path or None (uv provides one); `arguments` and `environment` go into the launch
    script.
    """

    profile: Profile
    facts: Facts
    installed: Installed
    layout: Layout
    python: str | None = None
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def cloning(self, repository: RepositoryModel) -> CloneRepository:
        """Return the action that brings a repository: from a bundle, or from this person's mirrors first if any."""
        names, offer = {source.url: source.name for source in repository.sources}, self.installed.offer
        sources = tuple(Source(url, names.get(url, "")) for url in addresses(names, self.installed.git_mirrors))
        packed = offer.repositories.get(repository.destination) if offer else None
        return CloneRepository(
            name=repository.name,
            sources=(Source(str(packed)),) if packed else sources,
            origin=repository.sources[0].url if packed else None,
            commit=repository.commit,
            destination=self.layout.root / PurePosixPath(repository.destination),
            tag=repository.tag,
            leave_out=repository.leave_out,
        )
