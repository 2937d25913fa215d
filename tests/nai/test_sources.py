"""What the web UI's repositories need beyond an ordinary clone: its version, parts left out, sources gone bad, adoption."""

from __future__ import annotations

import http.server
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from foxup.errors import FoxupError
from foxup.step import CloneRepository, Source
from foxup.system import git

LOGIN = b"<!DOCTYPE html><html><body>Sign in to continue</body></html>"


def run(cwd: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    return subprocess.run(["git", *who, *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def remote(tmp_path: Path) -> tuple[Path, str]:
    """A repository with a release tag on its first commit, served with partial clones as GitHub does."""
    path = tmp_path / "remote"
    run(tmp_path, "init", "-q", "-b", "master", str(path))
    (path / "launch.py").write_text("print()")
    (path / "webui-user.sh").write_text("#export COMMANDLINE_ARGS=\n")
    (path / "assets").mkdir()
    (path / "assets" / "big.png").write_bytes(b"picture" * 1000)
    run(path, "add", "-A")
    run(path, "commit", "-qm", "release")
    run(path, "tag", "-am", "release", "v1.2.3")
    commit = run(path, "rev-parse", "HEAD")
    (path / "launch.py").write_text("print(1)")
    run(path, "commit", "-qam", "later")
    run(path, "config", "uploadpack.allowFilter", "true")
    run(path, "config", "uploadpack.allowAnySHA1InWant", "true")
    return path, commit


def bring(tmp_path: Path, urls: list[str], commit: str, here: Path, **more: object) -> None:
    action = CloneRepository("thing", tuple(Source(url) for url in urls), commit, here, **more)  # type: ignore[arg-type]
    keep = tmp_path / "kept"
    git.bring(action, tmp_path / "scratch", keep=keep, log=lambda _line: None, line=lambda _line: None)


@pytest.fixture
def server() -> Iterator[str]:
    """A web server whose paths answer in the ways a dead repository answers."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/hang"):
                time.sleep(0.2)
                self.connection.close()
                return
            status = {"/gone": 404, "/private": 401, "/login": 200}["/" + self.path.split("/")[1]]
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="private"')
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(LOGIN)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


@pytest.mark.parametrize("shown", [True, False])
def test_the_version_is_the_release_even_from_a_shallow_clone(tmp_path, remote, shown):
    path, commit = remote
    if not shown:
        run(path, "tag", "-d", "v1.2.3")
    bring(tmp_path, [path.as_uri()], commit, tmp_path / "here", tag="v1.2.3")
    assert run(tmp_path / "here", "describe", "--tags") == "v1.2.3"


def test_what_nobody_needs_is_neither_fetched_nor_written(tmp_path, remote):
    path, commit = remote
    blob = run(path, "rev-parse", f"{commit}:assets/big.png")
    (path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()  # the source has lost it; so would a snapshot
    with pytest.raises(FoxupError):
        bring(tmp_path, [path.as_uri()], commit, tmp_path / "whole")
    bring(tmp_path, [path.as_uri()], commit, tmp_path / "here", leave_out=("assets",))
    state = git.state(tmp_path / "here")
    assert (state.own, state.commit) == (True, commit)
    assert (tmp_path / "here" / "launch.py").is_file()
    assert not (tmp_path / "here" / "assets").exists()


@pytest.mark.parametrize("bad", ["gone", "private", "login", "hang"])
def test_a_bad_answer_asks_nothing_and_the_next_source_is_taken(tmp_path, remote, server, bad):
    path, commit = remote
    begun = time.monotonic()
    bring(tmp_path, [f"{server}/{bad}/x.git", path.as_uri()], commit, tmp_path / "here")
    assert git.state(tmp_path / "here").commit == commit
    assert time.monotonic() - begun < 30


def test_all_bad_answers_are_named_and_nothing_is_left(tmp_path, server):
    urls = [f"{server}/{bad}/x.git" for bad in ("gone", "private", "login", "hang")]
    with pytest.raises(FoxupError) as caught:
        bring(tmp_path, urls, "1" * 40, tmp_path / "here")
    assert caught.value.code == "git-sources-failed"
    assert all(url in caught.value.cause for url in urls)
    assert not (tmp_path / "here").exists()
    assert not (tmp_path / "scratch").exists()


def test_a_web_ui_of_another_version_keeps_what_the_person_changed(tmp_path, remote):
    path, commit = remote
    here = tmp_path / "here"
    run(tmp_path, "clone", "-q", str(path), str(here))
    (here / "webui-user.sh").write_text('export COMMANDLINE_ARGS="--mine"\n')
    (here / "launch.py").write_text("print('my own change')")
    (here / "models").mkdir()
    (here / "models" / "mine.safetensors").write_text("precious")
    bring(tmp_path, [path.as_uri()], commit, here)
    assert git.state(here).commit == commit
    assert (here / "launch.py").read_text() == "print()"
    assert (here / "webui-user.sh").read_text() == 'export COMMANDLINE_ARGS="--mine"\n'
    assert (here / "models" / "mine.safetensors").read_text() == "precious"
    assert (tmp_path / "kept" / "launch.py").read_text() == "print('my own change')"
    assert run(tmp_path / "kept", "log", "-1", "--format=%s") == "later"
