"""`doctor --fix`: the steps that findings name, as a plan; applied, then looked at again by the same checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from foxup import launch, survey, workflow
from foxup import plan as planning
from foxup.apply import Listener
from foxup.doctor import mend
from foxup.doctor.checks.webui import trust_paths
from foxup.doctor.examination import Examination
from foxup.doctor.run import Result
from foxup.errors import ExitCode, FoxupError
from foxup.finding import Finding
from foxup.i18n import _
from foxup.step import Step
from foxup.system import commands
from foxup.workflow import Prepared

TRUST = "git.trust"
_PACKAGES = frozenset({"environment.create", "packages.install"})
_QUICK_S = 20


@dataclass(frozen=True, slots=True)
class Repair:
    """What will be done: the prepared plan of exactly the steps that findings name, and folders git shall trust."""

    prepared: Prepared
    trust: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps for people, trusting among them."""
        steps = self.prepared.plan.steps
        return (*steps, mend.trusting(self.trust)) if self.trust else steps


def named(results: Iterable[Result]) -> frozenset[str]:
    """Return the ids of the steps that repair what was found."""
    return frozenset(finding.fixed_by for result in results for finding in result.findings if finding.fixed_by)


def codes(repair: Repair, results: Iterable[Result]) -> set[str]:
    """Return the codes of what the repair puts right."""
    return {item.code for result in results for item in result.findings if item.fixed_by in _done(repair)}


def prepare(examination: Examination, *, offline: bool = False) -> Repair:
    """Plan the repair. Raises FoxupError: `webui-running`, `plan-blocked`."""
    case, layout = examination.case, examination.layout
    if launch.running_server(layout):
        raise FoxupError("webui-running", _("The web UI runs; nothing is repaired under its hands."), hint="foxup stop")
    ids = named(examination.results)
    prepared = workflow.prepare(layout, case.profile, case.facts, offline=offline, prove=False)
    if ids & _PACKAGES:
        ids |= _PACKAGES
        prepared = _anew(prepared, offline=offline)
    mended = mend.steps(case, layout) if mend.ARGUMENTS in ids else ()
    plan = planning.restricted(prepared.plan, ids)
    if ids & _PACKAGES or not (plan.steps or mended or TRUST in ids or case.stranger):
        workflow.refuse_if_blocked(prepared)
    refused = [name for name, state in case.state.repositories.items() if state.trusted is False]
    trust = tuple(trust_paths(case, refused)) if TRUST in ids else ()
    return Repair(replace(prepared, plan=replace(plan, steps=(*mended, *plan.steps))), trust)


def carry_out(repair: Repair, listener: Listener, *, offline: bool = False) -> None:
    """Do it. Raises FoxupError; running it again goes on where it stopped."""
    if repair.prepared.plan.steps:
        workflow.carry_out(repair.prepared, listener, _no_proof, offline=offline)
    for path in repair.trust:
        _trust(path)


def left_out(repair: Repair, results: Iterable[Result]) -> list[str]:
    """Return the ids of steps that findings name and the plan for this machine does not have."""
    return sorted(named(results) - _done(repair))


def still_broken(repair: Repair, before: Iterable[Result], after: Iterable[Result]) -> list[Finding]:
    """Return what the repair should have put right and did not: the same check still says the same."""
    done = _done(repair)
    repaired = {(result.check.id, item.code) for result in before for item in result.findings if item.fixed_by in done}
    left = [(result.check.id, item) for result in after for item in result.findings if item.fixed_by in done]
    return [item for check, item in left if (check, item.code) in repaired]


def refuse_if_broken(left: list[Finding]) -> None:
    """Raise FoxupError (`repair-failed`) when something is left: that is our failure, not the person's."""
    if not left:
        return
    raise FoxupError(
        "repair-failed",
        _("The repair was carried out, and the same check still says: {message}").format(message=left[0].message),
        cause=_("That is a mistake in foxup, not yours."),
        hint=_("Please post the report: {command}").format(command="foxup report --out report.md"),
        exit_code=ExitCode.BUG,
    )


def _done(repair: Repair) -> frozenset[str]:
    ids = frozenset(step.id for step in repair.steps)
    return ids | _PACKAGES if ids & _PACKAGES else ids


def _anew(prepared: Prepared, *, offline: bool) -> Prepared:
    """Plan with the environment taken for unfinished, so that it is made anew: its marker says more than is true."""
    environment = replace(prepared.installed.environment, digest=None)
    sources = survey.package_sources(prepared.profile, offline=offline)
    installed = replace(prepared.installed, environment=environment, package_sources=sources)
    plan = planning.make(prepared.profile, prepared.facts, installed, prepared.layout, prove=False)
    return replace(prepared, installed=installed, plan=plan)


def _trust(path: str) -> None:
    done = commands.run(["git", "config", "--global", "--add", "safe.directory", path], timeout=_QUICK_S)
    if not done.ok:
        raise FoxupError(
            "git-config-failed",
            _("git could not be told to trust {path}.").format(path=path),
            cause=done.stderr.strip(),
        )


def _no_proof(_reference: str) -> None:
    """No picture is generated by a repair."""
