"""What the guide has a person check after the first start: the page's footer, and torch on what shall compute.

The question to torch runs beside the start of the web UI, in its environment; what came well is not asked again until
the packages change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from packaging.specifiers import SpecifierSet

from foxup import signatures
from foxup.components import launch_script, packages
from foxup.components.launch_script import Options
from foxup.errors import FoxupError
from foxup.facts import Facts, GpuFacts
from foxup.finding import Finding, Severity
from foxup.i18n import _
from foxup.installed import Installed
from foxup.paths import Layout
from foxup.profile import Profile
from foxup.receipt import Checks
from foxup.system import parallel, torch_question
from foxup.system.journal import now
from foxup.system.webui_api import WebuiApi

NONE = "N/A"
_WAIT_S = 300.0
_REPAIR = ("foxup repair",)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the profile asks for: webui's release, range of Python, torch as locked, xformers, the processor alone."""

    version: str
    python: str
    torch: str | None
    xformers: bool
    cpu: bool


class Question:
    """The checks of one start, begun before it."""

    def __init__(self, layout: Layout, profile: Profile, installed: Installed) -> None:
        """Ask torch in the background, unless it answered well with the same packages before."""
        digest = installed.environment.digest
        flags = Options.of(launch_script.current_arguments(installed.launch_script, windows=layout.windows)).flags()
        self.wanted = wanted(profile, digest, flags)
        known = installed.receipt.checks if installed.receipt else None
        self.kept = known if known and known.environment == digest and not known.codes else None
        self._digest = digest
        variables = launch_script.all_variables(installed.launch_script, windows=layout.windows)
        variables.pop(launch_script.NAME, None)

        def ask() -> dict[str, Any]:
            return torch_question.ask(
                layout.environment_python,
                cpu=self.wanted.cpu,
                xformers=self.wanted.xformers,
                environment=variables,
                cwd=layout.root,
            )

        self._answer: Callable[[float], parallel.Answer] | None = None if self.kept else parallel.later(ask)

    def answered(self, api: WebuiApi | None) -> tuple[Checks, tuple[Finding, ...]]:
        """Return what was found and what is wrong with it; `api` is the web UI that started (None: it did not)."""
        if self._answer is None and self.kept is not None:
            return self.kept, ()
        answer = self._answer(_WAIT_S) if self._answer else parallel.Answer()
        torch = answer.value if isinstance(answer.value, dict) else {"errors": {"torch": str(answer.error or "-")}}
        footer = _footer(api) if api else {}
        found = (*judge_footer(footer, self.wanted), *judge_torch(torch, self.wanted))
        return Checks(self._digest, now(), footer, torch, tuple(item.code for item in found)), found


def wanted(profile: Profile, digest: str | None, flags: set[str]) -> Wanted:
    """Return what to compare with."""
    return Wanted(
        version=profile.webui.version,
        python=profile.python.requires,
        torch=packages.locked_torch(profile, digest),
        xformers=bool(flags & {"--xformers", "--force-enable-xformers"}),
        cpu=profile.requirements.hardware == "none" or "--use-cpu" in flags,
    )


def judge_footer(footer: Mapping[str, str], want: Wanted) -> list[Finding]:
    """Compare the page's footer with the profile. Nothing is said of a web UI without one."""
    if not footer:
        return []
    shown = [name for name in ("version", "python", "torch", "gradio", "checkpoint") if _missing(footer, name)]
    shown += ["xformers"] if want.xformers and _missing(footer, "xformers") else []
    found = []
    if shown:
        base = signatures.finding("versions-na-on-page")
        text = _("The page's footer shows N/A for: {names}.").format(names=", ".join(shown))
        found.append(replace(base, message=text))
    have = footer.get("version", NONE)
    if "version" not in shown and have.removeprefix("v") != want.version:
        found.append(_differs("webui-other-version", "AUTOMATIC1111", have, f"v{want.version}"))
    have = footer.get("python", NONE)
    if "python" not in shown and not SpecifierSet(want.python).contains(have, prereleases=True):
        found.append(_differs("python-incompatible-version", "Python", have, want.python))
    return found


def judge_torch(said: Mapping[str, Any], want: Wanted) -> list[Finding]:
    """Judge what torch said of itself and whether it computes right where it shall."""
    errors = said.get("errors", {})
    if "torch" in errors:
        return [_named(errors["torch"], "torch-dll-load-failed", said)]
    found = []
    have = str(said.get("torch"))
    if want.torch and not _fits(have, want.torch):
        found.append(_differs("torch-other-version", "torch", have, want.torch))
    if not want.cpu and "device" in errors:
        built = said.get("cuda") or said.get("hip")
        found.append(_named(errors["device"], "torch-not-able-to-use-gpu" if built else "torch-cpu-build", said))
    elif "product" in errors:
        found.append(_named(errors["product"], "torch-not-able-to-use-gpu", said))
    elif said.get("product") is False:
        found.append(_wrong_product(said))
    if "xformers" in errors:
        found.append(_named(errors["xformers"], "xformers-not-installed", said))
    return found


def _footer(api: WebuiApi) -> dict[str, str]:
    try:
        return api.footer()
    except FoxupError:  # a person's own server behind a password shows no page
        return {}


def _missing(footer: Mapping[str, str], name: str) -> bool:
    return footer.get(name, NONE) in (NONE, "", "<none>")


def _fits(have: str, want: str) -> bool:
    """Whether a version is the locked one; a lock from the default index names no build."""
    return have == want or ("+" not in want and have.partition("+")[0] == want)


def _named(error: str, fallback: str, said: Mapping[str, Any]) -> Finding:
    """Say what an error means on this card, by the catalogue of known ones; its own words stay."""
    numbers = said.get("capability")
    card = GpuFacts("nvidia", str(said.get("name")), cc=".".join(map(str, numbers))) if numbers else None
    known = signatures.explain_log(error.encode(), Facts(gpus=(card,)) if card else None).findings
    base = known[0] if known else signatures.finding(fallback)
    return replace(base, cause=" ".join(part for part in (base.cause, error) if part))


def _differs(code: str, what: str, have: str, want: str) -> Finding:
    return Finding(
        code,
        Severity.WARNING,
        _("The web UI runs with {what} {have} instead of {wanted}.").format(what=what, have=have, wanted=want),
        _("The pictures were proven with the other one; they may come out differently."),
        commands=_REPAIR,
    )


def _wrong_product(said: Mapping[str, Any]) -> Finding:
    name = said.get("name") or said.get("device")
    return Finding(
        "torch-computes-wrong",
        Severity.ERROR,
        _("torch multiplied matrices wrongly on {device}.").format(device=name),
        _("The driver, an overclocked card or its memory gives wrong numbers; every picture will be noise."),
        _("Update the driver, undo overclocking, restart, then verify again."),
        ("foxup verify",),
    )
