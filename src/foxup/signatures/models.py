"""What a signature file holds: known troubles and the marks of a console log, as data."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from foxup.profile import Model, Text

NEAR = 120
"""Lines around a hit in which the texts of `match_all`, `match_also` and `match_not` are looked for."""


class Rule(Model):
    """When a line speaks of a trouble. Texts are compared without regard to case and to runs of blanks."""

    match_any: tuple[str, ...] = ()
    """Fragments of one line; any of them is enough."""
    match_regex: tuple[str, ...] = ()
    """Regular expressions over one line, its quoting and time stamp removed; any of them is enough."""
    match_trigger: tuple[str, ...] = ()
    """Fragments of which a line must hold one before `match_regex` is tried."""
    match_all: tuple[str, ...] = ()
    """Fragments that must all stand near the line."""
    match_also: tuple[str, ...] = ()
    """Fragments of which one must stand near the line."""
    match_not: tuple[str, ...] = ()
    """Fragments of which none may stand near the line."""
    match_prev: tuple[str, ...] = ()
    """Fragments of which the line before must hold one."""
    match_last: bool = False
    """The line counts only as the last one of the log."""
    gpu_min_cc: float | None = None
    """With facts at hand: only for a card of at least this compute capability."""
    gpu_max_cc: float | None = None
    """With facts at hand: only for a card of at most this compute capability."""
    gpu_vendor: str | None = None
    """With facts at hand: only for a card of this vendor."""
    needs_facts: bool = False
    """The rule counts only when facts of the machine are at hand."""

    @model_validator(mode="after")
    def _regex_has_trigger(self) -> Rule:
        if bool(self.match_regex) != bool(self.match_trigger):
            raise ValueError("match_regex and match_trigger belong together")
        return self


class Signature(Rule):
    """A known trouble: how it shows, why it happens, what helps."""

    id: str
    """Stable name; the code of the finding."""
    phase: str
    """Where in the life of an install it happens."""
    severity: Literal["fatal", "degraded", "quality", "harmless"]
    """fatal: it does not work; degraded: with limits; quality: the picture is wrong; harmless: only a line."""
    rank: Literal[1, 2, 3, 4]
    """1 specific cause, 2 works with limits, 3 wrapper or generic line, 4 harmless."""
    os: Literal["all", "windows", "linux", "mac"] = "all"
    """Where it can happen."""
    input: Literal["log", "probe", "image"] = "log"
    """What shows it: console text, the machine or person, or a picture."""
    variants: tuple[Rule, ...] = ()
    """Further ways in which it shows, each with its own conditions."""
    outranks: tuple[str, ...] = ()
    """Ids that are only consequences when this one matches too."""
    circumstance: bool = False
    """A condition rather than an event: it counts only beside a failure and after events that explain it."""
    wrapper: bool = False
    """The line always has its cause elsewhere; never more likely than something that works with limits."""
    title: Text
    """What is, in one sentence."""
    cause: Text
    """Why it happens."""
    remedy: Text
    """What to do."""
    commands: tuple[str, ...] = ()
    """Exact command lines."""
    fixed_by: str | None = None
    """Id of the step that repairs it."""

    @model_validator(mode="after")
    def _log_has_match(self) -> Signature:
        matches = (
            self.match_any or self.match_regex or any(rule.match_any or rule.match_regex for rule in self.variants)
        )
        if (self.input == "log") != bool(matches):
            raise ValueError(f"{self.id}: a signature of a log has a match, another one none")
        return self

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The signature's own rule, if it has one, and its variants."""
        own = (self,) if self.match_any or self.match_regex else ()
        return (*own, *self.variants)


class Marker(Rule):
    """A line by which the course of a run is followed."""

    kind: Literal["start", "end", "advance", "ready", "skip", "retry", "error", "traceback", "words", "quiet"]
    """start: a run begins (see stage); end: it is over; advance: what came before went well; ready: it serves;
    skip: to be passed over when the line before is asked for; retry: a try that will be repeated; error: something
    failed; traceback: the header of one; words: what a person wrote, which tells nothing; quiet: no error although it
    looks like one."""
    stage: int = 0
    """For start: place in the order of a start; a mark that is not later than the last one begins another run."""


class SignatureFile(Model):
    """One file of signatures."""

    signature: tuple[Signature, ...] = ()
    """Known troubles."""
    marker: tuple[Marker, ...] = ()
    """Marks of a run."""
    line_starts: tuple[str, ...] = ()
    """Regular expressions of what stands only at the beginning of a line, for a text that lost its line ends."""
