"""The web UI's Python environment: interpreter, packages, torch for the card."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from foxup import signatures
from foxup.components import launch_script
from foxup.components.packages import lock_names
from foxup.doctor.case import Case, NotApplicable
from foxup.doctor.checks.webui import need_webui
from foxup.doctor.state import Environment
from foxup.doctor.texts import LimitModel, knowledge, say
from foxup.finding import Finding, Severity
from foxup.hardware import Card, TorchSetRule, arch, identify, system
from foxup.i18n import _

_SHOWN = 5
_OWN_TEXTS = {"setuptools": "setuptools-wrong", "numpy": "numpy2-abi"}
_PLATFORMS = {"windows": ("win32", "Windows", "nt"), "macos": ("darwin", "Darwin", "posix")}


def python(case: Case) -> list[Finding]:
    """Judge the environment's interpreter: there, alive, of the right version, in its own place."""
    need_webui(case)
    env, wanted = case.state.environment, case.profile.python.requires
    if not env.present:
        return [say("environment-missing"), *_never_made(case)]
    if not env.home_exists:
        return [say("venv-python-gone", home=env.home)]
    if env.python is None:
        return [say("environment-python-broken")]
    if _ruled(case) and not SpecifierSet(wanted).contains(env.python, prereleases=True):
        return [say("python-incompatible-version", have=env.python, wanted=wanted)]
    if env.made_for and _plain(env.made_for) != _plain(str(case.layout.environment)):
        return [say("venv-moved", made_for=env.made_for)]
    return []


def packages(case: Case) -> list[Finding]:
    """Compare what is installed with the locks; in an environment that foxup did not make, with what breaks it."""
    env = _environment(case)
    if not case.state.made:
        return _foreign(case)
    if env.digest is None or (case.plan.environment_digest and env.digest != case.plan.environment_digest):
        return [say("packages-unfinished")]
    pins = pinned_versions(case)
    wrong = {name: have for name, have in env.packages.items() if name in pins and have not in pins[name]}
    found = [
        say(_OWN_TEXTS[name], have=have, wanted=min(pins[name]))
        for name, have in wrong.items()
        if name in _OWN_TEXTS and (name != "numpy" or have.split(".")[0] != min(pins[name]).split(".")[0])
    ]
    missing = [name for name in _needed(case) if name not in env.packages]
    odd = [f"{name} {have}" for name, have in wrong.items()]
    odd += [_("{name} missing").format(name=name) for name in missing]
    if odd and not found:
        found.append(say("packages-differ", names=", ".join(odd[:_SHOWN]) + (", …" if len(odd) > _SHOWN else "")))
    return found


def pytorch(case: Case) -> list[Finding]:
    """Judge torch against the card: a build for it, code for its generation, an xformers made for it."""
    env = _environment(case)
    have = env.packages.get("torch")
    if have is None:
        return [say("torch-missing")]
    if case.profile.requirements.hardware != "card":
        raise NotApplicable(_("This profile computes on the processor."))
    decision = case.decision
    if decision.torch is None or decision.selected_gpu is None:
        raise NotApplicable(_("There is no graphics card to judge it by."))
    card = identify(decision.selected_gpu, case.facts.gpus[decision.selected_gpu], case.rules)
    if card.maker == "nvidia" and ("+cpu" in have or (env.torch_cuda is None and "+cu" not in have)):
        return [say("torch-cpu-build", have=have, card=card.name, wanted=decision.torch.torch)]
    return [*_kernels(case, card, have), *_xformers(case, have)]


def _never_made(case: Case) -> list[Finding]:
    """Say why a web UI that somebody put there by hand may never have made its environment.

    On Windows the script takes the first python it finds; elsewhere the file of settings is taken for the one to start.
    """
    if case.state.made or case.state.program.kind != "a1111":
        return []
    if not case.state.windows:
        return [] if case.state.logs else [replace(signatures.finding("linux-ran-user-sh"), severity=Severity.INFO)]
    named = launch_script.all_variables(case.script, windows=True).get("PYTHON")
    first = next(iter(case.facts.python), None)
    odd = first is None or first.store_stub or re.search(case.rules.python.refused_paths, first.path)
    return [signatures.finding("bat-closes-at-once")] if odd and not named else []


def _environment(case: Case) -> Environment:
    need_webui(case)
    if not case.state.environment.present:
        raise NotApplicable(_("There is no environment."))
    return case.state.environment


def _ruled(case: Case) -> bool:
    """Whether the profile's range of Python holds for the web UI that is there."""
    return case.state.made or case.state.program.kind in {"a1111", "minui"}


