"""Making a bundle: the plan for an empty folder, with every source brought along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from foxup import __version__, configuration, fetching, survey
from foxup import plan as planning
from foxup.apply import Listener, held
from foxup.bundling.manifest import FILES, GIT, PICTURES, PYTHON, WHEELS, Manifest
from foxup.errors import FoxupError
from foxup.facts import Facts, OsFacts
from foxup.i18n import _
from foxup.installed import Installed
from foxup.paths import Layout
from foxup.plan import Plan
from foxup.profile import Profile
from foxup.step import Action, CloneRepository, CreateEnvironment, DownloadFile, InstallPackages, Step
from foxup.system import commands, download, files, packed, pythons, uv, wheels
from foxup.system.download import DownloadEvent, Outcome, Wanted
from foxup.verify import published

_PARTS = ".parts"


@dataclass(frozen=True, slots=True)
class _Work:
    """One bundle in the making: where its content is gathered, and what everything is gathered with."""

    content: Path
    layout: Layout
    profile: Profile
    system: OsFacts
    listener: Listener
    log: commands.Log


def plan(profile: Profile, facts: Facts, out: Path, *, elsewhere: bool) -> Plan:
    """Plan an install into an empty folder on the machine of `facts`; `elsewhere`: it is another than this one."""
    sources = survey.package_sources(profile, offline=elsewhere)
    installed = Installed(
        embedded=survey.embedded(profile),
        package_sources=replace(sources, cpu_index=True) if elsewhere else sources,
        git_mirrors=configuration.load().mirrors.git,
    )
    windows = facts.os.family == "windows"
    return planning.make(profile, facts, installed, Layout(_content(out) / FILES, windows=windows), prove=False)


def make(plan: Plan, profile: Profile, facts: Facts, out: Path, listener: Listener, *, with_python: bool) -> Manifest:
    """Gather everything a plan needs beside `out`, then pack it there.

    An interrupted run is gone on with: what was gathered stays beside `out` until the bundle is whole. Raises
    FoxupError.
    """
    out = out.expanduser().absolute()
    work = Layout(_parts(out) / "work")
    steps = [step for step in (_restricted(step, with_python=with_python) for step in plan.steps) if step.actions]
    with held(work):
        _forget_another(work, steps)
        with commands.log_to(work.logs / "bundle.log") as log:
            gathering = _Work(_content(out), work, profile, facts.os, listener, log)
            python = _gather(gathering, steps)
            _picture(gathering)
        manifest = _pack(gathering, plan, python, out, len(steps) + 1)
    files.remove(_parts(out))
    return manifest


def _gather(work: _Work, steps: list[Step]) -> str | None:
    """Bring what every step needs; return the version of the interpreter among it, if there is one."""
    python = None
    for number, step in enumerate(steps, start=1):
        work.listener.begin(step, number, len(steps) + 1)
        for action in step.actions:
            python = _bring(work, action) or python
        work.listener.end(step)
    return python


def _bring(work: _Work, action: Action) -> str | None:
    match action:
        case CloneRepository():
            _repository(work, action)
        case DownloadFile():
            _fetch(work, [Wanted(action.spec, action.destination)])
        case InstallPackages():
            _packages(work, action)
        case CreateEnvironment():
            return _python(work)
    return None


def _repository(work: _Work, action: CloneRepository) -> None:
    from foxup.system import git_store

    everything = (*work.profile.webui.repositories, *work.profile.extensions)
    origin = next(item.sources[0].url for item in everything if item.commit == action.commit)
    stored = replace(action, destination=work.content / GIT / _folder(action), origin=origin)
    git_store.store(stored, work.layout.scratch / "git", log=work.log, line=work.listener.line)


def _folder(action: CloneRepository) -> str:
    return PurePosixPath(action.name).name


def _packages(work: _Work, action: InstallPackages) -> None:
    """Bring the file of every locked package, and nothing else."""
    python = work.profile.python.provision
    places = uv.Places(action.indexes, action.find_links, action.build_constraints)
    folder = work.layout.scratch / "locks"
    specs = wheels.listed(action.locks, work.system, python, places, folder=folder, log=work.log)
    place = work.content / WHEELS
    _fetch(work, [Wanted(spec, place / spec.name) for spec in specs])
    wanted = {spec.name for spec in specs}
    for path in place.iterdir():
        if path.name not in wanted:
            files.remove(path)


def _python(work: _Work) -> str:
    archive = pythons.archive(work.profile.python.provision, work.system)
    _fetch(work, [Wanted(archive.spec, work.content / PYTHON / PurePosixPath(archive.place))])
    return archive.version


def _picture(work: _Work) -> None:
    """Bring the published picture of the proof. Without it the installing machine can still say how its own looks."""
    references = work.profile.references
    if not references or not (references[0].picture or "").startswith(("http://", "https://")):
        return
    try:
        found, _decoded = published.fetched(work.layout, work.profile, references[0], offline=False)
    except FoxupError as error:
        work.log(f"{references[0].picture}: {error.code} {error.message}")
        return
    files.write_atomic(work.content / PICTURES / references[0].id, found)


def _fetch(work: _Work, wanted: list[Wanted]) -> None:
    made = fetching.context(work.layout, work.profile)
    outcomes: list[Outcome] = download.fetch_all(wanted, context=made, progress=_together(work.listener, wanted))
    for outcome in outcomes:
        if outcome.error:
            raise outcome.error


def _together(listener: Listener, wanted: list[Wanted]) -> Callable[[DownloadEvent], None]:
    """Return a listener for many files that moves one bar."""
    total = sum(item.spec.size or 0 for item in wanted)
    done: dict[str, int] = {}

    def tell(event: DownloadEvent) -> None:
        done[event.file_id] = event.done
        listener.advance(sum(done.values()), total or None, event.file_id)

    return tell


def _pack(work: _Work, plan: Plan, python: str | None, out: Path, number: int) -> Manifest:
    listener = work.listener
    step = Step(id="bundle.pack", title=_("Pack {name} and read it back").format(name=out.name), why="")
    listener.begin(step, number, number)
    content = tuple(packed.describe(work.content, lambda done: listener.advance(done, None, "")))
    clones = [action for step in plan.steps for action in step.actions if isinstance(action, CloneRepository)]
    root = _content(out) / FILES
    torch = plan.machine.get("torch") or {}
    manifest = Manifest(
        foxup=__version__,
        profile=plan.address,
        package_set=plan.environment_digest,
        system=f"{work.system.family} {work.system.arch}",
        torch=str(torch.get("torch")),
        python_needs=work.profile.python.requires,
        python=python,
        repositories={clone.destination.relative_to(root).as_posix(): f"{GIT}/{_folder(clone)}" for clone in clones},
        content=content,
    )
    size = manifest.size
    packed.pack(work.content, content, manifest.to_bytes(), out, lambda done: listener.advance(done, size, ""))
    listener.end(step)
    return manifest


def _restricted(step: Step, *, with_python: bool) -> Step:
    """Leave only actions that need something from elsewhere."""
    kinds = (CloneRepository, DownloadFile, InstallPackages)
    brought = tuple(
        action
        for action in step.actions
        if isinstance(action, kinds)
        or (isinstance(action, CreateEnvironment) and (with_python or action.python is None))
    )
    return replace(step, actions=brought)


def _forget_another(work: Layout, steps: list[Step]) -> None:
    """Remove what a run for another plan had gathered."""
    key, mark = files.sha256_bytes(repr([step.actions for step in steps]).encode()), work.state / "plan"
    if files.read_bytes(mark) != key.encode():
        files.remove(work.root.parent / "content")
    work.scratch.mkdir(parents=True, exist_ok=True)
    files.write_atomic(mark, key.encode())


def _parts(out: Path) -> Path:
    return out.with_name(out.name + _PARTS)


def _content(out: Path) -> Path:
    return _parts(out.expanduser().absolute()) / "content"


def refuse_if_blocked(plan: Plan) -> None:
    """Raise FoxupError (`plan-blocked`) when the plan could not be carried out on the machine it is for."""
    if not plan.proceed:
        blocker = next((finding for finding in plan.findings if finding.severity == "blocker"), None)
        raise FoxupError(
            "plan-blocked",
            blocker.message if blocker else _("This machine cannot run profile {name}.").format(name=plan.profile),
            cause=blocker.cause if blocker else "",
            hint=_(
                "A bundle is made for one machine. For another one: foxup probe --json there, then --facts FILE here."
            ),
        )
