"""From facts to software: composes what the components judge into one decision. Pure: no clock, no disk, no network."""

from __future__ import annotations

from foxup.components import git, gpu, host, python, pytorch
from foxup.decision import Accelerator, Build, Decision, ordered, worst
from foxup.facts import Facts
from foxup.finding import Finding, Severity
from foxup.hardware import Hardware


def decide(facts: Facts, hardware: Hardware, *, profile_allows_cpu: bool = False) -> Decision:
    """Decide what a machine gets, or why it gets nothing.

    `profile_allows_cpu` is for profiles whose web UI computes on the processor: they end in the cpu set on every
    system that has one, whatever card is there; for any other profile a machine without a card is unsupported.
    """
    around = host.findings(facts, hardware)
    chosen = gpu.choose(facts, hardware, cpu=profile_allows_cpu)
    if _stops_at_system(around):
        return _refusal(facts, hardware, around, chosen)
    build = pytorch.choose(facts, hardware, chosen)
    if build.torch is None:
        return _refusal(facts, hardware, (*around, *chosen.findings, *build.findings), chosen)
    return _decision(facts, hardware, around, chosen, build)


def _stops_at_system(around: tuple[Finding, ...]) -> bool:
    return any(finding.code == "os-unsupported" for finding in around)


def _decision(
    facts: Facts, hardware: Hardware, around: tuple[Finding, ...], chosen: Accelerator, build: Build
) -> Decision:
    interpreter, why = python.choose(facts, hardware)
    found = ordered(
        (
            *around,
            *chosen.findings,
            *build.findings,
            *git.findings(facts, hardware),
            *python.findings(facts, hardware),
        )
    )
    return Decision(
        verdict=worst((chosen.grade, *host.caps(facts, hardware))),
        proceed=not any(finding.severity is Severity.BLOCKER for finding in found),
        selected_gpu=chosen.card.index if chosen.card else None,
        effective_vram_mib=chosen.card.vram_mib if chosen.card else None,
        torch=build.torch,
        launch_args=build.args,
        python=interpreter,
        env={**build.env, **chosen.env, **host.environment(facts, hardware)},
        findings=found,
        driver_needed=chosen.needed or build.needed,
        reasons=(*chosen.reasons, *build.reasons, why),
    )


def _refusal(facts: Facts, hardware: Hardware, found: tuple[Finding, ...], chosen: Accelerator) -> Decision:
    """Return the decision for a machine that cannot run it: nothing is installed, so nothing else is asked for."""
    card = chosen.card
    return Decision(
        verdict="unsupported",
        proceed=False,
        selected_gpu=card.index if card else None,
        effective_vram_mib=card.vram_mib if card else None,
        torch=None,
        launch_args=(),
        python=python.choose(facts, hardware)[0],
        env={},
        findings=ordered(found),
        reasons=chosen.reasons,
    )
