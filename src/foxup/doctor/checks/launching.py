"""Launch script, port, running server."""

from __future__ import annotations

import re
from dataclasses import replace

from foxup import signatures
from foxup.components import launch_script
from foxup.components.launch_script import NAME
from foxup.context import Context
from foxup.doctor.case import Case, NotApplicable
from foxup.doctor.checks.webui import need_webui
from foxup.doctor.texts import knowledge, say
from foxup.finding import Finding, Severity
from foxup.i18n import _

_CONSOLE = "console-selected-freeze"
_WHY_SILENT = ("ui-stuck-loading", _CONSOLE)
_NOTHING = "nothing-happens-on-generate"
_SETS = re.compile(rf"^\s*@?\s*set\s+\"?{NAME}=", re.IGNORECASE | re.MULTILINE)


def script(case: Case) -> list[Finding]:
    """Judge the arguments in the launch script, and what overrides them."""
    need_webui(case)
    name = case.layout.launch_script.name
    if case.state.launch_script is None:
        return [say("launch-script-missing", script=name)]
    found = _arguments(case, name)
    context = Context(case.profile, case.facts, case.installed, case.layout, arguments=_prescribed(case))
    found += launch_script.findings(context) if case.state.made else []
    if _SETS.search(case.state.settings_script or ""):
        found.append(say("settings-bat-shadows"))
    return found


def port(case: Case) -> list[Finding]:
    """Say so when another program has the port."""
    need_webui(case)
    state = case.state.port
    if not state.taken:
        return []
    if not state.fixed:
        return [say("port-in-use/default", port=state.number)]
    return [say("port-in-use", port=state.number, script=case.layout.launch_script.name)]


def running(case: Case) -> list[Finding]:
    """Say so when the web UI runs but does not answer."""
    server = case.state.running
    if server is None:
        raise NotApplicable(_("It is not running."))
    found = [say("webui-not-answering", url=server.url)] if server.answers is False else []
    if found:
        found += [signatures.finding(code) for code in _WHY_SILENT if case.state.windows or code != _CONSOLE]
    elif server.answers and _errs(case):
        found.append(replace(signatures.finding(_NOTHING), severity=Severity.INFO))
    if server.newer_extensions:
        found.append(signatures.finding("restart-needed-after-extension"))
    return found


def _errs(case: Case) -> bool:
    """Whether the newest console log tells of trouble, which the page does not show."""
    fresh = next((log for log in case.state.logs if not log.stale), None)
    return fresh is not None and not fresh.healthy


def unknown(case: Case) -> list[str]:
    """Return the options the web UI and its extensions do not know. Options may be shortened while unambiguous."""
    known = {*knowledge().flags, *(flag for extension in case.state.extensions for flag in extension.flags)}
    odd = []
    for flag in sorted(case.flags):
        name = flag.lstrip("-")
        if flag.startswith("--") and name not in known and sum(item.startswith(name) for item in known) != 1:
            odd.append(flag)
    return odd


def unreadable(case: Case) -> bool:
    """Whether the shell or the web UI cannot read the arguments."""
    return launch_script.spoiled(case.script, windows=case.state.windows)


def _prescribed(case: Case) -> tuple[str, ...]:
    if case.profile.requirements.hardware == "none":
        return case.profile.launch.arguments
    return (*case.decision.launch_args, *case.profile.launch.arguments)


def _arguments(case: Case, name: str) -> list[Finding]:
    if unreadable(case):
        return [say("launch-arguments-unreadable", script=name)]
    found = []
    ours = case.state.made or case.state.program.kind in {"a1111", "minui"}
    odd = unknown(case) if ours else []
    if odd:
        found.append(say("unrecognized-arguments", script=name, names=" ".join(odd)))
    missing = launch_script.missing(case.arguments, _prescribed(case)) if ours else ()
    if missing:
        shown = " ".join(word for group in missing for word in group)
        code = "launch-arguments-missing" if case.state.made else "launch-arguments-missing/foreign"
        advice = say(code, script=name, names=shown)
        # without a card that serves there is no plan, so no step either
        found.append(advice if case.plan.steps else replace(advice, fixed_by=None))
    return found
