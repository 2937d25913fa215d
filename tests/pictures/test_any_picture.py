"""`foxup explain PICTURE` and `foxup compare`: whatever file somebody has, it ends in clear words and the house's codes."""

from __future__ import annotations

import json
from io import BytesIO

import numpy as np
import pytest
import scenes
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tests.e2e.conftest import foxup

from foxup import explaining, profile
from foxup.errors import UsageError
from foxup.pictures import load

SCENE = scenes.scene(3)
FOX = profile.load("smoke").folder / "smoke" / "references" / "fox.png"
TEXT = (
    "1girl, fox ears, best quality\nNegative prompt: (worst quality:1.4)\nSteps: 24, Sampler: DPM++ 2M, Schedule type: Karras, "
    "CFG scale: 7.0, Seed: 1, Size: 512x512, Model hash: 7f96a1a9ca, Model: anything-v5, VAE: clearvae.safetensors, "
    "Clip skip: 2, Version: v1.10.1"
)
GRAPH = json.dumps({"3": {"class_type": "KSampler", "inputs": {"seed": 1}}})


def png(**texts: str) -> bytes:
    info = PngInfo()
    for key, text in texts.items():
        info.add_itxt(key, text)
    return saved(pnginfo=info)


def saved(kind: str = "PNG", image: Image.Image | None = None, **options) -> bytes:
    store = BytesIO()
    (image or Image.fromarray(SCENE)).save(store, kind, **options)
    return store.getvalue()


def exif(**fields) -> bytes:
    data = Image.Exif()
    for tag, value in fields.items():
        data[int(tag.removeprefix("x"), 16)] = value
    return data.tobytes()


@pytest.fixture
def told(tmp_path):
    def told(data: bytes, name: str = "a.png", profile_name: str = "nai") -> explaining.Told:
        path = tmp_path / name
        path.write_bytes(data)
        return explaining.explain(path, profile.load(profile_name))

    return told


def codes(told: explaining.Told) -> list[str]:
    return [item.code for item in told.findings]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png(), "img-no-metadata"),
        (png(parameters="hello, a fox"), "picture-no-parameters"),
        (png(parameters='{"prompt": "fox", "steps": 30, "seed": 5, "cfg": 7}'), "picture-no-parameters"),
        (png(prompt=GRAPH, workflow='{"nodes": []}'), "picture-other-program"),
        (saved("WEBP", exif=exif(x010e="workflow:{}", x010f=f"prompt:{GRAPH}")), "picture-other-program"),
        (png(parameters='{"prompt": "fox"}', fooocus_scheme="fooocus"), "picture-other-program"),
        (png(parameters='{"sui_image_params": {"prompt": "fox"}}'), "picture-other-program"),
        (png(invokeai_metadata='{"seed": 1}'), "picture-other-program"),
        (saved("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\0" * 30), "img-no-metadata"),
        (saved("JPEG", image=Image.fromarray(SCENE).convert("CMYK")), "img-no-metadata"),
        (saved("PNG", image=Image.fromarray(SCENE).quantize(256)), "img-no-metadata"),
        (saved("AVIF"), "img-no-metadata"),
        (saved("BMP"), "img-no-metadata"),
        (saved("PNG", image=Image.new("RGB", (1, 1))), "img-black"),
        (saved("PNG", image=Image.new("RGB", (1, 4000))), "img-black"),
    ],
)
def test_what_a_picture_says_of_its_making(told, data, code):
    assert codes(told(data)) == [code]


def test_a_graph_beside_the_web_uis_own_text_is_no_hindrance(told):
    found = told(png(parameters=TEXT, prompt=GRAPH, workflow="{}"))
    assert codes(found) == []
    assert found.lines == (TEXT, "Nothing in them goes against the guide.")


@pytest.mark.parametrize(
    "more",
    [
        'ADetailer model: face_yolov8n.pt, ADetailer prompt: "лиса, b: c\\nd", ControlNet 0: "Module: none, Weight: 1"',
        "Distilled CFG Scale: 3.5, Module 1: ae",
        'Lora hashes: "add: 123, b: 456", Hashes: {"model": "7f96a1a9ca"}',
    ],
)
def test_keys_of_extensions_and_forks_are_shown_and_break_no_rule(told, more):
    text = TEXT.replace("1girl", 'лисица "в кавычках", <b>').replace("Version", f"{more}, Version")
    found = told(png(parameters=text))
    assert (codes(found), found.data["parameters"], found.lines[0]) == ([], text, text)


