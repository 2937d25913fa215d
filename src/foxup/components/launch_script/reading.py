"""What a launch script sets by the time the web UI starts. Scripts are Latin-1 text here: any byte survives.

A script may hold conditions that nobody can decide from outside. It is read once per world: in the first every
condition holds, in the others it is the second, third and fourth branch that is taken, or none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

NAME = "COMMANDLINE_ARGS"
WORLDS = range(4)


@dataclass(slots=True)
class Assignment:
    """One assignment that is carried out: lines `first` to `last`, from 0.

    `whole`: nothing but this assignment stands on these lines, outside any condition or block.
    """

    name: str
    value: str
    first: int
    last: int
    whole: bool = False


@dataclass(slots=True)
class Reading:
    """The variables, as they are when the web UI starts.

    `computed` names those whose value holds what only a shell could work out; `end` is the line before which a new
    line takes effect; `strays` are lines where an option stands in place of a command or variable; `others` says that
    another script is called, which may set anything; `starts` is the line that starts the web UI, `passed` that it is
    not reached; `unexported` says that the arguments are set for the script alone, so that the web UI does not get
    them; `broken` is the line where a quotation mark is opened that nothing closes.
    """

    variables: dict[str, str] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)
    assignments: list[Assignment] = field(default_factory=list)
    comments: list[int] = field(default_factory=list)
    strays: list[int] = field(default_factory=list)
    end: int = 0
    starts: int | None = None
    passed: bool = False
    unexported: bool = False
    others: bool = False
    broken: int | None = None

    def set(self, item: Assignment, *, computed: bool = False) -> None:
        """Carry out an assignment."""
        self.variables[item.name] = item.value
        self.assignments.append(item)
        (self.computed.add if computed else self.computed.discard)(item.name)


def lines_of(text: str) -> list[str]:
    """Return the lines with their own ends; only a line feed ends one."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
