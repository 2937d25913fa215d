"""Installing from a bundle: its parts take the place of every other source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from foxup.bundling.manifest import FILES, PICTURES, PYTHON, WHEELS, Bundle
from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.installed import FileState, Installed, Offer, PackageSources
from foxup.paths import Layout
from foxup.plan import Plan
from foxup.profile import Profile
from foxup.step import CloneRepository, CreateEnvironment, DownloadFile, InstallPackages, Step, Unpack
from foxup.system import files
from foxup.verify import published


def offered(bundle: Bundle, installed: Installed, layout: Layout) -> Installed:
    """Return the state of an install with the bundle as its only source; nothing is unpacked yet."""
    manifest, folder = bundle.manifest, layout.bundle
    offer = Offer(
        repositories={name: folder / PurePosixPath(place) for name, place in manifest.repositories.items()},
        files={name: FileState(file.size, file.sha256) for name, file in manifest.below(FILES).items()},
        file_folder=folder / FILES,
        python=manifest.python,
    )
    sources = PackageSources(
        find_links=(str(folder / WHEELS),),
        wheels=tuple(manifest.below(WHEELS)),
        python_builds=(folder / PYTHON).as_uri(),
        closed=True,
    )
    return replace(installed, offer=offer, package_sources=sources)


def check(bundle: Bundle, plan: Plan) -> None:
    """Raise FoxupError (`bundle-other-machine`, `bundle-without-python`) when the bundle cannot serve the plan."""
    manifest = bundle.manifest
    actions = [action for step in plan.steps for action in step.actions]
    if (
        any(isinstance(action, InstallPackages) for action in actions)
        and plan.environment_digest != manifest.package_set
    ):
        torch = plan.machine.get("torch") or {}
        raise FoxupError(
            "bundle-other-machine",
            _("This bundle holds other packages than this machine needs."),
            cause=_(
                "It was made by foxup {version} for {system} with torch {inside}; needed here is torch {needed}."
            ).format(version=manifest.foxup, system=manifest.system, inside=manifest.torch, needed=torch.get("torch")),
            hint=_("Run foxup probe --json here, take its output along, then: foxup bundle --facts FILE --out BUNDLE"),
        )
    brought = any(isinstance(action, CreateEnvironment) and action.python is None for action in actions)
    if brought and manifest.python is None:
        raise FoxupError(
            "bundle-without-python",
            _("There is no Python {needed} on this machine, and none in the bundle.").format(
                needed=manifest.python_needs
            ),
            hint=_("Install one, or make the bundle again with: foxup bundle --with-python"),
        )


def unpacking(bundle: Bundle, plan: Plan, layout: Layout) -> Plan:
    """Return the plan with the bundle unpacked into the install's own corner first, if anything is to be done."""
    content = bundle.manifest.content
    step = Step(
        id="bundle.unpack",
        title=_("Unpack {name}").format(name=bundle.path.name),
        why=_("Every file in it is checked by its hash before anything is taken from it."),
        actions=(Unpack(bundle.path, content, layout.bundle),),
        sources=(str(bundle.path),),
    )
    kinds = (CloneRepository, CreateEnvironment, DownloadFile, InstallPackages)
    needed = any(isinstance(action, kinds) for item in plan.steps for action in item.actions)
    return replace(plan, steps=(step, *plan.steps)) if needed else plan


def finish(profile: Profile, layout: Layout) -> None:
    """Keep the published pictures that a bundle brought, and remove the rest: it has names of its own by now."""
    for reference in profile.references:
        path = layout.bundle / PICTURES / reference.id
        if path.is_file():
            published.adopt(layout, reference, path)
    files.remove(layout.bundle)