def test_a_very_long_text_is_cut_for_people_and_whole_for_programs(told):
    found = told(png(parameters="fox, " * 200_000 + TEXT))
    assert len(found.lines[0]) < 5_000
    assert found.lines[0].endswith("Version: v1.10.1")
    assert len(found.data["parameters"]) > 1_000_000


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.png", "picture-not-a-picture"),
        (b"<!DOCTYPE html><html>", "a.jpg", "picture-not-a-picture"),
        (saved("TIFF"), "a.tif", "picture-not-a-picture"),
        (png()[:20_000], "a.png", "picture-truncated"),
        (png()[:20], "a.txt", "picture-truncated"),
        (saved("GIF", save_all=True, append_images=[Image.new("RGB", (9, 9))]), "a.gif", "picture-animated"),
    ],
)
def test_a_file_that_is_no_picture_is_a_wrong_input(told, data, name, code):
    with pytest.raises(UsageError) as caught:
        told(data, name)
    assert caught.value.code == code


def test_a_picture_that_says_nothing_is_known_by_its_looks(told):
    rgb = load.load(FOX).rgb
    again = told(scenes.encoded(rgb, "JPEG", quality=85), "a.jpg", "smoke")
    assert (again.data["reference"], again.data["verdict"]) == ("fox", "same")
    assert codes(again) == ["img-no-metadata"]
    assert "The fox" in again.lines[1]
    pale = told(scenes.encoded(scenes.washed(rgb, 2)), "a.png", "smoke")
    assert codes(pale)[0] == "img-washed-out-no-vae"
    assert "reference" not in told(scenes.encoded(scenes.scene(3, size=(256, 320))), "a.png", "smoke").data


def test_a_reference_gets_no_advice_against_its_own_parameters(told):
    assert codes(told(FOX.read_bytes(), "a.png", "smoke")) == []
    with Image.open(FOX) as image:
        text = image.info["parameters"].replace("CFG scale: 7.0", "CFG scale: 20")
    info = PngInfo()
    info.add_text("parameters", text)
    assert codes(told(saved(image=Image.fromarray(load.load(FOX).rgb), pnginfo=info), "a.png", "smoke")) == [
        "param-cfg",
        "img-cfg-out-of-range",
    ]
    pale = text.replace("CFG scale: 20", "CFG scale: 20, Seed: 1")
    info = PngInfo()
    info.add_text("parameters", pale)
    last = codes(told(saved(image=Image.fromarray(scenes.scene(1, size=(256, 320))), pnginfo=info), "a.png", "smoke"))
    assert last[-2:] == ["img-cfg-out-of-range", "ruled-out"]


def test_a_picture_turned_by_its_exif_is_compared_upright(tmp_path):
    turned = Image.fromarray(SCENE).transpose(Image.Transpose.ROTATE_90)
    picture = load.from_bytes(saved("JPEG", image=turned, exif=exif(x0112=6), quality=95))
    assert picture.rgb.shape == SCENE.shape
    assert np.abs(picture.rgb.astype(int) - SCENE).mean() < 4
    assert picture.jpeg is None


def test_compare_as_a_person_runs_it(tmp_path):
    good, cut = tmp_path / "good.png", tmp_path / "cut.png"
    good.write_bytes(png(parameters=TEXT))
    cut.write_bytes(png(parameters=TEXT)[:9_000])
    small = tmp_path / "small.png"
    small.write_bytes(scenes.encoded(scenes.resized(SCENE, 128, 192)))
    assert foxup("compare", good, good, "--json").data["verdict"] == "identical"
    assert foxup("compare", good, cut, "--json", code=2).document["error"]["code"] == "picture-truncated"
    assert (
        foxup("compare", good, tmp_path / "none.png", "--json", code=2).document["error"]["code"] == "picture-missing"
    )
    assert foxup("compare", small, good, "--json", code=1).data["explanation"][0]["code"] == "img-hires-missing"
    ran = foxup("verify", "--dir", tmp_path / "none", "--reference", cut, "--json", code=2)
    assert ran.document["error"]["code"] == "picture-truncated"
