"""Models of profiles/hardware.toml: system, interpreter, drives, memory, folders."""

from __future__ import annotations

from foxup.hardware.kinds import Grade, Pattern, System
from foxup.profile import Model


class SystemRule(Model):
    """What an operating system must be."""

    arch: tuple[str, ...]
    """Names of machine types, lower case."""
    min_version: str | None = None
    """Oldest version."""
    min_glibc: str | None = None
    """Oldest C library, Linux."""
    without_glibc: Pattern | None = None
    """Names of distributions that have another C library."""


class PythonRule(Model):
    """Interpreters the web UI's environment may be made with."""

    implementation: str
    """CPython."""
    bits: int
    """64."""
    min: str
    """Included."""
    below: str
    """Not included."""
    refused_paths: Pattern
    """Places whose interpreters do not serve."""


class DiskRule(Model):
    """Room on drives, in GiB."""

    refuse_below_gib: float
    """Target drive."""
    warn_below_gib: float
    """Target drive."""
    system_redirect_below_gib: float
    """System drive: temporary files move."""
    slow_kinds: tuple[str, ...]
    """Kinds of drive to warn of."""


class MemoryRule(Model):
    """Main memory, in MiB."""

    low_below_mib: int
    """Warn, and cap."""
    low_cap: Grade
    """Best verdict below it."""
    very_low_below_mib: int
    """Cap harder."""
    very_low_cap: Grade
    """Best verdict below it."""
    commit_below_mib: int
    """Windows: memory and page file together."""


class PathRule(Model):
    """Install folder and folder for temporary files."""

    protected: dict[System, Pattern]
    """Places that belong to the system."""
    wsl_drives: Pattern
    network: Pattern
    longest: int
    """Windows drives inside WSL2: letter, rest."""
    temp_variables: dict[System, tuple[str, ...]]
    """Variables that move temporary files."""
    cache_variable: str
    """Variable that moves pip's cache."""
