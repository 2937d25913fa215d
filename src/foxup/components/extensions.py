"""Extensions of the web UI that the guide names: each a repository of its own, on a branch, at its pinned commit."""

from __future__ import annotations

from foxup.context import Context
from foxup.i18n import _, pick
from foxup.installed import RepositoryState
from foxup.profile import ExtensionModel
from foxup.step import Step


def steps(context: Context) -> list[Step]:
    """One step for each extension that comes by default or was asked for; others in that folder are not looked at."""
    return [_step(context, extension) for extension in watched(context)]


def watched(context: Context) -> list[ExtensionModel]:
    """Return the profile's extensions that this install shall have."""
    receipt = context.installed.receipt
    asked = receipt.extensions if receipt else ()
    return [extension for extension in context.profile.extensions if extension.default or extension.id in asked]


def good(extension: ExtensionModel, state: RepositoryState | None) -> bool:
    """Whether the extension is there as pinned. One without a branch is missing from the web UI's own list."""
    return state is not None and state.own and state.commit == extension.commit and state.branch is not None


def _step(context: Context, extension: ExtensionModel) -> Step:
    state = context.installed.repositories.get(extension.destination)
    action = context.cloning(extension)
    why = _("It goes to {destination}, at commit {commit}.").format(
        destination=extension.destination, commit=extension.commit[:10]
    )
    asked = _("You asked for it; this ends that: {command}").format(command=f"foxup fetch --forget {extension.id}")
    return Step(
        id=f"extensions.{extension.id}",
        title=pick(extension.title.model_dump()),
        why=why if extension.default else f"{why} {asked}",
        actions=() if good(extension, state) else (action,),
        sources=tuple(source.url for source in action.sources),
    )
