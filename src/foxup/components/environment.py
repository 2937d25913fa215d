"""The web UI's virtual environment: its interpreter and the folder `venv`."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet

from foxup.context import Context
from foxup.facts import Facts
from foxup.i18n import _
from foxup.step import CreateEnvironment, Step


def choose_python(facts: Facts, requires: str) -> str | None:
    """Return the path of the newest 64-bit CPython in the range at a plain path, or None when uv has to bring one."""
    wanted = SpecifierSet(requires)
    fitting = [
        python
        for python in facts.python
        if python.bits == 64
        and python.implementation == "CPython"
        and not python.store_stub
        and python.venv
        and python.path.isascii()
        and wanted.contains(python.version, prereleases=False)
    ]
    best = max(fitting, key=lambda python: tuple(map(_number, python.version.split("."))), default=None)
    return best.path if best else None


def sound(context: Context) -> bool:
    """Whether the environment there was finished by foxup and its interpreter still fits."""
    state = context.installed.environment
    return bool(state.python and state.digest and SpecifierSet(context.profile.python.requires).contains(state.python))


def adoptable(context: Context) -> bool:
    """Whether the environment there was made by hand, or by the web UI's own script, with a Python that fits."""
    state = context.installed.environment
    if state.begun or state.digest or not state.python:
        return False
    return bool(SpecifierSet(context.profile.python.requires).contains(state.python))


def steps(context: Context, digest: str) -> list[Step]:
    """Make the environment when the one that is there neither holds the package set `digest` nor can be adopted."""
    state = context.installed.environment
    python = context.profile.python
    good = (sound(context) and state.digest == digest) or adoptable(context)
    provided = context.python is None
    offer = context.installed.offer
    version = (offer.python if offer else None) or python.provision
    title = (
        _("Python {version}, brought by uv").format(version=version)
        if provided
        else _("Python environment from {path}").format(path=context.python)
    )
    action = CreateEnvironment(
        context.layout.environment,
        context.python,
        version if provided else python.requires,
        keep_old=state.present and not state.begun and not state.digest,
        mirror=context.installed.package_sources.python_builds if provided else None,
    )
    return [
        Step(
            id="environment.create",
            title=title,
            why=_("The web UI needs Python {requires} and packages of its own, apart from everything else.").format(
                requires=python.requires
            ),
            actions=() if good else (action,),
            download_bytes=0 if good or offer or not provided else 35_000_000,
        )
    ]


def _number(text: str) -> int:
    return int("".join(character for character in text if character.isdigit()) or 0)
