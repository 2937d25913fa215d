"""After a start: the versions at the page's bottom, and torch in the web UI's own environment, against the profile."""

from __future__ import annotations

import http.server
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from foxup import first_start, present_checks, profile
from foxup.components import packages
from foxup.first_start import Question, Wanted, judge_footer, judge_torch, wanted
from foxup.installed import EnvironmentState, Installed
from foxup.paths import Layout
from foxup.receipt import Checks, Receipt, from_document
from foxup.system import torch_question
from foxup.system.webui_api import WebuiApi

CARD = Wanted("1.10.1", ">=3.10.6,<3.11", "2.1.2+cu121", xformers=True, cpu=False)
FOOTER = {
    "version": "v1.10.1", "python": "3.10.11", "torch": "2.1.2+cu121", "xformers": "0.0.23.post1", "gradio": "3.41.2",
    "checkpoint": "7f96a1a9ca",
}  # fmt: skip
TORCH = {
    "errors": {}, "torch": "2.1.2+cu121", "cuda": "12.1", "hip": None, "device": "cuda", "product": True,
    "name": "NVIDIA GeForce RTX 3060", "capability": [8, 6], "xformers": "0.0.23.post1",
}  # fmt: skip
NO_KERNEL = "RuntimeError: CUDA error: no kernel image is available for execution on the device"


def codes(found) -> list[str]:
    return [finding.code for finding in found]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"xformers": "N/A"}, ["versions-na-on-page"]),
        ({"checkpoint": "N/A"}, ["versions-na-on-page"]),
        ({"version": "<none>"}, ["versions-na-on-page"]),
        ({"version": "v1.9.4"}, ["webui-other-version"]),
        ({"version": "1.10.1"}, []),
        ({"python": "3.11.9"}, ["python-incompatible-version"]),
    ],
)
def test_the_footer(changes, found):
    assert codes(judge_footer({**FOOTER, **changes}, CARD)) == found


def test_the_footer_names_what_is_not_there_and_asks_for_xformers_only_where_prescribed():
    (finding,) = judge_footer({**FOOTER, "xformers": "N/A", "checkpoint": "N/A"}, CARD)
    assert "checkpoint, xformers" in finding.message
    assert judge_footer({**FOOTER, "xformers": "N/A"}, replace(CARD, xformers=False)) == []
    assert judge_footer({}, CARD) == []


@pytest.mark.parametrize(
    ("changes", "errors", "found"),
    [
        ({}, {}, []),
        ({"torch": "2.0.1+cu118"}, {}, ["torch-other-version"]),
        ({"torch": "2.1.2+cpu", "cuda": None}, {"device": "RuntimeError: x"}, ["torch-other-version", "torch-cpu-build"]),
        ({}, {"device": "RuntimeError: no CUDA-capable device"}, ["torch-not-able-to-use-gpu"]),
        ({"product": False}, {}, ["torch-computes-wrong"]),
        ({"capability": [12, 0]}, {"product": NO_KERNEL}, ["gpu-blackwell-sm120-old-torch"]),
        ({"capability": [6, 1]}, {"product": NO_KERNEL}, ["gpu-too-old-for-new-torch"]),
        ({}, {"xformers": "ModuleNotFoundError: No module named 'xformers'"}, ["xformers-not-installed"]),
        ({}, {"torch": 'OSError: [WinError 126] Error loading "torch\\lib\\fbgemm.dll"'}, ["torch-dll-load-failed"]),
    ],
)  # fmt: skip
def test_what_torch_says(changes, errors, found):
    assert codes(judge_torch({**TORCH, **changes, "errors": errors}, CARD)) == found


def test_a_lock_from_the_default_index_names_no_build():
    lock = replace(CARD, torch="2.1.2", cpu=True, xformers=False)
    assert judge_torch({"errors": {}, "torch": "2.1.2+cu121", "device": "cpu", "product": True}, lock) == []


