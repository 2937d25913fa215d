"""The way from a folder and a profile to a plan, and from a plan to a proven install."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from foxup import bundling, fetching, launch, survey
from foxup import plan as planning
from foxup import profile as profiles
from foxup.apply import Applier, Listener, held
from foxup.bundling import Bundle
from foxup.errors import FoxupError
from foxup.facts import Facts
from foxup.finding import Finding, Severity
from foxup.i18n import _
from foxup.installed import Installed
from foxup.paths import Layout
from foxup.plan import Plan
from foxup.profile import Profile
from foxup.receipt import Receipt, from_document
from foxup.step import DownloadFile
from foxup.system import files

DEFAULT_FOLDER = "stable-diffusion-webui"
DEFAULT_PROFILE = "nai"
_BESIDE_A_RUNNING_ONE = ("models.", "extensions.", "folders", "launch-script", "proof.")
"""Steps that disturb no web UI that runs meanwhile."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything a plan was made from, and the plan."""

    layout: Layout
    profile: Profile
    facts: Facts
    installed: Installed
    plan: Plan


def locate(directory: Path | None, *, windows: bool) -> Layout:
    """Return the layout of the install meant: the folder named, the present one if it is one, else the default."""
    if directory is None:
        here = Path.cwd()
        directory = here if (here / "launch.py").is_file() else here / DEFAULT_FOLDER
    return Layout(directory.expanduser().absolute(), windows=windows)


def choose_profile(name: str | None, layout: Layout) -> Profile:
    """Return the profile named, else the one the install was made with, else the guide's. Raises UsageError."""
    if name is None:
        receipt = from_document(files.read_json(layout.receipt))
        name = receipt.profile if receipt else DEFAULT_PROFILE
    return profiles.load(name)


def prepare(
    layout: Layout,
    profile: Profile,
    facts: Facts,
    *,
    elsewhere: bool = False,
    offline: bool = False,
    prove: bool = True,
    bundle: Bundle | None = None,
) -> Prepared:
    """Look at the install and plan. `elsewhere`: the facts are of another machine, so nothing here is looked at.

    With a `bundle` everything comes from it. Raises FoxupError when it is not for this machine.
    """
    if elsewhere:
        installed = survey.elsewhere(profile)
    else:
        installed = survey.look(layout, profile)
        if bundle:
            installed = bundling.offered(bundle, installed, layout)
        elif installed.environment.digest is None:
            installed = replace(installed, package_sources=survey.package_sources(profile, offline=offline))
    plan = planning.make(profile, facts, installed, layout, prove=prove)
    if bundle and plan.proceed:
        bundling.check(bundle, plan)
        plan = bundling.unpacking(bundle, plan, layout)
    return Prepared(layout, profile, facts, installed, plan)


def refuse_if_blocked(prepared: Prepared) -> None:
    """Raise FoxupError (`plan-blocked`) with a way on, when something stands in the way."""
    if prepared.plan.proceed:
        return
    blockers = [finding for finding in prepared.plan.findings if finding.severity is Severity.BLOCKER]
    raise FoxupError(
        "plan-blocked",
        blockers[0].message
        if blockers
        else _("This machine cannot run profile {name}.").format(name=prepared.profile.name),
        cause=blockers[0].cause if blockers else "",
        hint=_way_on(prepared, blockers),
    )


def _way_on(prepared: Prepared, blockers: list[Finding]) -> str:
    """Name what would work: the remedy of the blocker, or the next profile this machine can run."""
    fallback = prepared.profile.fallback
    if fallback:
        other = prepare(prepared.layout, profiles.load(fallback), prepared.facts, elsewhere=True, prove=False)
        if other.plan.proceed:
            return _("This machine can run another profile: {command}").format(
                command=f"foxup install --profile {fallback} --dir {prepared.layout.root}"
            )
    return " ".join(
        part for part in (blockers[0].remedy if blockers else "", *(blockers[0].commands if blockers else ()))
    )


def carry_out(
    prepared: Prepared,
    listener: Listener,
    prove: Callable[[str], None],
    *,
    offline: bool = False,
) -> Receipt:
    """Apply the plan. Raises FoxupError; running it again goes on where it stopped."""
    if any(not step.id.startswith(_BESIDE_A_RUNNING_ONE) for step in prepared.plan.steps):
        with held(prepared.layout):
            launch.refuse_while_open(prepared.layout)
    offer = prepared.installed.offer

    def bring(action: DownloadFile, layout: Layout, listener: Listener) -> str:
        return fetching.fetch(action, layout, prepared.profile, listener, offline=offline, offer=offer)

    def prove_without(reference: str) -> None:
        bundling.finish(prepared.profile, prepared.layout)
        prove(reference)

    applier = Applier(prepared.layout, listener, prove_without, bring, offline=offline)
    receipt = applier.run(prepared.plan, prepared.installed.receipt)
    bundling.finish(prepared.profile, prepared.layout)
    return receipt
