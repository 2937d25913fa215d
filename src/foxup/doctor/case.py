"""What a check is given: facts, state, profile, rules, and what follows from them, worked out once."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from foxup import hardware, receipt
from foxup import plan as planning
from foxup.components import launch_script, settings
from foxup.components.launch_script import Options
from foxup.decision import Decision
from foxup.doctor.state import State
from foxup.doctor.texts import knowledge
from foxup.facts import Facts
from foxup.finding import Finding
from foxup.hardware import Hardware
from foxup.i18n import _
from foxup.installed import EmbeddedFile, EnvironmentState, Installed, PackageSources, RepositoryState
from foxup.judge import decide
from foxup.paths import Layout
from foxup.plan import Plan
from foxup.profile import Profile


class NotApplicable(Exception):  # noqa: N818 - an answer, not an error
    """A check has nothing to look at here; the text says why, in the person's language."""


@dataclass(frozen=True)
class Case:
    """One machine and one install folder. `embedded` lists the files of the web UI that ships with foxup."""

    facts: Facts
    state: State
    profile: Profile
    embedded: tuple[EmbeddedFile, ...] = ()

    @cached_property
    def rules(self) -> Hardware:
        """The hardware rules."""
        return hardware.load()

    @cached_property
    def layout(self) -> Layout:
        """The paths of the install."""
        return Layout(Path(self.state.root), windows=self.state.windows)

    @cached_property
    def there(self) -> bool:
        """Whether a web UI lies in the folder."""
        return self.state.program.kind != "none"

    @cached_property
    def stranger(self) -> str | None:
        """The name of a web UI whose own rules foxup does not know, so that it changes nothing there; None: it may."""
        kind = self.state.program.kind
        if self.state.made or not self.there:
            return None
        if kind == "unknown":
            return _("this web UI")
        return next((fork.name for fork in knowledge().forks if fork.kind == kind and not fork.covered), None)

    @cached_property
    def script(self) -> bytes | None:
        """The launch script as bytes."""
        text = self.state.launch_script
        return None if text is None else text.encode("utf-8", "replace")

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        """The words of COMMANDLINE_ARGS."""
        return launch_script.current_arguments(self.script, windows=self.state.windows)

    @cached_property
    def flags(self) -> set[str]:
        """The options among the arguments, without values."""
        return Options.of(self.arguments).flags()

    @cached_property
    def decision(self) -> Decision:
        """What the hardware rules say of this machine."""
        return decide(self.facts, self.rules, profile_allows_cpu=self.profile.requirements.hardware == "cpu")

    @cached_property
    def installed(self) -> Installed:
        """The state in the form that planning reads."""
        state, env = self.state, self.state.environment
        return Installed(
            exists=state.exists,
            foreign=state.foreign,
            embedded=self.embedded,
            files=state.files,
            repositories={
                name: RepositoryState(item.present, item.own, item.commit, item.branch)
                for name, item in state.repositories.items()
            },
            environment=EnvironmentState(env.present, env.python, env.digest, env.begun, env.packages),
            package_sources=PackageSources(cpu_index=True),
            launch_script=self.script,
            config=_config(state),
            receipt=receipt.from_document(dict(state.receipt)) if state.receipt else None,
        )

    @cached_property
    def plan(self) -> Plan:
        """The plan of the profile for this machine and folder."""
        return planning.make(self.profile, self.facts, self.installed, self.layout, prove=False)

    def step_acts(self, step_id: str) -> bool:
        """Whether the plan would do something in the step."""
        return any(step.id == step_id for step in self.plan.steps)


Judge = Callable[[Case], list[Finding]]
"""A check: pure; raises NotApplicable where there is nothing to look at."""


def _config(state: State) -> bytes | None:
    """Return a file that means to the rules what the person's means."""
    if state.config.state == "missing":
        return None
    content = settings.dump(state.config.values)
    return {"ok": content, "bom": codecs.BOM_UTF8 + content, "corrupt": b"{"}.get(state.config.state, content)
