"""Before a generation: sizes, needs, the settings of the private server, the profile's own fingerprint."""

from __future__ import annotations

import json
import shutil

import pytest

from foxup import pinning, pins, profile
from foxup.errors import UsageError
from foxup.installed import FileState, Installed
from foxup.pictures import fingerprint
from foxup.pictures.load import from_bytes
from foxup.verify import Source, needs, server, sizing
from tests.verify.conftest import drawn, encoded

NAI = profile.load("nai")
FILES = {file.destination: FileState(1, "a") for file in NAI.files if file.default}


def asked(name: str, *present: str) -> list[str]:
    here = {file.destination: FileState(1, "a") for file in NAI.files if file.id in present}
    return [need.id for need in needs.missing(NAI, NAI.reference(name), Installed(files={**FILES, **here}))]


@pytest.mark.parametrize(
    ("name", "present", "ids"),
    [
        ("fox", (), []),
        ("fox-hires-esrgan", (), []),
        ("aqua", (), ["meinamix-v8", "valar"]),
        ("aqua", ("meinamix-v8",), ["valar"]),
        ("aqua", ("meinamix-v8", "valar"), []),
        ("catgirl", ("aom3a2",), ["bad-hands-5"]),
        ("megumin-upscale", ("meinamix-v8",), ["swinir"]),
        ("reimu-ultimate", ("pastelmix", "remacri"), ["ultimate-upscale"]),
    ],
)
def test_what_a_reference_needs(name, present, ids):
    assert asked(name, *present) == ids


def test_an_upscaler_that_should_be_there_is_missed_before():
    """The web UI would enlarge plainly and name the upscaler all the same."""
    lost = {key: state for key, state in FILES.items() if "RealESRGAN" not in key}
    found = needs.missing(NAI, NAI.reference("fox-hires-esrgan"), Installed(files=lost))
    assert [(need.id, need.kind) for need in found] == [("realesrgan-anime6b", "upscaler")]


def test_the_command_that_brings_all_of_it(layout):
    found = needs.findings(needs.missing(NAI, NAI.reference("aqua"), Installed(files=FILES)), layout)
    assert [item.code for item in found] == ["checkpoint-missing", "upscaler-missing"]
    assert {item.commands for item in found} == {(f"foxup fetch meinamix-v8 valar --dir {layout.root}",)}


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("fox", (512, 768), (512, 768)),
        ("fox-hires-latent", (1024, 1536), (512, 768)),
        ("fox-upscale", (2048, 3072), (1024, 1536)),
        ("fox", (511, 768), (512, 512)),  # a preview
        ("fox", (64, 64), (512, 512)),
        ("aqua", (512, 768), (640, 448)),  # printed in the guide
        ("fox", None, (512, 512)),
    ],
)
def test_the_size_of_the_published_picture(name, size, expected):
    used = sizing.by_picture(NAI.reference(name), size)
    assert (used.width, used.height) == expected
    assert bool(sizing.said(NAI.reference(name), used)) == (
        expected != (NAI.reference(name).width, NAI.reference(name).height)
    )


def test_tiles_of_the_size_of_the_source(tmp_path):
    path = tmp_path / "source.png"
    path.write_bytes(encoded(drawn((1024, 1536))))
    used = sizing.by_source(NAI.reference("fox-upscale"), Source("fox-hires-latent", "generated", path))
    assert (used.width, used.height) == (1024, 1536)
    assert sizing.by_source(NAI.reference("aqua-upscale"), Source("aqua", "generated", path)).width == 1280


def test_the_private_servers_settings(tmp_path):
    made = json.loads(
        server.settings_copy(b'{"CLIP_stop_at_last_layers": 2, "outdir_img2img_samples": "mine"}', tmp_path / "out")
    )
    assert made["CLIP_stop_at_last_layers"] == 2
    assert made["live_previews_enable"] is False
    assert made["outdir_img2img_samples"] == made["outdir_txt2img_grids"] == str(tmp_path / "out")


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf{}", b"{", b"[]", None])
def test_settings_the_web_ui_could_not_read_stay_so(tmp_path, content):
    assert server.settings_copy(content, tmp_path) == content


@pytest.fixture
def mine(tmp_path):
    """A profile of the person's own, with its references in a file beside it."""
    shutil.copytree(
        profile.profiles_folder() / "nai", tmp_path / "nai", ignore=shutil.ignore_patterns("t*", "packages")
    )
    text = (profile.profiles_folder() / "nai.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(text.replace('name = "nai"', 'name = "mine"', 1), encoding="utf-8")
    return tmp_path / "mine.toml"


@pytest.mark.parametrize("name", ["fox", "reimu", "reimu-ultimate"])
def test_the_fingerprint_goes_into_the_profile(mine, layout, tmp_path, name):
    """First, in the middle before a comment, last; written twice it is still there once, and nothing else moved."""
    picture = tmp_path / "picture.png"
    before = (tmp_path / "nai" / "references.toml").read_text(encoding="utf-8")
    for seed in (1, 2):
        profile.load.cache_clear()
        picture.write_bytes(encoded(drawn(seed=seed)))
        loaded = profile.load(str(mine))
        path = pinning.pin(loaded, loaded.reference(name), layout, picture)
    profile.load.cache_clear()
    again = profile.load(str(mine))
    assert fingerprint.read(again.reference(name).fingerprint).matches(from_bytes(picture.read_bytes()).rgb)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("fingerprint = ")] == before.splitlines()
    assert len(lines) == len(before.splitlines()) + 1
    assert [item.model_copy(update={"fingerprint": None}) for item in again.references] == list(NAI.references)


def test_the_kept_picture_is_pinned_without_naming_it(mine, layout):
    known = fingerprint.write(fingerprint.make(from_bytes(encoded(drawn()))))
    loaded = profile.load(str(mine))
    with pytest.raises(UsageError, match="not fetched yet"):
        pinning.pin(loaded, loaded.reference("fox"), layout)
    pins.add(layout, "fox", pins.Pin("a" * 64, 1, 320, 256, "x", "t", known))
    pinning.pin(loaded, loaded.reference("fox"), layout)
    profile.load.cache_clear()
    assert profile.load(str(mine)).reference("fox").fingerprint == known
