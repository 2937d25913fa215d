"""config.json: when it is read, written, lost.

==============================================  ==========================================================================
situation                                       observed
==============================================  ==========================================================================
fresh install                                   no config.json until the first POST options
POST options                                    the whole memory is written: indent 4, UTF-8 unescaped, stored keys only
unknown key in the file                         kept and written back; GET does not show it
edit on disk while it runs                      lost with the next POST options
a key of a wrong type                           console "Warning: bad setting value: k: v (str; expected int)"; used as it is
missing checkpoint named                        console "Checkpoint X not found; loading fallback Y"
missing VAE named                               console "Couldn't find VAE named X; using None instead", 200
BOM, or cut off                                 console "Could not load settings", moved to tmp/config.json, defaults
BOM, and no tmp/                                the launch dies: FileNotFoundError, exit 1, file stays, message claims "moved"
valid JSON that is no object                    the launch dies: AttributeError, exit 1
loading a model                                 sets sd_model_checkpoint and sd_checkpoint_hash in memory only
==============================================  ==========================================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import SMALL

if TYPE_CHECKING:
    from .conftest import Start
    from .targets import Models, Server

WITH_BOM = b"\xef\xbb\xbf" + b'{"CLIP_stop_at_last_layers": 2}'


def _writes(content: bytes) -> Callable[[Path], Any]:
    return lambda folder: (folder / "config.json").write_bytes(content)


def _saved(server: Server) -> dict[str, Any]:
    saved: dict[str, Any] = json.loads((server.folder / "config.json").read_text(encoding="utf-8"))
    return saved


@pytest.fixture(scope="module")
def configured(start_for_module: Start) -> Server:
    """A server that started with a settings file of somebody else's hand."""
    settings = {
        "CLIP_stop_at_last_layers": 2,
        "foxup_note": "оставить",
        "memmon_poll_rate": "4",
        "sd_model_checkpoint": "gone.safetensors",
        "sd_vae": "nope.safetensors",
        "quicksettings": "sd_model_checkpoint, sd_vae",
    }
    server = start_for_module(prepare=_writes(json.dumps(settings).encode()))
    server.wait_api()
    server.client.txt2img(**SMALL)
    return server


def test_stored_settings_are_used(configured: Server) -> None:
    made = configured.client.txt2img(**SMALL)
    assert ", Clip skip: 2, " in made.parameter_line
    assert "VAE" not in made.parameter_line


def test_the_console_names_what_is_wrong(configured: Server, models: Models) -> None:
    console = configured.console
    assert "Warning: bad setting value: memmon_poll_rate: 4 (str; expected int)" in console
    assert f"Checkpoint gone.safetensors not found; loading fallback {models.checkpoint.name}" in console
    assert "Couldn't find VAE named nope.safetensors; using None instead" in console


def test_an_old_quicksettings_text_becomes_a_list(configured: Server) -> None:
    assert configured.client.read("options")["quicksettings_list"] == ["sd_model_checkpoint", "sd_vae"]


def test_unknown_keys_are_kept_and_hidden_and_disk_edits_are_lost(configured: Server, models: Models) -> None:
    client = configured.client
    assert "foxup_note" not in client.read("options")
    on_disk = {**_saved(configured), "edited_while_running": 1, "CLIP_stop_at_last_layers": 1}
    (configured.folder / "config.json").write_text(json.dumps(on_disk), encoding="utf-8")
    client.set_options(eta_noise_seed_delta=31337)
    saved = _saved(configured)
    assert saved["foxup_note"] == "оставить"
    assert "edited_while_running" not in saved
    assert (saved["CLIP_stop_at_last_layers"], saved["eta_noise_seed_delta"]) == (2, 31337)
    (checkpoint,) = client.read("sd-models")
    assert (saved["sd_model_checkpoint"], saved["sd_checkpoint_hash"]) == (checkpoint["title"], checkpoint["sha256"])


def test_how_the_file_is_written(configured: Server) -> None:
    configured.client.set_options(eta_noise_seed_delta=3)
    text = (configured.folder / "config.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=4, ensure_ascii=False)
    assert '"foxup_note": "оставить"' in text


def test_a_fresh_install_has_no_file_until_the_first_save(start: Start) -> None:
    server = start()
    server.wait_api()
    server.client.txt2img(**SMALL)
    assert not (server.folder / "config.json").exists()
    server.client.set_options(CLIP_stop_at_last_layers=2)
    saved = _saved(server)
    assert saved["CLIP_stop_at_last_layers"] == 2
    assert {"sd_model_checkpoint", "sd_checkpoint_hash"} <= set(saved)
    assert not {"sd_vae", "eta_noise_seed_delta", "randn_source"} & set(saved)


@pytest.mark.parametrize("content", [WITH_BOM, b'{"CLIP_stop_at_last_layers": 2,'], ids=["bom", "cut-off"])
def test_an_unreadable_file_is_moved_away(start: Start, content: bytes) -> None:
    server = start(prepare=_writes(content))
    server.wait_api()
    assert server.client.read("options")["CLIP_stop_at_last_layers"] == 1
    assert not (server.folder / "config.json").exists()
    assert (server.folder / "tmp" / "config.json").read_bytes() == content
    assert "*** Could not load settings" in server.console
    assert f'*** The config file "{server.folder / "config.json"}" is likely corrupted' in server.console


def test_without_tmp_an_unreadable_file_kills_the_launch(start: Start) -> None:
    def prepare(folder: Path) -> None:
        (folder / "config.json").write_bytes(WITH_BOM)
        (folder / "tmp").rmdir()

    server = start(prepare=prepare)
    assert server.wait_end() == 1
    assert '*** It has been moved to the "tmp/config.json"' in server.console
    assert "FileNotFoundError: [Errno 2] No such file or directory: " in server.console
    assert (server.folder / "config.json").read_bytes() == WITH_BOM


def test_a_file_that_is_no_object_kills_the_launch(start: Start) -> None:
    server = start(prepare=_writes(b"[1, 2]"))
    assert server.wait_end() == 1
    assert "AttributeError: 'list' object has no attribute 'get'" in server.console
