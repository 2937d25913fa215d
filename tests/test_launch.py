"""Starting and stopping, against real processes: a small server that behaves and misbehaves like a web UI."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import psutil
import pytest

from foxup import launch
from foxup.errors import FoxupError
from foxup.launch import Start
from foxup.paths import Layout

SERVER = """
import argparse, http.server, json, os, shlex, subprocess, sys, time
parser = argparse.ArgumentParser()
for flag in ("--api", "--api-server-stop"): parser.add_argument(flag, action="store_true")
parser.add_argument("--port", type=int); parser.add_argument("--mode", default="good")
args, rest = parser.parse_known_args(sys.argv[1:] + shlex.split(os.environ.get("COMMANDLINE_ARGS", "")))
print("rest", rest, "secret", os.environ.get("HF_TOKEN"), os.environ.get("FROM_SCRIPT"), flush=True)
if args.mode == "crash":
    print("Traceback (most recent call last):", flush=True); sys.exit("RuntimeError: no kernel image is available")
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("child", child.pid, flush=True)
early = []
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *a): pass
    def answer(self, code, value):
        body = json.dumps(value).encode(); self.send_response(code)
        self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_GET(self):
        if not ready: print("TOO EARLY", flush=True); os._exit(1)
        self.answer(200, {"CLIP_stop_at_last_layers": 2})
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.endswith("txt2img"):
            if args.mode == "no-model":
                self.answer(500, {"error": "FileNotFoundError", "errors": "No checkpoints found."})
            else: self.answer(200, {"images": ["aGVsbG8="], "info": "{}"})
        else: self.answer(200, {})
ready = False
server = http.server.ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
import threading; threading.Thread(target=server.serve_forever, daemon=True).start()
time.sleep(0.5 if args.mode != "slow" else 60); ready = True
print("Startup time: 0.5s", flush=True)
time.sleep(600)
"""


@pytest.fixture
def layout(tmp_path):
    made = Layout(tmp_path / "webui")
    made.root.mkdir()
    (made.root / "launch.py").write_text(SERVER)
    made.environment_python.parent.mkdir(parents=True)
    made.environment_python.symlink_to(sys.executable)
    yield made
    server = launch.running_server(made)
    if server:
        launch.stop(made, server, grace_s=0.2)
    for process in launch._started:
        process.kill()
        process.wait()
    launch._started.clear()


def script(layout, text):
    layout.launch_script.write_text(text)


def family(server) -> list[psutil.Process]:
    process = psutil.Process(server.who.pid)
    return [process, *process.children(recursive=True)]


def test_ready_means_that_a_picture_can_be_made(layout, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    script(layout, 'export COMMANDLINE_ARGS="--mode good --port 1 --xformers"\nexport FROM_SCRIPT="yes"\n')
    server = launch.start(layout, Start(port=free_port()))
    launch.wait_ready(server, timeout_s=30)
    log = server.log.read_text()
    assert "TOO EARLY" not in log
    assert "rest ['--xformers'] secret None yes" in log
    assert launch.running_server(layout) == server
    with pytest.raises(FoxupError, match="already runs"):
        launch.start(layout, Start())
    everybody = family(server)
    assert len(everybody) == 2
    launch.stop(layout, server, grace_s=0.2)
    assert not any(process.is_running() and process.status() != "zombie" for process in everybody)
    assert launch.running_server(layout) is None


def test_russian_folders_arrive_as_they_were_written(layout):
    layout.launch_script.write_bytes(
        'export COMMANDLINE_ARGS="--mode good --ckpt-dir \'/диск/Мои модели\'"\nexport FROM_SCRIPT="да"\n'.encode()
    )
    server = launch.start(layout, Start(port=free_port()))
    launch.wait_ready(server, timeout_s=30)
    assert "rest ['--ckpt-dir', '/диск/Мои модели'] secret None да" in server.log.read_text(encoding="utf-8")


def test_a_crash_is_told_by_its_last_words(layout):
    script(layout, 'export COMMANDLINE_ARGS="--mode crash"\n')
    server = launch.start(layout, Start())
    with pytest.raises(FoxupError) as caught:
        launch.wait_ready(server, timeout_s=30)
    assert caught.value.code == "webui-crashed"
    assert caught.value.cause == "RuntimeError: no kernel image is available"


def test_a_missing_model_is_told_by_the_web_uis_own_words(layout):
    script(layout, 'export COMMANDLINE_ARGS="--mode no-model"\n')
    server = launch.start(layout, Start())
    with pytest.raises(FoxupError) as caught:
        launch.wait_ready(server, timeout_s=30)
    assert (caught.value.code, caught.value.cause) == ("model-not-loaded", "No checkpoints found.")


def test_too_slow_is_not_taken_for_a_crash(layout):
    script(layout, 'export COMMANDLINE_ARGS="--mode slow"\n')
    server = launch.start(layout, Start())
    with pytest.raises(FoxupError) as caught:
        launch.wait_ready(server, timeout_s=2)
    assert caught.value.code == "webui-not-ready"


def test_a_taken_port_is_named(layout):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(FoxupError) as caught:
            launch.start(layout, Start(port=other.getsockname()[1]))
    assert caught.value.code == "port-taken"


def test_a_private_server_listens_nowhere_else(layout):
    script(layout, 'export COMMANDLINE_ARGS="--listen --share --api-auth a:b --xformers --port 7860"\n')
    server = launch.start(layout, Start(private=True, settings=Path("other.json")))
    try:
        launch.wait_ready(server, timeout_s=30)
        assert "rest ['--ui-settings-file', 'other.json', '--xformers']" in server.log.read_text()
        assert launch.running_server(layout) is None
    finally:
        launch.stop(layout, server, grace_s=0.2)


def test_private_servers_that_start_together_do_not_meet(monkeypatch):
    """The lowest free port would be the same for both until the first has bound it."""
    ports = {launch._port((), Start(private=True)) for _number in range(20)}
    assert len(ports) > 10


def test_nothing_installed_is_said(tmp_path):
    with pytest.raises(FoxupError) as caught:
        launch.start(Layout(tmp_path), Start())
    assert caught.value.code == "not-installed"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
