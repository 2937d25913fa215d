"""The five kinds of references of the guide on the real web UI, with the tiny checkpoint: each right, each wrong once.

Needs FOXUP_TEST_MIRROR, see test_nai_cpu.py. What this machine's web UI draws stands in for the published pictures.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from foxup import profile
from tests.e2e import upscaler
from tests.e2e.conftest import Ran
from tests.e2e.test_nai_cpu import MIRROR, PROFILE, Place, nai

__all__ = ["nai"]

pytestmark = [
    pytest.mark.skipif(not MIRROR, reason="FOXUP_TEST_MIRROR names no folder with repositories"),
    pytest.mark.timeout(1800),
]

UPSCALER = "R-ESRGAN 4x+ Anime6B"
COMMON = """
prompt = "red fox, sitting, forest, masterpiece, best quality"
negative_prompt = "worst quality, blurry"
steps = 12
sampler = "DPM++ 2M"
scheduler = "Karras"
cfg_scale = 7.0
seed = 3287962209
width = {width}
height = {height}
clip_skip = 2
ensd = 31337
checkpoint = "tinyfox.safetensors"
vae = "clearfox.safetensors"
"""
KINDS = {
    "base": "",
    "hires-latent": 'hires = {upscaler = "Latent", scale = 1.5, denoising_strength = 0.6}',
    "hires-esrgan": f'hires = {{upscaler = "{UPSCALER}", scale = 1.5, denoising_strength = 0.5}}\nneeds = ["stand-in"]',
    "sd-upscale": f"""mode = "img2img"
denoising_strength = 0.4
init = "base"
script = "SD upscale"
script_args = {{overlap = 32, upscaler = "{UPSCALER}", scale = 1.5}}
needs = ["stand-in"]""",
    "ultimate": f"""mode = "img2img"
denoising_strength = 0.42
init = "base"
script = "Ultimate SD upscale"
script_args = {{tile_width = 192, tile_height = 192, mask_blur = 8, padding = 16, upscaler = "{UPSCALER}"}}
needs = ["stand-in", "ultimate-upscale"]""",
}
SIZES = {"ultimate": (320, 384)}


@dataclass(frozen=True)
class Gallery:
    """The install, and a profile file with the references and their pictures."""

    place: Place
    profile: Path

    def verify(self, *arguments: str, code: int | None = None) -> Ran:
        return self.place.foxup("verify", "--profile", self.profile, "--json", *arguments, code=code)

    def causes(self, kind: str, *arguments: str) -> tuple[str, bool, list[str]]:
        result = self.verify(kind, *arguments, code=1).data["results"][0]
        causes = [item["code"] for item in result["explanation"] if item["severity"] != "info"]
        return result["verdict"], result["proven"], causes


def write_profile(folder: Path, file: Path, pictures: dict[str, Path]) -> Path:
    """Write nai-cpu with these references beside links to everything the shipped profiles read."""
    for path in profile.profiles_folder().iterdir():
        if not (folder / path.name).exists():
            (folder / path.name).symlink_to(path)
    lines = [(profile.profiles_folder() / f"{PROFILE}.toml").read_text(encoding="utf-8").partition("[[references]]")[0]]
    content = file.read_bytes()
    lines.append(f"""
