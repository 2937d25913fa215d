"""Starting, being ready, refusing to start, stopping.

Observed on the real v1.10.1 (2 cores, tiny checkpoint): ready after 12 to 15 s.

==========================================  ==========================================================================
situation                                   observed
==========================================  ==========================================================================
request before "Startup time:" is printed    kills the launch: RuntimeError "Cannot add middleware after an application has
                                            started", exit 1 (a poller or an open browser tab is enough)
a normal start                              console: Launching Web UI with arguments / Calculating sha256 / Loading weights
                                            [hash] from path / Running on local URL / Startup time / Model loaded in
txt2img as soon as the API answers          waits for the model, 200
no checkpoint                               ping and options 200, txt2img 500 FileNotFoundError "No checkpoints found."
truncated checkpoint                        ping and options 200, txt2img 500 SafetensorError
unknown flag                                exit 2, "unrecognized arguments"
COMMANDLINE_ARGS                            appended to the real arguments
port taken                                  exit 1, "Cannot find empty port in range"
server-stop                                 200 "Stopping." as plain text; the process ends by itself, exit 0
server-stop without --api-server-stop       404
==========================================  ==========================================================================
"""

from __future__ import annotations

import hashlib
import re
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .client import API, Client
from .conftest import SMALL

if TYPE_CHECKING:
    from .conftest import Start
    from .targets import Models


def test_ping_is_an_empty_object(api: Client) -> None:
    response = api.get("/internal/ping")
    assert (response.status_code, response.json()) == (200, {})


def test_a_request_sent_while_the_model_loads_waits_for_it(start: Start, models: Models) -> None:
    server = start("--api-server-stop")
    server.wait_api()
    server.client.txt2img(**SMALL)
    sha256 = hashlib.sha256(models.checkpoint.read_bytes()).hexdigest()
    checkpoint = server.folder / "models" / "Stable-diffusion" / models.checkpoint.name
    console = server.console
    assert "Launching Web UI with arguments: --skip-torch-cuda-test" in console
    assert f"Calculating sha256 for {checkpoint}: {sha256}" in console
    assert f"Loading weights [{sha256[:10]}] from {checkpoint}" in console
    assert f"Running on local URL:  http://127.0.0.1:{server.port}" in console
    assert re.search(r"^Startup time: [\d.]+s \(.*\)\.$", console, re.MULTILINE)
    assert re.search(r"^Model loaded in [\d.]+s( \(.*\))?\.$", console, re.MULTILINE)

    stopped = server.client.post(API + "server-stop")
    assert (stopped.status_code, stopped.text) == (200, "Stopping.")
    assert server.wait_end(30) == 0
    assert "Stopping server..." in server.console


def test_server_stop_needs_its_flag(api: Client) -> None:
    assert api.post(API + "server-stop").status_code == 404


def test_without_a_checkpoint_the_server_is_up_and_txt2img_fails(start: Start) -> None:
    server = start(prepare=lambda folder: shutil.rmtree(folder / "models" / "Stable-diffusion"))
    server.wait_api()
    assert server.client.get("/internal/ping").status_code == 200
    assert server.client.read("sd-models") == []
    status, answer = server.client.refused("txt2img", SMALL)
    assert (status, answer["error"]) == (500, "FileNotFoundError")
    assert answer["errors"].startswith("No checkpoints found. When searching for checkpoints, looked at:")


def test_with_a_truncated_checkpoint_the_server_is_up_and_txt2img_fails(start: Start, models: Models) -> None:
    def cut(folder: Path) -> None:
        whole = folder / "models" / "Stable-diffusion" / models.checkpoint.name
        whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])

    server = start(prepare=cut)
    server.wait_api()
    assert server.client.get("/internal/ping").status_code == 200
    status, answer = server.client.refused("txt2img", SMALL)
    assert (status, answer["error"]) == (500, "SafetensorError")
    assert "MetadataIncompleteBuffer" in answer["errors"]
    assert "Stable diffusion model failed to load" in server.console


def test_an_unknown_flag_ends_the_start(start: Start) -> None:
    server = start("--xfromers")
    assert server.wait_end() == 2
    assert "unrecognized arguments: --xfromers" in server.console


def test_commandline_args_are_added_to_the_arguments(start: Start) -> None:
    server = start(environ={"COMMANDLINE_ARGS": '--no-half-vae --bad-flag "a b"'})
    assert server.wait_end() == 2
    assert "unrecognized arguments: --bad-flag a b" in server.console


def test_a_taken_port_ends_the_start(start: Start) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        server = start("--port", str(port))
        assert server.wait_end() == 1
    assert f"OSError: Cannot find empty port in range: {port}-{port}" in server.console


@pytest.mark.parametrize("path", ["/internal/ping", "/internal/pending-tasks"])
def test_internal_routes_need_no_flag(api: Client, path: str) -> None:
    assert api.get(path).status_code == 200
