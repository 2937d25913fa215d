"""From a bare folder to a proven picture, and again, and by hand."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.request

import pytest

from tests.e2e.conftest import PROFILE, foxup


def test_the_first_install_is_proven(smoke):
    receipt = json.loads((smoke / ".foxup" / "receipt.json").read_text())
    assert receipt["profile"] == PROFILE
    assert receipt["proofs"]["fox"]["verdict"] in {"identical", "same"}
    assert (smoke / receipt["proofs"]["fox"]["picture"]).is_file()
    assert list((smoke / ".foxup" / "tmp").glob("*")) == []


def test_the_second_run_says_that_everything_is_so(smoke):
    begun = time.monotonic()
    ran = foxup("install", "--profile", PROFILE, "--dir", smoke, "--yes", "--json")
    assert time.monotonic() - begun < 20
    assert ran.data["steps"] == []
    assert len(ran.data["satisfied"]) >= 8
    spoken = foxup("install", "--profile", PROFILE, "--dir", smoke, "--yes").err
    assert spoken.count(": already so") == len(ran.data["satisfied"])


def test_without_a_terminal_and_without_yes_nothing_is_done(tmp_path):
    ran = foxup("install", "--profile", PROFILE, "--dir", tmp_path / "x", code=2)
    assert "--yes" in ran.err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("command", [["plan"], ["install", "--dry-run"]])
def test_a_dry_run_writes_nothing(tmp_path, command):
    foxup(*command, "--profile", PROFILE, "--dir", tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.doc").write_text("precious")
    ran = foxup("install", "--profile", PROFILE, "--dir", tmp_path, "--yes", "--json", code=1)
    assert ran.document["error"]["code"] == "plan-blocked"
    assert [item["code"] for item in ran.document["findings"] if item["severity"] == "blocker"] == ["folder-not-empty"]
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_what_was_removed_or_changed_is_repaired(smoke):
    (smoke / "launch.py").write_text("spoiled")
    (smoke / "models" / "VAE" / "clearfox.safetensors").unlink()
    planned = foxup("plan", "--profile", PROFILE, "--dir", smoke, "--json").data
    assert {step["id"] for step in planned["steps"]} == {"webui.files", "models.clearfox", "proof.fox"}
    foxup("repair", "--dir", smoke, "--yes")
    assert foxup("install", "--dir", smoke, "--yes", "--json").code == 0


def test_start_status_stop(smoke):
    started = foxup("start", "--dir", smoke, "--json").data
    try:
        assert foxup("status", "--dir", smoke, "--json").data["running"]["url"] == started["url"]
        assert foxup("start", "--dir", smoke, "--json", code=1).document["error"]["code"] == "already-running"
        foxup("settings", "apply", "--dir", smoke)
    finally:
        assert foxup("stop", "--dir", smoke, "--json").data["was_running"] is True
    assert foxup("status", "--dir", smoke, "--json").data["running"] is None


def test_started_by_hand_it_has_the_prescribed_settings(smoke):
    """Without foxup in sight: the web UI's own script, in a plain shell."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["bash", "webui.sh", "-f", "--api", "--port", str(port)]
    log = smoke / "by-hand.log"
    with log.open("w") as sink:
        process = subprocess.Popen(command, cwd=smoke, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True,
                                   env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(smoke.parent)})  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while "Startup time" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.5)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sdapi/v1/options", timeout=30) as answer:
            options = json.load(answer)
        assert options["CLIP_stop_at_last_layers"] == 2
        assert options["sd_vae"] == "clearfox.safetensors"
        assert "--use-cpu all --no-half" in log.read_text()
    finally:
        import psutil

        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()
        log.unlink()
