"""The web UI's own files: copied from the package, or cloned at pinned commits."""

from __future__ import annotations

from pathlib import PurePosixPath

from foxup.context import Context
from foxup.finding import Finding, Severity
from foxup.i18n import _
from foxup.installed import EmbeddedFile, RepositoryState
from foxup.profile import RepositoryModel
from foxup.step import CopyFile, MakeFolder, Step

FOLDERS = ("models/Stable-diffusion", "models/VAE", "models/ESRGAN", "embeddings", "extensions", "outputs", "tmp")
"""Folders the web UI expects; without `tmp` a spoiled config.json ends its start."""


def findings(context: Context) -> list[Finding]:
    """A folder that holds other things is not ours to fill."""
    if not context.installed.foreign:
        return []
    names = ", ".join(context.installed.foreign[:5])
    return [
        Finding(
            "folder-not-empty",
            Severity.BLOCKER,
            _("The folder {path} already holds other files ({names}).").format(path=context.layout.root, names=names),
            _("foxup installs into a new folder or into a web UI that is already there."),
            _("Choose another folder."),
            ("foxup install --dir ./webui",),
        )
    ]


def steps(context: Context) -> list[Step]:
    """The web UI's files, then the folders it expects."""
    source = _embedded(context) if context.profile.webui.kind == "embedded" else _repositories(context)
    return [*source, _folders(context)]


def _embedded(context: Context) -> list[Step]:
    installed = context.installed
    edited = context.layout.launch_script.name  # the step of the launch script makes it, arguments and all
    wrong = [item for item in installed.embedded if item.destination != edited and not _in_place(context, item)]
    actions = tuple(
        CopyFile(item.source, context.layout.root / PurePosixPath(item.destination), item.sha256, item.executable)
        for item in wrong
    )
    webui = context.profile.webui
    return [
        Step(
            id="webui.files",
            title=_("{name} {version}, the web UI that ships with foxup").format(
                name=webui.name, version=webui.version
            ),
            why=_("It is small and runs without a graphics card, so the whole way can be proven on any machine."),
            actions=actions,
            disk_bytes=sum(item.size for item in wrong),
            sources=("foxup",),
        )
    ]


def _in_place(context: Context, item: EmbeddedFile) -> bool:
    state = context.installed.files.get(item.destination)
    return state is not None and (item.user or state.sha256 == item.sha256)


def _repositories(context: Context) -> list[Step]:
    return [_clone(context, repository) for repository in context.profile.webui.repositories]


def _clone(context: Context, repository: RepositoryModel) -> Step:
    state = context.installed.repositories.get(repository.destination, RepositoryState(present=False))
    good = state.own and state.commit == repository.commit
    root = repository.destination == "."
    action = context.cloning(repository)
    return Step(
        id="webui.files" if root else f"repositories.{PurePosixPath(repository.destination).name}",
        title=_("{name} at commit {commit}").format(name=repository.name, commit=repository.commit[:10]),
        why=_("The web UI itself, at the release the guide's pictures can be proven with.")
        if root
        else _("The web UI clones it at its first start; one of these addresses is gone, so foxup brings them."),
        actions=() if good else (action,),
        sources=tuple(source.url for source in action.sources),
    )


def _folders(context: Context) -> Step:
    missing = [name for name in FOLDERS if name not in context.installed.files]
    return Step(
        id="folders",
        title=_("Folders for models, pictures and temporary files"),
        why=_("The web UI stops at a damaged settings file when its folder tmp is missing."),
        actions=tuple(MakeFolder(context.layout.root / PurePosixPath(name)) for name in missing),
    )
