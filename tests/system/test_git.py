"""Repositories come at the pinned commit from the first source that has it, against real remotes on the disk."""

from __future__ import annotations

import os
import subprocess

import pytest

from foxup.errors import FoxupError
from foxup.step import CloneRepository, Source
from foxup.system import git


@pytest.fixture
def remote(tmp_path):
    path = tmp_path / "remote"
    commits = []
    run(tmp_path, "init", "-q", "-b", "master", str(path))
    for number in range(3):
        (path / "file.txt").write_text(f"{number}\r\n")
        run(path, "add", "-A")
        run(path, "commit", "-qm", str(number))
        commits.append(run(path, "rev-parse", "HEAD").strip())
    run(path, "config", "uploadpack.allowAnySHA1InWant", "true")
    return path, commits


def run(cwd, *arguments):
    variables = {**os.environ, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
                 "GIT_COMMITTER_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": os.devnull}  # fmt: skip
    return subprocess.run(
        ["git", *arguments], cwd=cwd, env=variables, check=True, capture_output=True, text=True
    ).stdout


def bring(tmp_path, sources, commit, destination, **more):
    action = CloneRepository("thing", tuple(Source(url) for url in sources), commit, destination, **more)
    keep = tmp_path / "kept"
    git.bring(action, tmp_path / "scratch", keep=keep, log=lambda _line: None, line=lambda _line: None)


def test_an_older_commit_is_brought_whole(tmp_path, remote):
    path, commits = remote
    bring(tmp_path, [path.as_uri()], commits[0], tmp_path / "here")
    assert git.state(tmp_path / "here").commit == commits[0]
    assert (tmp_path / "here" / "file.txt").read_bytes() == b"0\r\n"
    assert not (tmp_path / "scratch").exists()


def test_a_source_without_the_commit_or_gone_is_passed_over(tmp_path, remote):
    path, commits = remote
    other = tmp_path / "other"
    run(tmp_path, "init", "-q", str(other))
    (other / "x").write_text("x")
    run(other, "add", "-A")
    run(other, "commit", "-qm", "x")
    bring(tmp_path, ["file:///nowhere/at/all", other.as_uri(), path.as_uri()], commits[1], tmp_path / "here")
    assert git.state(tmp_path / "here").commit == commits[1]


def test_when_no_source_has_it_nothing_is_left(tmp_path, remote):
    path, _commits = remote
    with pytest.raises(FoxupError) as caught:
        bring(tmp_path, [path.as_uri(), "file:///nowhere"], "1" * 40, tmp_path / "here")
    assert caught.value.code == "git-sources-failed"
    assert path.as_uri() in caught.value.cause
    assert "file:///nowhere" in caught.value.cause
    assert not (tmp_path / "here").exists()
    assert not (tmp_path / "scratch").exists()


def test_into_a_folder_with_the_persons_files(tmp_path, remote):
    path, commits = remote
    here = tmp_path / "here"
    (here / "models").mkdir(parents=True)
    (here / "models" / "mine.safetensors").write_text("precious")
    (here / "file.txt").write_text("half a clone")
    bring(tmp_path, [path.as_uri()], commits[2], here)
    assert git.state(here).commit == commits[2]
    assert (here / "file.txt").read_bytes() == b"2\r\n"
    assert (here / "models" / "mine.safetensors").read_text() == "precious"


def test_a_folder_inside_another_repository_is_not_its_own(tmp_path, remote):
    path, _commits = remote
    inside = path / "repositories" / "x"
    inside.mkdir(parents=True)
    assert git.state(inside).present is False
    (inside / "readme").write_text("unpacked from an archive")
    assert git.state(inside).own is False
    assert git.state(tmp_path / "nothing").present is False
