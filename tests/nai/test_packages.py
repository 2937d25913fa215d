"""Locks with and without hashes through the real uv, from indexes on this machine; adopting an environment."""

from __future__ import annotations

import functools
import http.server
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from foxup import profile
from foxup.components import environment, packages
from foxup.context import Context
from foxup.errors import FoxupError
from foxup.facts import Facts, OsFacts
from foxup.installed import EnvironmentState, Installed, PackageSources
from foxup.paths import Layout
from foxup.step import Indexes
from foxup.system import uv
from tests.wheels import wheel


@pytest.fixture
def indexes(tmp_path: Path) -> Iterator[str]:
    """Serve the folders `ordinary` and `special` as package indexes."""
    handler = functools.partial(Quiet, directory=str(tmp_path / "indexes"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A folder's listing is all that uv needs of an index."""

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    uv.create_environment(tmp_path / "venv", sys.executable, ">=3.11", log=print, started=print)
    return tmp_path / "venv" / "bin" / "python"


def install(made: Path, tmp_path: Path, locks: list[str], places: uv.Places) -> dict[str, str]:
    paths = []
    for number, text in enumerate(locks):
        paths.append(tmp_path / f"lock-{number}.txt")
        paths[-1].write_text(text)
    uv.install(made, paths, places, log=lambda _text: None, started=lambda _pid: None)
    return uv.packages(made)


def test_a_lock_without_hashes_comes_from_its_own_index_alone(tmp_path, indexes, made):
    good = wheel(tmp_path / "indexes" / "ordinary", "plain", "1.0")
    wheel(tmp_path / "indexes" / "special", "torch", "2.1.2+cpu")
    wheel(tmp_path / "indexes" / "ordinary", "torch", "2.1.2")  # the wrong build under the same release
    locks = ["# No hashes: test\ntorch==2.1.2+cpu\n", f"plain==1.0 --hash=sha256:{good}\n"]
    places = uv.Places([Indexes(f"{indexes}/special", f"{indexes}/ordinary")])
    assert install(made, tmp_path, locks, places) == {"torch": "2.1.2+cpu", "plain": "1.0"}
    wheel(tmp_path / "indexes" / "ordinary", "other", "1.0")
    with pytest.raises(FoxupError):
        install(made, tmp_path, ["# No hashes: test\nother==1.0\n"], places)


def test_a_wheel_with_another_hash_is_refused(tmp_path, indexes, made):
    wheel(tmp_path / "indexes" / "ordinary", "plain", "1.0")
    with pytest.raises(FoxupError) as caught:
        install(
            made,
            tmp_path,
            [f"plain==1.0 --hash=sha256:{'0' * 64}\n"],
            uv.Places([Indexes(default=f"{indexes}/ordinary")]),
        )
    assert caught.value.code == "package-hash-mismatch"
    assert uv.packages(made) == {}


def context(state: EnvironmentState, tmp_path: Path, **sources: object) -> Context:
    chosen = PackageSources(cpu_index=True, **sources)  # type: ignore[arg-type]
    return Context(
        profile=profile.load("nai-cpu"),
        facts=Facts(os=OsFacts(family="linux", arch="x86_64")),
        installed=Installed(environment=state, package_sources=chosen),
        layout=Layout(tmp_path / "webui", windows=False),
    )


def planned(state: EnvironmentState, tmp_path: Path, **sources: object):
    here = context(state, tmp_path, **sources)
    choice = packages.choose_torch(here.profile.packages, here.facts.os, here.installed.package_sources)
    fresh = any(step.actions for step in environment.steps(here, "digest"))
    return fresh, packages.steps(here, choice, "digest", fresh=fresh)[0]


def test_an_environment_made_by_hand_gets_only_what_differs(tmp_path):
    here = context(EnvironmentState(), tmp_path)
    locks = [(here.profile.folder / name).read_text() for name in (here.profile.packages.lock,)]
    all_there = dict(packages._pins(locks, here)) | {"torch": "2.1.2+cpu", "torchvision": "0.16.2+cpu"}
    assert len(all_there) > 100
    assert "colorama" not in all_there, "a package of Windows alone"
    have = {**all_there, "numpy": "2.0.0"}
    del have["gradio"]
    fresh, step = planned(EnvironmentState(True, "3.10.11", packages=have), tmp_path)
    assert not fresh
    assert sorted(step.details) == ["gradio 3.41.2", "numpy 2.0.0 -> 1.26.2"]
    _fresh, step = planned(EnvironmentState(True, "3.10.11", packages=all_there), tmp_path)
    assert step.details == ()


@pytest.mark.parametrize(
    ("state", "fresh"),
    [
        (EnvironmentState(True, "3.10.11"), False),
        (EnvironmentState(True, "3.11.4"), True),  # another Python
        (EnvironmentState(True, "3.10.5"), True),  # too old for the guide
        (EnvironmentState(True, None), True),  # its interpreter is gone
        (EnvironmentState(True, "3.10.11", begun=True), True),  # half made by foxup
        (EnvironmentState(True, "3.10.11", digest="another"), True),
        (EnvironmentState(True, "3.10.11", digest="digest", begun=True), False),
    ],
)
def test_only_a_fitting_environment_is_kept(tmp_path, state, fresh):
    assert planned(state, tmp_path)[0] is fresh


def test_mirrors_take_the_place_of_both_indexes(tmp_path):
    _fresh, step = planned(
        EnvironmentState(), tmp_path, mirror_index="https://m/simple", pytorch_index="https://m/whl/"
    )
    action = step.actions[0]
    original = Indexes("https://download.pytorch.org/whl/cpu")
    assert action.indexes == (Indexes("https://m/whl/cpu", "https://m/simple"), original)
    assert step.sources == ("https://m/whl/cpu", original.own, "https://m/simple", "https://pypi.org/simple")
    assert "https://m/whl/cpu" in step.details[-1], "what has no hash is trusted with the mirror, and the plan says so"


@pytest.mark.parametrize(
    ("answer", "code"),
    [("dead", "package-index-unreachable"), ("gone", "package-not-offered"), ("login", "package-not-offered")],
)
def test_an_index_that_gives_no_packages_is_named(tmp_path, indexes, made, monkeypatch, answer, code):
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    (tmp_path / "indexes" / "login" / "plain").mkdir(parents=True)
    page = "<!DOCTYPE html><html><body>Sign in to continue</body></html>"
    (tmp_path / "indexes" / "login" / "plain" / "index.html").write_text(page)
    url = "http://127.0.0.1:9/simple" if answer == "dead" else f"{indexes}/{answer}"
    with pytest.raises(FoxupError) as caught:
        install(made, tmp_path, [f"plain==1.0 --hash=sha256:{'0' * 64}\n"], uv.Places([Indexes(default=url)]))
    assert caught.value.code == code
    assert "plain" in caught.value.cause or "127.0.0.1" in caught.value.cause
    assert uv.packages(made) == {}
