"""The plan: every step from the facts to a proven install, as data. Pure: reads lock files, changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from foxup import hardware, state_digest
from foxup.components import environment, extensions, launch_script, models, packages, requirements, settings, webui
from foxup.context import Context
from foxup.decision import Decision
from foxup.facts import Facts
from foxup.finding import Finding, Severity
from foxup.i18n import _, pick
from foxup.installed import Installed
from foxup.judge import decide
from foxup.paths import Layout
from foxup.profile import Profile, ReferenceModel, TorchChoice
from foxup.step import Prove, Step


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done, what is already so, and what stands in the way.

    `address` is what `--profile` takes to load the profile again.
    `verdict` is recommended, minimum, degraded or unsupported; `proceed` is false when a blocker stands. `machine`
    holds what the hardware rules chose: selected_gpu, effective_vram_mib, torch, python, env.
    """

    profile: str
    address: str
    verdict: str
    proceed: bool
    launch_args: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    satisfied: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()
    machine: Mapping[str, Any] = field(default_factory=dict)
    environment_digest: str = ""
    state: str = ""

    @property
    def download_bytes(self) -> int:
        """Bytes to fetch, as far as known."""
        return sum(step.download_bytes for step in self.steps)

    @property
    def disk_bytes(self) -> int:
        """Bytes it will take on the disk, as far as known."""
        return sum(step.disk_bytes for step in self.steps)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form of the plan contract."""
        return {
            "profile": self.profile,
            "selected_gpu": None,
            "effective_vram_mib": None,
            "torch": None,
            "python": "provision",
            "env": {},
            **self.machine,
            "verdict": self.verdict,
            "proceed": self.proceed,
            "launch_args": list(self.launch_args),
            "steps": [step.to_document() for step in self.steps],
            "satisfied": [step.to_document() for step in self.satisfied],
            "download_bytes": self.download_bytes,
            "disk_bytes": self.disk_bytes,
        }


def make(profile: Profile, facts: Facts, installed: Installed, layout: Layout, *, prove: bool = True) -> Plan:
    """Plan a profile for a machine and an install folder."""
    base = Context(profile=profile, facts=facts, installed=installed, layout=layout)
    if profile.requirements.hardware == "none":
        return _by_requirements(base, prove=prove)
    decision = decide(facts, hardware.load(), profile_allows_cpu=profile.requirements.hardware == "cpu")
    return _by_decision(base, decision, prove=prove)


def _by_requirements(base: Context, *, prove: bool) -> Plan:
    """Plan a profile that asks nothing of the card: only system, memory and disk are judged."""
    profile, facts = base.profile, base.facts
    python = environment.choose_python(facts, profile.python.requires)
    arguments, variables = profile.launch.arguments, profile.launch.environment
    context = replace(base, python=python, arguments=arguments, environment=variables)
    choice = packages.choose_torch(profile.packages, facts.os, base.installed.package_sources)
    machine = {
        "torch": {
            "set": "cpu",
            "torch": profile.packages.torch_version,
            "torchvision": None,
            "xformers": None,
            "index": choice.index or "pypi",
        },
        "python": f"use:{python}" if python else "provision",
        "env": dict(variables),
    }
    found = (*requirements.findings(context), *webui.findings(context))
    verdict = "recommended" if requirements.supported(facts) else "unsupported"
    return assemble(context, choice, verdict=verdict, machine=machine, found=found, prove=prove)


def _by_decision(base: Context, decision: Decision, *, prove: bool) -> Plan:
    """Plan a profile whose torch, arguments and variables follow from the card."""
    profile = base.profile
    document = decision.to_document()
    if decision.torch is None:
        found = (*decision.findings, *webui.findings(base))
        return Plan(profile.name, profile.address, decision.verdict, False, (), findings=found, machine=document)
    context = replace(
        base,
        python=decision.python.removeprefix("use:") if decision.python.startswith("use:") else None,
        arguments=(*decision.launch_args, *profile.launch.arguments),
        environment={**decision.env, **profile.launch.environment},
    )
    sources = base.installed.package_sources
    choice = packages.choose_torch(profile.packages, base.facts.os, sources, decision.torch.set)
    document["env"] = dict(context.environment)
    found = (*decision.findings, *webui.findings(context))
    return assemble(context, choice, verdict=decision.verdict, machine=document, found=found, prove=prove)


def assemble(
    context: Context,
    choice: TorchChoice,
    *,
    verdict: str,
    machine: Mapping[str, Any],
    found: tuple[Finding, ...],
    prove: bool,
) -> Plan:
    """Put the components' steps in their order; what needs no action is listed as already so."""
    digests = _digests(context, choice)
    present = context.installed.environment.digest
    digest = present if present in digests.values() else digests[choice.lock]
    assert digest is not None
    created = environment.steps(context, digest)
    everything = [
        *webui.steps(context),
        *created,
        *packages.steps(context, choice, digest, fresh=any(step.actions for step in created)),
        *models.steps(context),
        *models.hashes(context),
        *extensions.steps(context),
        *launch_script.steps(context),
        *settings.steps(context),
    ]
    state = state_digest.of(context, digest)
    if prove and context.profile.references:
        everything.append(_proof(context, context.profile.reference(), state, work=any(s.actions for s in everything)))
    found = (*found, *launch_script.findings(context), *settings.findings(context))
    blocked = verdict == "unsupported" or any(finding.severity is Severity.BLOCKER for finding in found)
    return Plan(
        profile=context.profile.name,
        address=context.profile.address,
        verdict=verdict,
        proceed=not blocked,
        launch_args=tuple(context.arguments),
        steps=tuple(step for step in everything if step.actions),
        satisfied=tuple(step for step in everything if not step.actions),
        findings=tuple(found),
        machine=machine,
        environment_digest=digest,
        state=state,
    )


def restricted(plan: Plan, step_ids: frozenset[str]) -> Plan:
    """Return the plan with only the steps named: what `repair` and `doctor --fix` apply."""
    return replace(plan, steps=tuple(step for step in plan.steps if step.id in step_ids))


def _digests(context: Context, chosen: TorchChoice) -> dict[str, str]:
    """Return the digest of the package set for each way to get the torch that was chosen."""
    table, folder = context.profile.packages, context.profile.folder
    found = {}
    for choice in (item for item in table.torch if item.set == chosen.set):
        content = {name: (folder / name).read_bytes() for name in packages.lock_names(table, choice)}
        found[choice.lock] = packages.digest(content, choice, context.profile.python.requires)
    return found


def _proof(context: Context, reference: ReferenceModel, state: str, *, work: bool) -> Step:
    receipt = context.installed.receipt
    proof = receipt.proofs.get(reference.id) if receipt else None
    holds = bool(proof and proof.state == state and proof.verdict in reference.tolerance.proven and not work)
    return Step(
        id=f"proof.{reference.id}",
        title=_("Generate “{title}” and compare it with the published picture").format(
            title=pick(reference.title.model_dump())
        ),
        why=_("Only a picture that comes out as published shows that everything above is right."),
        actions=() if holds else (Prove(reference.id),),
    )
