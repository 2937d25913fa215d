"""Hash cache, checkpoints, VAE choice."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from minui import flags
from minui.checkpoints import Checkpoints
from minui.files import natural_key
from minui.hashes import HashCache, old_hash
from minui.options import Options, known_settings
from minui.paths import Paths, from_flags
from minui.vaes import Choice, Vaes


class Place:
    """A data folder with the objects that look into it."""

    def __init__(self, folder: Path, *argv: str) -> None:
        self.flags = flags.parse(folder, list(argv), {})
        self.paths: Paths = from_flags(folder, self.flags)
        self.options = Options(known_settings(self.paths))
        self.options.data = {}
        self.hashes = HashCache(folder, {}, hashing=not self.flags.no_hashing)
        self.checkpoints = Checkpoints(self.paths, self.flags, self.options, self.hashes)
        self.vaes = Vaes(self.paths, self.flags, self.options)

    def put(self, name: str, content: bytes = b"x", folder: str = "Stable-diffusion") -> Path:
        file = self.paths.models / folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_hash_is_kept_while_the_file_is_not_newer(place: Place, tmp_path: Path) -> None:
    file = place.put("a.safetensors", b"one")
    first = place.hashes.sha256(file, "checkpoint/a")
    assert first == hashlib.sha256(b"one").hexdigest()
    moment = file.stat().st_mtime
    file.write_bytes(b"two")
    os.utime(file, (moment - 100, moment - 100))
    assert HashCache(tmp_path, {}).sha256(file, "checkpoint/a") == first
    os.utime(file, (moment + 100, moment + 100))
    assert HashCache(tmp_path, {}).sha256(file, "checkpoint/a") == hashlib.sha256(b"two").hexdigest()


def test_cache_json_is_taken_over_once(place: Place, tmp_path: Path) -> None:
    file = place.put("a.safetensors")
    (tmp_path / "cache.json").write_text(json.dumps({"hashes": {"checkpoint/a": {"mtime": 2**40, "sha256": "f" * 64}}}))
    assert HashCache(tmp_path, {}).sha256(file, "checkpoint/a") == "f" * 64
    (tmp_path / "cache.json").write_text(json.dumps({"hashes": {"checkpoint/a": {"mtime": 2**40, "sha256": "e" * 64}}}))
    assert HashCache(tmp_path, {}).sha256(file, "checkpoint/a") == "f" * 64


def test_no_hashing_and_a_broken_cache(tmp_path: Path) -> None:
    place = Place(tmp_path, "--no-hashing")
    file = place.put("a.safetensors")
    assert place.hashes.sha256(file, "t") is None
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "hashes.json").write_text("{")
    assert HashCache(tmp_path, {}).sha256(file, "t") == hashlib.sha256(b"x").hexdigest()


def test_the_old_hash_reads_64_kib_at_one_mib(tmp_path: Path) -> None:
    file = tmp_path / "m"
    file.write_bytes(b"\0" * 0x100000 + b"y" * 0x10000 + b"tail")
    assert old_hash(file) == hashlib.sha256(b"y" * 0x10000).hexdigest()[:8]
    assert old_hash(tmp_path / "none") == "NOFILE"


def test_natural_order() -> None:
    assert sorted(["b10", "B2", "a"], key=natural_key) == ["a", "B2", "b10"]


def test_titles_grow_a_hash_and_every_alias_finds_the_checkpoint(place: Place) -> None:
    place.put("sub/fox 2.safetensors", b"fox")
    place.put("fox 10.ckpt")
    place.put("near.vae.safetensors")
    place.checkpoints.refresh()
    assert [one.title for one in place.checkpoints.found] == ["fox 10.ckpt", "sub/fox 2.safetensors"]
    fox = place.checkpoints.found[1]
    digest = hashlib.sha256(b"fox").hexdigest()
    assert fox.calculate_shorthash() == digest[:10]
    place.checkpoints.register(fox)
    assert (fox.title, fox.model_name) == (f"sub/fox 2.safetensors [{digest[:10]}]", "sub_fox 2")
    for alias in (
        fox.title,
        fox.name,
        "fox 2",
        "sub_fox 2",
        digest,
        digest[:10],
        f"fox 2 [{digest[:10]}]",
        fox.old_hash,
    ):
        assert place.checkpoints.aliases[alias] is fox or alias == fox.old_hash
    assert place.checkpoints.closest("fox 2.safe") is fox
    assert place.checkpoints.closest("fox 2.safetensors [0000000000]") is fox
    assert place.checkpoints.closest("wolf") is None


def test_the_configured_checkpoint_else_the_first_else_an_error(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.checkpoints.refresh()
    with pytest.raises(FileNotFoundError, match="No checkpoints found"):
        place.checkpoints.selected()
    place.put("b.safetensors")
    place.put("a.safetensors")
    place.checkpoints.refresh()
    place.options.data["sd_model_checkpoint"] = "b"
    assert place.checkpoints.selected().name == "b.safetensors"
    place.options.data["sd_model_checkpoint"] = "c"
    assert place.checkpoints.selected().name == "a.safetensors"
    assert "Checkpoint c not found; loading fallback a.safetensors" in capsys.readouterr().err


def test_a_yaml_beside_the_checkpoint_is_its_config(place: Place) -> None:
    file = place.put("a.safetensors")
    place.checkpoints.refresh()
    assert place.checkpoints.found[0].config is None
    file.with_suffix(".yaml").write_text("")
    assert place.checkpoints.found[0].config == str(file.with_suffix(".yaml"))


# ---- VAE --------------------------------------------------------------------------------------------------------


@pytest.fixture
def vaes(place: Place) -> Place:
    place.put("model.safetensors")
    place.put("clear.safetensors", folder="VAE")
    place.put("model-like.pt", folder="VAE")
    place.put("deep/model.vae.ckpt")
    place.vaes.refresh()
    return place


def _resolve(place: Place) -> tuple[str | None, str | None]:
    choice = place.vaes.resolve(str(place.paths.checkpoints / "model.safetensors"))
    return (Path(choice.file).name if choice.file else None), choice.source


def test_vaes_are_listed_by_bare_name_in_natural_order(vaes: Place) -> None:
    assert list(vaes.vaes.files) == ["clear.safetensors", "model-like.pt", "model.vae.ckpt"]


def test_automatic_takes_a_file_that_begins_like_the_checkpoint(vaes: Place) -> None:
    assert _resolve(vaes) == ("model-like.pt", "found near the checkpoint")


def test_a_named_vae_wins_and_none_means_the_checkpoints_own(vaes: Place) -> None:
    vaes.options.data["sd_vae"] = "clear.safetensors"
    assert _resolve(vaes) == ("clear.safetensors", "specified in settings")
    vaes.options.data["sd_vae"] = "None"
    assert _resolve(vaes) == (None, None)


def test_without_override_what_lies_near_beats_the_setting(vaes: Place) -> None:
    vaes.options.data.update(sd_vae="clear.safetensors", sd_vae_overrides_per_model_preferences=False)
    assert _resolve(vaes) == ("model-like.pt", "found near the checkpoint")


def test_metadata_beside_the_checkpoint_comes_before_the_name(vaes: Place) -> None:
    note = vaes.paths.checkpoints / "model.json"
    note.write_text('{"vae": "clear.safetensors"}')
    assert _resolve(vaes) == ("clear.safetensors", "from user metadata")
    note.write_text('{"vae": "None"}')
    assert _resolve(vaes) == (None, None)
    note.write_text("[broken")
    assert _resolve(vaes)[0] == "model-like.pt"


def test_an_unknown_name_is_said_and_means_none(vaes: Place, capsys: pytest.CaptureFixture[str]) -> None:
    vaes.options.data["sd_vae"] = "clear.safetensor"
    assert _resolve(vaes) == (None, None)
    assert capsys.readouterr().out == "Couldn't find VAE named clear.safetensor; using None instead\n"


def test_the_flag_beats_everything(tmp_path: Path) -> None:
    place = Place(tmp_path, "--vae-path", str(tmp_path / "v.pt"))
    assert place.vaes.resolve("m.safetensors") == Choice(str(tmp_path / "v.pt"), "from commandline argument")
