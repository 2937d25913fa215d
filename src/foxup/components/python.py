"""The interpreter for the web UI's environment: one of those found, or one to be fetched. Pure judging of facts."""

from __future__ import annotations

import re

from foxup.decision import Reason
from foxup.facts import Facts, PythonFacts
from foxup.finding import Finding
from foxup.hardware import Hardware, finding, reason
from foxup.hardware.versions import numbers


def choose(facts: Facts, hardware: Hardware) -> tuple[str, Reason]:
    """Return `use:PATH` of the first interpreter that fits, else `provision`, with the reason."""
    rule = hardware.python
    for python in facts.python:
        if _fits(python, hardware) and python.path.isascii():
            text = reason(hardware, "python-use", version=python.version, path=python.path)
            return f"use:{python.path}", Reason("python", text)
    return "provision", Reason("python", reason(hardware, "python-provision", min=rule.min, below=rule.below))


def findings(facts: Facts, hardware: Hardware) -> tuple[Finding, ...]:
    """Say what has to be fetched, and when only its place speaks against an interpreter."""
    rule = hardware.python
    if choose(facts, hardware)[0] != "provision":
        return ()
    misplaced = [python for python in facts.python if _fits(python, hardware)]
    found = [finding(hardware, "python-path-non-ascii", version=p.version, path=p.path) for p in misplaced]
    return (*found, finding(hardware, "provision-python", min=rule.min, below=rule.below))


def _fits(python: PythonFacts, hardware: Hardware) -> bool:
    """Whether an interpreter is of the right kind, wherever it lies."""
    rule, version = hardware.python, numbers(python.version)
    if not python.path or python.store_stub or re.search(rule.refused_paths, python.path):
        return False
    if version is None or python.bits != rule.bits or python.implementation.lower() != rule.implementation.lower():
        return False
    return (numbers(rule.min) or ()) <= version < (numbers(rule.below) or ())
