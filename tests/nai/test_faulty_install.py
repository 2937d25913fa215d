"""An install whose every first source fails, kind by kind: the next is taken, or it stops clearly and can go on."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from foxup.apply import Applier, Listener
from foxup.errors import FoxupError
from foxup.paths import Layout
from foxup.plan import Plan
from foxup.step import (
    Action,
    CloneRepository,
    CreateEnvironment,
    DownloadFile,
    FileSpec,
    Indexes,
    InstallPackages,
    Source,
    Step,
)
from foxup.system import download, git, uv
from tests.nai.index_server import IndexHost
from tests.system.download.servers import Fault, FaultServer, content, serving, sha256
from tests.system.git_server import GitHost
from tests.system.test_git_faults import run
from tests.wheels import wheel

MODEL = content(200_000)
ANSWERS = {
    "gone": Fault(status=404),
    "login": Fault(status=200, body=b"<!DOCTYPE html><html>Sign in</html>", headers={"Content-Type": "text/html"}),
    "cut": Fault(truncate_at=70_000),
    "reset": Fault(reset_at=70_000),
    "private": Fault(status=401),
    "other": Fault(flip_at=100_000),
}


class Silent:
    """A listener that keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def begin(self, step: Step, number: int, total: int) -> None: ...
    def advance(self, done: int, total: int | None, detail: str) -> None: ...
    def end(self, step: Step) -> None: ...
    def line(self, text: str) -> None:
        self.lines.append(text)


@dataclass(frozen=True)
class World:
    """Three real hosts: repositories, packages, files; and the install made from them."""

    repositories: GitHost
    packages: IndexHost
    files: FaultServer
    layout: Layout
    commit: str
    lock: Path

    def plan(self, *ways: str) -> Plan:
        """Return a plan whose things are asked of sources that answer in these ways, one after the other."""
        root = self.layout.root
        urls = {"git": [f"{self.repositories.url}/{git_way(way)}/web.git/.git" for way in ways]}
        urls["file"] = [f"{self.files.url}/{way}" for way in ways]
        spec = FileSpec("model", "model.bin", "other", sources(urls["file"]), len(MODEL), sha256(MODEL))
        indexes = tuple(Indexes(default=self.packages.index(index_way(way))) for way in ways)
        environment = self.layout.environment
        actions: dict[str, tuple[Action, ...]] = {
            "clone": (CloneRepository("web", sources(urls["git"]), self.commit, root / "repositories" / "web"),),
            "packages": (
                CreateEnvironment(environment, sys.executable, ">=3.11"),
                InstallPackages(environment, (self.lock,), "digest", indexes),
            ),
            "model": (DownloadFile(spec, root / "models" / "model.bin"),),
        }
        steps = tuple(Step(name, name, "", actions=todo) for name, todo in actions.items())
        return Plan("test", "test", "recommended", True, (), steps)

    def apply(self, plan: Plan) -> Silent:
        def bring(action: DownloadFile, layout: Layout, _listener: Listener) -> str:
            context = download.DownloadContext(
                layout.downloads, limits=replace(download.Limits(), first_retries=0, retries=0)
            )
            return download.fetch(action.spec, action.destination, context=context).sha256

        listener = Silent()
        Applier(self.layout, listener, lambda _name: None, bring).run(plan, None)
        return listener

    def complete(self) -> bool:
        root = self.layout.root
        return (
            git.state(root / "repositories" / "web").commit == self.commit
            and uv.packages(self.layout.environment_python) == {"plain": "1.0"}
            and (uv.read_marker(self.layout.environment) or {}).get("digest") == "digest"
            and (root / "models" / "model.bin").read_bytes() == MODEL
        )


def sources(urls: list[str]) -> tuple[Source, ...]:
    return tuple(Source(url) for url in urls)


def git_way(way: str) -> str:
    return "good/absent" if way == "other" else way


def index_way(way: str) -> str:
    return "no-file" if way == "other" else way


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in (("UV_HTTP_RETRIES", "0"), ("UV_HTTP_TIMEOUT", "1"), ("UV_CACHE_DIR", str(tmp_path / "cache"))):
        monkeypatch.setenv(name, value)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    run(tmp_path, "init", "-q", "-b", "master", "hosts/web.git")
    run(tmp_path, "init", "-q", "-b", "master", "hosts/absent/web.git")
    place = tmp_path / "hosts" / "web.git"
    (place / "launch.py").write_bytes(os.urandom(100_000))
    run(place, "add", "-A")
    run(place, "commit", "-qm", "first")
    digest = wheel(tmp_path / "index", "plain", "1.0")
    lock = tmp_path / "lock.txt"
    lock.write_text(f"plain==1.0 --hash=sha256:{digest}\n")
    with GitHost(tmp_path / "hosts") as hosts, IndexHost(tmp_path / "index") as index, serving() as server:
        server.add("/good", MODEL)
        for way, fault in ANSWERS.items():
            server.add(f"/{way}", MODEL, fault=lambda _number, _headers, fault=fault: fault)
        yield World(
            hosts, index, server, Layout(tmp_path / "webui", windows=False), run(place, "rev-parse", "HEAD"), lock
        )


@pytest.mark.parametrize("way", ANSWERS)
def test_the_next_source_of_everything_is_taken(world, way):
    world.apply(world.plan(way, "good"))
    assert world.complete()
    assert json.loads(world.layout.receipt.read_text())["files"]["models/model.bin"] == sha256(MODEL)


@pytest.mark.parametrize("way", ANSWERS)
@pytest.mark.parametrize("kind", ["clone", "packages", "model"])
def test_a_thing_without_a_good_source_stops_clearly_and_the_same_command_goes_on(world, kind, way):
    bad = {step.id: step for step in world.plan(way).steps}
    good = world.plan("good")
    steps = tuple(bad[kind] if step.id == kind else step for step in good.steps)
    with pytest.raises(FoxupError) as caught:
        world.apply(replace(good, steps=steps))
    error = caught.value
    assert error.message
    assert error.cause
    assert error.hint
    last = json.loads(world.layout.journal.read_text().splitlines()[-1])
    assert (last["event"], last["step"], last["code"]) == ("fail", kind, error.code)
    made = {"clone": "repositories/web", "packages": "venv/foxup-environment.json", "model": "models/model.bin"}
    assert not (world.layout.root / made[kind]).exists()
    assert not world.layout.receipt.exists()
    world.apply(good)
    assert world.complete()