[[files]]
id = "stand-in"
kind = "upscaler"
title.en = "A small stand-in"
title.ru = "Маленькая замена"
destination = "models/RealESRGAN/RealESRGAN_x4plus_anime_6B.pth"
sources = [{{url = "{file}"}}]
size = {len(content)}
sha256 = "{hashlib.sha256(content).hexdigest()}"
default = false
""")
    for kind, own in KINDS.items():
        width, height = SIZES.get(kind, (192, 256))
        lines.append(f'[[references]]\nid = "{kind}"\ntitle.en = "{kind}"\ntitle.ru = "{kind}"')
        lines.append(COMMON.format(width=width, height=height) + own)
        if kind in pictures:
            sha256 = hashlib.sha256(pictures[kind].read_bytes()).hexdigest()
            lines.append(f'picture = "package:published/{kind}.png"\npicture_sha256 = "{sha256}"')
    target = folder / "references.toml"
    target.write_text("\n".join(lines), encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def gallery(nai: Place, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """Generate each reference once, and publish what came."""
    folder = tmp_path_factory.mktemp("references")
    stand_in = folder / "stand-in.pth"
    upscaler.write(stand_in)
    (nai.folder / "models" / "RealESRGAN" / "RealESRGAN_x4plus_anime_6B.pth").unlink(
        missing_ok=True
    )  # of a kept install
    made = Gallery(nai, write_profile(folder, stand_in, {}))
    first = made.verify("--all", "--fetch", code=1).data["results"]
    assert [(item["reference"], item["verdict"]) for item in first] == [(kind, "unconfirmed") for kind in KINDS]
    published = folder / "published"
    published.mkdir()
    pictures = {}
    for item in first:
        pictures[item["reference"]] = published / f"{item['reference']}.png"
        shutil.copy(item["generated"], pictures[item["reference"]])
    return Gallery(nai, write_profile(folder, stand_in, pictures))


def untouched(folder: Path) -> dict[str, str]:
    """What of the person's a verification must leave alone, by its content."""
    paths = [*(folder / "outputs").rglob("*"), folder / "config.json", folder / "params.txt", folder / "ui-config.json"]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()}


def test_every_kind_comes_out_as_published_and_leaves_nothing(gallery):
    before = untouched(gallery.place.folder)
    results = gallery.verify("--all", code=0).data["results"]
    assert {item["reference"]: item["proven"] for item in results} == dict.fromkeys(KINDS, True)
    for item in results:
        assert [found["code"] for found in item["explanation"] if found["severity"] != "info"] == [], item["reference"]
    assert untouched(gallery.place.folder) == before


@pytest.mark.parametrize(
    ("kind", "change", "cause"),
    [
        ("base", "clip_skip=1", "img-clip-skip"),
        ("hires-latent", "denoising_strength=0.3", "img-latent-blur-squares"),
        ("hires-esrgan", "vae=None", "img-washed-out-no-vae"),
        ("sd-upscale", "denoising_strength=0.75", "param-denoising"),
        ("ultimate", "seed=1", "param-seed"),
    ],
)
def test_one_wrong_parameter_is_named_first(gallery, kind, change, cause):
    verdict, proven, causes = gallery.causes(kind, "--set", change)
    assert (proven, causes[0]) == (False, cause), (verdict, causes)


@pytest.mark.parametrize("kind", ["hires-esrgan", "sd-upscale", "ultimate"])
def test_without_the_upscaler_no_picture_is_taken_for_right(gallery, kind):
    """The web UI would enlarge plainly and still print the upscaler's name."""
    path = gallery.place.folder / "models" / "RealESRGAN" / "RealESRGAN_x4plus_anime_6B.pth"
    kept = path.rename(path.with_suffix(".kept"))
    try:
        verdict, proven, causes = gallery.causes(kind)
    finally:
        kept.rename(path)
    assert (verdict, proven, causes[0]) == ("unconfirmed", False, "upscaler-missing")


def test_a_setting_of_the_install_is_named_for_every_kind(gallery):
    config = gallery.place.folder / "config.json"
    kept = config.read_bytes()
    config.write_text(json.dumps({**json.loads(kept), "CLIP_stop_at_last_layers": 1}))
    try:
        results = gallery.verify("hires-latent", "sd-upscale", code=1).data["results"]
    finally:
        config.write_bytes(kept)
    for item in results:
        causes = [found["code"] for found in item["explanation"] if found["severity"] != "info"]
        assert (item["proven"], causes[0]) == (False, "img-clip-skip")
