"""Repositories from real git hosts over HTTP that fail in every way hosts fail: the next source, nothing left, no question."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from tests.system.git_server import GitHost

from foxup.errors import FoxupError
from foxup.step import CloneRepository, Source
from foxup.system import git

SAYS = {
    "cut": "broke off",
    "reset": "broke off",
    "stall": "stopped sending",
    "silent": "stopped sending",
    "to-login": "web page",
    "login": "web page",
    "loop": "in a circle",
    "gone": "no such repository",
    "private": "asks for a password",
    "forbidden": "refuses access",
    "down": "overloaded",
    "absent": "pinned commit",
}
TWICE = {"cut", "reset", "stall", "silent", "down"}


def run(cwd: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    return subprocess.run(["git", *who, *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with `good.git`, which has the pinned commit, and `other.git`, which is another repository."""
    root = tmp_path_factory.mktemp("hosts")
    commits = {}
    for name in ("other", "good"):
        run(root, "init", "-q", "-b", "master", f"{name}.git")
        place = root / f"{name}.git"
        (place / "launch.py").write_text(name)
        (place / "assets").mkdir()
        (place / "assets" / "big.bin").write_bytes(os.urandom(200_000))
        run(place, "add", "-A")
        run(place, "commit", "-qm", "first")
        run(place, "tag", "-am", "release", "v1.2.3")
        run(place, "config", "uploadpack.allowFilter", "true")
        commits[name] = run(place, "rev-parse", "HEAD")
    return root, commits["good"]


@pytest.fixture
def host(roots: tuple[Path, str]) -> Iterator[GitHost]:
    with GitHost(roots[0]) as served:
        yield served


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_HTTP_LOW_SPEED_TIME", "1")


def address(host: GitHost, way: str) -> str:
    return f"{host.url}/good/other.git/.git" if way == "absent" else f"{host.url}/{way}/good.git/.git"


def bring(tmp_path: Path, urls: list[str], commit: str, *, offline: bool = False, **more: object) -> list[str]:
    action = CloneRepository("thing", tuple(Source(url) for url in urls), commit, tmp_path / "here", **more)  # type: ignore[arg-type]
    said: list[str] = []
    git.bring(
        action, tmp_path / "scratch", keep=tmp_path / "kept", log=lambda _line: None, line=said.append, offline=offline
    )
    return said


@pytest.mark.parametrize("leave_out", [(), ("assets",)])
@pytest.mark.parametrize("way", ["good", "elsewhere"])
def test_a_host_gives_the_commit_also_by_redirect(tmp_path, roots, host, way, leave_out):
    bring(tmp_path, [address(host, way)], roots[1], leave_out=leave_out, tag="v1.2.3")
    assert git.state(tmp_path / "here").commit == roots[1]
    assert run(tmp_path / "here", "describe", "--tags") == "v1.2.3"
    assert (tmp_path / "here" / "assets").exists() is not bool(leave_out)


@pytest.mark.parametrize("way", SAYS)
def test_a_faulty_host_is_passed_over_and_said_so(tmp_path, roots, host, way):
    said = bring(tmp_path, [address(host, way), address(host, "good")], roots[1])
    assert git.state(tmp_path / "here").commit == roots[1]
    assert SAYS[way] in said[1]
    assert not (tmp_path / "scratch").exists()


@pytest.mark.parametrize("way", SAYS)
def test_a_faulty_host_alone_is_a_clear_error_and_leaves_nothing(tmp_path, roots, host, way):
    with pytest.raises(FoxupError) as caught:
        bring(tmp_path, [address(host, way)], roots[1])
    error = caught.value
    assert error.code == "git-sources-failed"
    assert error.cause.startswith(f"{address(host, way)}: ")
    assert SAYS[way] in error.cause
    assert "same command" in error.hint
    assert list(tmp_path.iterdir()) == []
    begun = [path for path in host.asked if "info/refs" in path and path.startswith(f"/{way}/")]
    assert way not in TWICE or len(begun) == 2


def test_trouble_that_passes_is_tried_once_more_at_the_end(tmp_path, roots, host):
    said = bring(tmp_path, [address(host, "later"), address(host, "gone")], roots[1])
    assert git.state(tmp_path / "here").commit == roots[1]
    assert [line.removeprefix(f"git: {host.url}") for line in said if host.url in line] == [
        "/later/good.git/.git",
        "/gone/good.git/.git",
        "/later/good.git/.git",
    ]


def test_a_tag_that_points_elsewhere_is_put_right(tmp_path, roots, host):
    root, commit = roots
    run(root, "clone", "-q", "--bare", "good.git", "moved.git")
    later = run(root / "moved.git", "commit-tree", "-p", commit, "-m", "later", f"{commit}^{{tree}}")
    run(root / "moved.git", "tag", "-f", "v1.2.3", later)
    bring(tmp_path, [f"{host.url}/good/moved.git"], commit, tag="v1.2.3")
    assert run(tmp_path / "here", "rev-parse", "HEAD", "v1.2.3^{commit}").split() == [commit, commit]


def test_a_password_in_a_mirror_is_not_shown(tmp_path, roots, host):
    url = address(host, "gone").replace("http://", "http://me:secret-word@")
    with pytest.raises(FoxupError) as caught:
        bring(tmp_path, [url], roots[1])
    assert "secret-word" not in caught.value.cause


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_nobody_is_asked_for_a_password_even_at_a_terminal(tmp_path, roots, host):
    """With a terminal, a credential helper and an asking program in the person's settings, none of them is used."""
    asked = tmp_path / "asked"
    helper = tmp_path / "helper"
    helper.write_text(f'#!/bin/sh\necho "$0 $*" >> {asked}\necho username=me\necho password=mine\n')
    helper.chmod(0o755)
    settings = tmp_path / "gitconfig"
    settings.write_text(
        f'[credential]\nhelper = "{helper}"\n[credential "{host.url}"]\nhelper = "{helper}"\n[core]\naskPass = "{helper}"\n'
    )
    variables = {name: str(helper) for name in ("GIT_ASKPASS", "SSH_ASKPASS")}
    code = (
        "import sys; from pathlib import Path; from tests.system import test_git_faults as t\n"
        f"try: t.bring(Path({str(tmp_path / 'work')!r}), [{address(host, 'private')!r}], '1' * 40)\n"
        "except t.FoxupError as error: print(error.code, error.cause)\n"
    )
    (tmp_path / "work").mkdir()
    child = pexpect.spawn(
        sys.executable, ["-c", code], timeout=30, encoding="utf-8", cwd=str(Path(__file__).parents[2]),
        env={**os.environ, **variables, "GIT_CONFIG_GLOBAL": str(settings), "DISPLAY": ":0"},
    )  # fmt: skip
    child.expect(pexpect.EOF)
    assert "git-sources-failed" in child.before
    assert "asks for a password" in child.before
    assert "sername" not in child.before
    assert not asked.exists()
    assert host.secrets == []


def test_without_the_network_only_sources_of_this_machine_are_asked(tmp_path, roots, host):
    network = address(host, "good")
    with pytest.raises(FoxupError) as caught:
        bring(tmp_path, [network], roots[1], offline=True)
    assert caught.value.code == "git-offline"
    assert host.asked == []
    bring(tmp_path, [network, str(roots[0] / "good.git")], roots[1], offline=True)
    assert git.state(tmp_path / "here").commit == roots[1]
    assert host.asked == []
