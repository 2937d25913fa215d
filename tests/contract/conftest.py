"""Fixtures: ``api`` is a running web UI with neutral settings; ``start`` makes a fresh install of the same target."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from .client import Client
from .targets import Models, Server, Target, a1111_target, find_models, minui_target

NEUTRAL = {
    "CLIP_stop_at_last_layers": 1,
    "eta_noise_seed_delta": 0,
    "sd_vae": "None",
    "use_downcasted_alpha_bar": False,
    "samples_save": True,
}
"""Settings every test of the shared server starts from."""
SMALL = {
    "prompt": "red fox, sitting, (snow:1.2)",
    "negative_prompt": "blurry",
    "seed": 3287962209,
    "steps": 6,
    "width": 64,
    "height": 96,
    "cfg_scale": 7,
    "sampler_name": "DPM++ 2M",
    "scheduler": "Karras",
}
"""A request that takes a fraction of a second."""

Start = Callable[..., Server]


@pytest.fixture(scope="session")
def models() -> Models:
    found = find_models()
    if found is None:
        pytest.skip("no checkpoint: profiles/smoke has none and FOXUP_CONTRACT_MODELS is not set")
    return found


@pytest.fixture(scope="session", params=["minui", "a1111"])
def target(request: pytest.FixtureRequest) -> Target:
    if request.param == "minui":
        found = minui_target()
        reason = "minui needs an interpreter with torch: FOXUP_MINUI_PYTHON"
    else:
        found = a1111_target()
        if found is None and os.environ.get("FOXUP_A1111_URL"):
            return Target("a1111", Path())
        reason = "no real web UI named: FOXUP_A1111_DIR or FOXUP_A1111_URL"
    if found is None:
        pytest.skip(reason)
    return found


def _remote(target: Target) -> str | None:
    """Address of a web UI that somebody else started, if that is the target."""
    return os.environ.get("FOXUP_A1111_URL") if target.name == "a1111" else None


@pytest.fixture(scope="session")
def shared_server(target: Target, models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server | None]:
    if _remote(target):
        yield None
        return
    folder = tmp_path_factory.mktemp(target.name) / "webui"
    target.lay_out(folder, models)
    server = Server(target, folder)
    try:
        server.wait_api()
        yield server
    finally:
        server.stop()


@pytest.fixture
def api(target: Target, shared_server: Server | None) -> Iterator[Client]:
    """The shared server with NEUTRAL settings."""
    client = shared_server.client if shared_server else Client(_remote(target) or "")
    client.set_options(**NEUTRAL)
    yield client
    if shared_server is None:
        client.close()


def _starter(target: Target, models: Models, temporary: pytest.TempPathFactory) -> Iterator[Start]:
    if _remote(target):
        pytest.skip("needs a folder to start a web UI in, not an address")
    started: list[Server] = []

    def begin(
        *arguments: str, prepare: Callable[[Path], Any] | None = None, environ: Mapping[str, str] | None = None
    ) -> Server:
        folder = temporary.mktemp(target.name) / "webui"
        target.lay_out(folder, models)
        if prepare:
            prepare(folder)
        started.append(Server(target, folder, *arguments, environ=environ))
        return started[-1]

    yield begin
    for server in started:
        server.stop()


@pytest.fixture
def start(target: Target, models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start fresh installs: ``start("--flag", prepare=change_folder)``; all are stopped when the test ends."""
    yield from _starter(target, models, tmp_path_factory)


@pytest.fixture(scope="module")
def start_for_module(target: Target, models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """As ``start``; stopped when the module ends."""
    yield from _starter(target, models, tmp_path_factory)