@pytest.mark.parametrize("name", ["nai", "nai-cpu", "smoke"])
def test_the_digest_of_an_environment_tells_its_torch(name):
    chosen = profile.load(name)
    for choice in chosen.packages.torch:
        content = {path: (chosen.folder / path).read_bytes() for path in packages.lock_names(chosen.packages, choice)}
        digest = packages.digest(content, choice, chosen.python.requires)
        version = packages.locked_torch(chosen, digest)
        assert version is None if "ipex" in choice.lock else f"torch=={version}".encode() in content[choice.lock]
    assert packages.locked_torch(chosen, "another") is None
    assert packages.locked_torch(chosen, None) is None


def test_what_is_wanted_follows_the_launch_script():
    card = wanted(profile.load("nai"), None, {"--xformers", "--no-half-vae"})
    assert (card.xformers, card.cpu, card.version) == (True, False, "1.10.1")
    assert wanted(profile.load("nai-cpu"), None, {"--use-cpu"}).cpu
    assert wanted(profile.load("smoke"), None, set()).cpu


def test_real_torch_multiplies_on_the_processor_and_finds_no_card_here(tmp_path):
    pytest.importorskip("torch")
    said = torch_question.ask(Path(sys.executable), cpu=True, xformers=True, environment={}, cwd=tmp_path)
    assert said["product"] is True
    assert said["device"] == "cpu"
    assert "xformers" in said["errors"]


def test_an_interpreter_without_torch_says_so(tmp_path):
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    bare.chmod(0o755)
    said = torch_question.ask(bare, cpu=True, xformers=False, environment={}, cwd=tmp_path)
    assert "No module named 'torch'" in said["errors"]["torch"]


def test_what_came_well_is_not_asked_again_until_the_packages_change(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(torch_question, "ask", lambda *_words, **_more: asked.append(1) or {"errors": {}, "torch": "1"})

    def look(known: Checks | None, digest: str) -> None:
        receipt = Receipt("0", "smoke", checks=known)
        state = Installed(environment=EnvironmentState(True, digest=digest), receipt=receipt)
        Question(Layout(tmp_path), profile.load("smoke"), state).answered(None)

    good = Checks("one", "now")
    look(good, "one")
    assert asked == []
    for known, digest in ((None, "one"), (good, "two"), (replace(good, codes=("torch-cpu-build",)), "one")):
        look(known, digest)
    assert len(asked) == 3


def test_the_receipt_keeps_it_and_status_says_it():
    checks = Checks("one", "now", FOOTER, TORCH, ("versions-na-on-page",))
    receipt = Receipt("0", "nai", checks=checks)
    assert from_document(json.loads(json.dumps(receipt.to_document()))) == receipt
    versions, computes, wrong = present_checks.lines(checks)
    assert "version v1.10.1, python 3.10.11, torch 2.1.2+cu121, xformers 0.0.23.post1" in versions
    assert "NVIDIA GeForce RTX 3060" in computes
    assert "versions-na-on-page" in wrong
    assert present_checks.lines(None) == []


@pytest.fixture
def page() -> Iterator[str]:
    """A server that answers as the page's description does, and another time with a password."""
    html = (
        '<div class="versions">version: <a href="x">v1.10.1</a>&#x2000;•&#x2000;\npython: <span title="3.10.13 (main)">'
        "3.10.13</span>&#x2000;•&#x2000;\ntorch: 2.1.2\n•\nxformers: N/A\n•\ngradio: 3.41.2\n•\ncheckpoint: <a>N/A</a></div>"
    )
    parts = [{"props": {"elem_id": "x"}}, {"props": {"elem_id": "footer", "value": html.replace("&#x2000;", " ")}}]
    answers = {"/config": {"components": parts}, "/sdapi/v1/options": {"sd_checkpoint_hash": "395c77cd728e6222"}}

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path
            self.send_response(401 if path.startswith("/locked") else 200 if path in answers else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answers.get(path, {})).encode())

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


def test_the_versions_are_read_from_the_page(page):
    assert WebuiApi(page).footer() == {
        "version": "v1.10.1", "python": "3.10.13", "torch": "2.1.2", "xformers": "N/A", "gradio": "3.41.2",
        "checkpoint": "395c77cd72",
    }  # fmt: skip
    assert WebuiApi(f"{page}/locked").footer() == {}
    assert first_start._footer(WebuiApi("http://127.0.0.1:1")) == {}
