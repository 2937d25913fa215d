"""git: whether it is there. Pure judging of facts."""

from __future__ import annotations

from foxup.facts import Facts
from foxup.finding import Finding
from foxup.hardware import Hardware, finding, system


def findings(facts: Facts, hardware: Hardware) -> tuple[Finding, ...]:
    """Say so when git is missing; any version clones what the web UI needs."""
    return () if facts.git else (finding(hardware, "install-git", on=system(facts.os)),)
