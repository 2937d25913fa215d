"""Acceptance cases for the hardware decision: reading them, and comparing as their `how_to_compare` says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from foxup.decision import Decision
from foxup.facts import from_document
from foxup.finding import Severity, codes
from foxup.hardware import load
from foxup.judge import decide

FOLDER = Path(__file__).parents[1] / "cases" / "hardware"
_BUILD = ("set", "torch", "torchvision", "xformers", "index")
_CPU_PROFILES = {"ci", "nai-cpu"}


OURS = sorted(FOLDER.glob("*.yaml"))


def files() -> list[Path]:
    """Return the case files of this repository, and the one that FOXUP_PROBE_CASES names."""
    extra = os.environ.get("FOXUP_PROBE_CASES")
    return [*OURS, *([Path(extra)] if extra else [])]


def cases(paths: list[Path] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every case with a name for the test report."""
    for path in paths or files():
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]:
            yield f"{path.stem}-{case['id']}", case


def run(case: dict[str, Any]) -> Decision:
    """Decide the case's machine."""
    return decide(from_document(case["input"]), load(), profile_allows_cpu=case.get("profile") in _CPU_PROFILES)


def differences(case: dict[str, Any], decision: Decision) -> list[str]:
    """Return what is not as expected; an answer under `accept_also` counts too."""
    expected = case["expect"]
    found = compare(expected, decision)
    alternatives = [compare(other, decision) for other in expected.get("accept_also", [])]
    return [] if any(not other for other in alternatives) else found


def compare(expected: dict[str, Any], decision: Decision) -> list[str]:
    """Compare every key that the expectation names."""
    plain = ("verdict", "proceed", "selected_gpu", "python", "effective_vram_mib")
    found = [
        f"{key}: {getattr(decision, key)!r}, expected {expected[key]!r}"
        for key in plain
        if key in expected and getattr(decision, key) != expected[key]
    ]
    if "build" in expected:
        found += _build(expected["build"], decision)
    if expected.get("args"):
        found += _args(expected["args"], decision.launch_args)
    found += _findings(expected, decision)
    found += [
        f"env {name}: {decision.env.get(name)!r}, expected {value!r}"
        for name, value in expected.get("env", {}).items()
        if not _matches(value, decision.env.get(name))
    ]
    if "driver_needed" in expected:
        needed = decision.driver_needed
        found += [
            f"driver_needed {key}: {getattr(needed, key, None)!r}, expected {value!r}"
            for key, value in expected["driver_needed"].items()
            if getattr(needed, key, None) != value
        ]
    return found


def _build(expected: dict[str, Any] | None, decision: Decision) -> list[str]:
    if expected is None or decision.torch is None:
        return [] if expected is None and decision.torch is None else [f"build: {decision.torch}, expected {expected}"]
    return [
        f"build.{key}: {getattr(decision.torch, key)!r}, expected {expected[key]!r}"
        for key in _BUILD
        if getattr(decision.torch, key) != expected[key]
    ]


def present(entry: str, args: tuple[str, ...]) -> bool:
    """Whether every flag of an entry is there, each followed by its values."""
    groups: list[list[str]] = []
    for word in entry.split():
        if word.startswith("--") or not groups:
            groups.append([word])
        else:
            groups[-1].append(word)
    return all(any(list(args[i : i + len(g)]) == g for i in range(len(args))) for g in groups)


def _args(expected: dict[str, Any], args: tuple[str, ...]) -> list[str]:
    found = [f"missing {entry}" for entry in expected.get("must", []) if not present(entry, args)]
    found += [f"unwanted {entry}" for entry in expected.get("must_not", []) if present(entry, args)]
    groups = expected.get("any_of", [])
    return found + [f"none of {group}" for group in groups if not any(present(entry, args) for entry in group)]


def missed_wishes(case: dict[str, Any], decision: Decision) -> list[str]:
    """Return the arguments that were wanted, not demanded."""
    wishes = (case["expect"].get("args") or {}).get("should", [])
    return [entry for entry in wishes if not present(entry, decision.launch_args)]


def _findings(expected: dict[str, Any], decision: Decision) -> list[str]:
    found = []
    if "blockers" in expected:
        have = set(codes(decision.findings, Severity.BLOCKER))
        want, may = set(expected["blockers"]), set(expected.get("blockers_may", []))
        if not want <= have or not have <= want | may:
            found.append(f"blockers: {sorted(have)}, expected {sorted(want)}")
    warnings = set(codes(decision.findings, Severity.WARNING))
    actions = set(codes(decision.findings, Severity.ACTION))
    found += [f"no warning {code}" for code in expected.get("warnings", []) if code not in warnings]
    found += [f"unwanted warning {code}" for code in expected.get("warnings_not", []) if code in warnings]
    found += [f"no action {code}" for code in expected.get("actions", []) if code not in actions]
    return found


def _matches(expected: str, value: str | None) -> bool:
    if value is None:
        return False
    if expected == "*":
        return True
    if expected.startswith("*") and expected.endswith("*"):
        return expected.strip("*") in value
    return value == expected