def _plain(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").lower()


# -- locked packages


def pinned_versions(case: Case) -> dict[str, set[str]]:
    """Return the versions any of the profile's locks allows, by name."""
    pins: dict[str, set[str]] = {}
    for requirement in _requirements(case):
        if _marked(requirement, case):
            for clause in requirement.specifier:
                pins.setdefault(str(canonicalize_name(requirement.name)), set()).add(clause.version)
    return pins


def _needed(case: Case) -> list[str]:
    """Return the names in the locks that every way of getting torch shares."""
    table = case.profile.packages
    shared = set.intersection(*(set(lock_names(table, choice)) for choice in table.torch))
    needed = [item for item in _requirements(case, shared) if _marked(item, case)]
    return [str(canonicalize_name(item.name)) for item in needed]


def _requirements(case: Case, only: set[str] | None = None) -> list[Requirement]:
    table, folder = case.profile.packages, case.profile.folder
    names = sorted({name for choice in table.torch for name in lock_names(table, choice)})
    chosen = names if only is None else sorted(only)
    lines = [line for name in chosen for line in (folder / name).read_text(encoding="utf-8").splitlines()]
    return [Requirement(line.rstrip("\\ ").partition(" --hash")[0]) for line in lines if line[:1].isalnum()]


def _marked(requirement: Requirement, case: Case) -> bool:
    """Whether a requirement holds on the machine the facts are of, for the environment's Python."""
    if requirement.marker is None:
        return True
    platform, name, os_name = _PLATFORMS.get(case.facts.os.family, ("linux", "Linux", "posix"))
    full = case.state.environment.python or case.profile.python.provision
    return requirement.marker.evaluate(
        {
            "sys_platform": platform,
            "platform_system": name,
            "os_name": os_name,
            "platform_machine": case.facts.os.arch,
            "python_full_version": full,
            "python_version": ".".join(full.split(".")[:2]),
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }
    )


# -- packages of others


def _foreign(case: Case) -> list[Finding]:
    env, kind = case.state.environment, case.state.program.kind
    found = [one for limit in knowledge().limits if limit.kind == kind for one in _limit(limit, env.packages)]
    if kind == "a1111" and env.packages and "pip" not in env.packages:
        python = str(case.layout.environment_python)
        found.append(say("pip-missing-in-venv", commands=(f'"{python}" -m ensurepip --upgrade',)))
    return found


def _limit(limit: LimitModel, packages: Mapping[str, str]) -> list[Finding]:
    have = packages.get(limit.package)
    if have is None or SpecifierSet(limit.needs).contains(have, prereleases=True):
        return []
    if limit.package in _OWN_TEXTS:
        return [say(limit.code, have=have, wanted=limit.needs)]
    text = say("package-breaks-webui", package=limit.package, have=have, wanted=limit.needs)
    return [replace(text, code=limit.code)]


# -- torch and the card


def _kernels(case: Case, card: Card, have: str) -> list[Finding]:
    """Say so when the installed build is one that is known to hold no code for the card."""
    wanted = case.decision.torch
    if card.cc is None or wanted is None:
        return []
    fitting = case.rules.cuda_sets(card.cc, system(case.facts.os), arch(case.facts.os))
    known = _known(case, have)
    too_new = _newer(have, wanted.torch)
    if any(rule.torch == have for rule in fitting) or not (known or _older(have, fitting)):
        return []
    code = "gpu-too-old-for-new-torch" if too_new else "gpu-blackwell-sm120-old-torch"
    return [say(code, have=have, card=card.name, cc=card.cc_text, wanted=wanted.torch)]


def _known(case: Case, have: str) -> bool:
    return any(rule.torch == have for rule in case.rules.sets)


def _older(have: str, fitting: tuple[TorchSetRule, ...] | list[TorchSetRule]) -> bool:
    """Whether a build is older than every one that has code for the card."""
    return bool(fitting) and all(_newer(rule.torch, have) for rule in fitting)


def _newer(one: str, other: str) -> bool:
    try:
        return Version(one.partition("+")[0]) > Version(other.partition("+")[0])
    except InvalidVersion:
        return False


def _xformers(case: Case, torch: str) -> list[Finding]:
    have = case.state.environment.packages.get("xformers")
    pairs = {rule.xformers: rule.torch for rule in case.rules.sets if rule.xformers}
    if have is None and "--xformers" in case.flags:
        return [replace(signatures.finding("versions-na-on-page"), fixed_by="packages.install")]
    if have is None or have not in pairs or pairs[have].partition("+")[0] == torch.partition("+")[0]:
        return []
    return [say("xformers-torch-mismatch", have=have, torch=torch)]
