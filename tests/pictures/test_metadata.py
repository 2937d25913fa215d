"""Finding the parameters where each format keeps them."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
import scenes
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from foxup.pictures import load

TEXT = "лиса, 1girl\nNegative prompt: bad\nSteps: 24, Sampler: Euler a, CFG scale: 7.0, Seed: 5, Size: 64x96"
PICTURE = scenes.scene(1, size=(64, 96))


def exif(comment: bytes | str) -> bytes:
    data = Image.Exif()
    data.get_ifd(0x8769)[0x9286] = comment
    return data.tobytes()


def saved(kind: str, **options) -> bytes:
    store = BytesIO()
    Image.fromarray(PICTURE).save(store, kind, **options)
    return store.getvalue()


def png(itxt: bool = False, **texts: str) -> bytes:
    info = PngInfo()
    for key, text in texts.items():
        (info.add_itxt if itxt else info.add_text)(key, text)
    return saved("PNG", pnginfo=info)


@pytest.mark.parametrize("itxt", [False, True])
def test_png_text(itxt):
    found = load.from_bytes(png(itxt=itxt, parameters=TEXT)).metadata
    assert (found.parameters, found.source, found.stripped) == (TEXT, "png", False)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize(
    "comment",
    [
        b"UNICODE\0" + TEXT.encode("utf-16-be"),  # what piexif writes, and with it the web UI
        b"UNICODE\0" + TEXT.encode("utf-16-le"),
        b"UNICODE\0" + TEXT.encode("utf-16"),  # with a byte order mark
        b"UNICODE\0" + TEXT.encode() + b"\0",
        b"ASCII\0\0\0" + TEXT.encode(),
        b"\0" * 8 + TEXT.encode(),
        TEXT.encode(),
    ],
)
def test_exif_user_comment(kind, comment):
    found = load.from_bytes(saved(kind, exif=exif(comment))).metadata
    assert found.parameters == TEXT
    assert found.source == "exif"


def test_exif_wins_over_png_text():
    info = PngInfo()
    info.add_text("parameters", "Steps: 1, Sampler: Euler, CFG scale: 1")
    data = saved("PNG", pnginfo=info, exif=exif(b"UNICODE\0" + TEXT.encode("utf-16-be")))
    assert load.from_bytes(data).parameters == TEXT


def test_a_host_that_stripped_it_is_seen():
    assert load.from_bytes(saved("PNG")).metadata.stripped
    assert load.from_bytes(png(parameters="  ")).metadata.stripped


def test_damaged_exif_is_no_reason_to_refuse_the_picture():
    assert load.from_bytes(saved("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")).metadata.stripped


def test_novelai_is_translated():
    settings = {"steps": 28, "sampler": "k_euler_ancestral", "scale": 11, "seed": 7, "uc": "bad hands"}
    found = load.from_bytes(png(Software="NovelAI", Description="1girl", Comment=json.dumps(settings))).metadata
    assert found.source == "novelai"
    assert found.parameters == (
        "1girl\nNegative prompt: bad hands\n"
        "Steps: 28, Sampler: Euler a, CFG scale: 11, Seed: 7, Size: 64x96, Clip skip: 2, ENSD: 31337"
    )


@pytest.mark.parametrize(
    ("name", "sampler"),
    [
        ("k_euler", "Euler"),
        ("k_euler_ancestral", "Euler a"),
        ("k_dpmpp_2m", "DPM++ 2M"),
        ("k_dpmpp_sde", "DPM++ SDE"),
        ("k_dpmpp_2m_sde", "DPM++ 2M SDE"),
        ("k_dpmpp_2s_ancestral", "DPM++ 2S a"),
        ("k_lms", "LMS"),
        ("k_heun", "Heun"),
        ("k_dpm_2", "DPM2"),
        ("k_dpm_2_ancestral", "DPM2 a"),
        ("k_dpm_fast", "DPM fast"),
        ("ddim", "DDIM"),
        ("ddim_v3", "DDIM"),
        ("nobodys", "Euler a"),
    ],
)
def test_novelais_samplers_by_the_web_uis_names(name, sampler):
    settings = {"steps": 28, "sampler": name, "scale": 11, "seed": 7, "uc": "bad hands"}
    found = load.from_bytes(png(Software="NovelAI", Description="1girl", Comment=json.dumps(settings))).metadata
    assert f"Sampler: {sampler}, " in (found.parameters or "")


def test_a_broken_novelai_comment_gives_nothing():
    assert load.from_bytes(png(Software="NovelAI", Comment="{")).metadata.stripped


GRAPH = json.dumps({"3": {"class_type": "KSampler", "inputs": {}}})
FOOOCUS = json.dumps({"adm_guidance": "(1.5, 0.8, 0.3)", "base_model": "juggernautXL", "version": "Fooocus v2.5.0"})


@pytest.mark.parametrize(
    ("chunks", "program"),
    [
        ({"prompt": "a fox", "seed": "1", "num_inference_steps": "25", "guidance_scale": "7.5"}, "Easy Diffusion"),
        ({"prompt": "a fox", "use_stable_diffusion_model": "sd-v1-5"}, "Easy Diffusion"),
        ({"prompt": "a fox"}, ""),
        ({"prompt": GRAPH}, "ComfyUI"),
        ({"workflow": GRAPH}, "ComfyUI"),
        ({"Dream": '"a fox" -s 50 -S 123 -W 512 -H 512 -C 7.5 -A k_lms'}, "InvokeAI"),
        ({"parameters": FOOOCUS, "fooocus_scheme": "fooocus"}, "Fooocus"),
        ({"parameters": FOOOCUS}, "Fooocus"),
        ({"parameters": '{"sui_image_params": {"prompt": "fox"}}'}, "SwarmUI"),
        ({"parameters": TEXT, "prompt": GRAPH}, ""),
        ({"parameters": '{"prompt": "fox"}'}, ""),
    ],
)
def test_other_programs_by_their_chunks(chunks, program):
    assert load.from_bytes(png(**chunks)).metadata.program == program


@pytest.mark.parametrize(
    ("comment", "program"),
    [
        (FOOOCUS, "Fooocus"),
        ('{"sui_image_params": {"prompt": "fox"}}', "SwarmUI"),
        ('{"prompt": "fox", "seed": 1, "num_inference_steps": 25}', "Easy Diffusion"),
        (GRAPH, "ComfyUI"),
        (TEXT, ""),
    ],
)
def test_other_programs_by_their_exif(comment, program):
    found = load.from_bytes(saved("JPEG", exif=exif(b"UNICODE\0" + comment.encode("utf-16-be")))).metadata
    assert (found.parameters, found.program) == (comment, program)


def test_a_user_comment_beside_the_exif_block():
    """As Fooocus writes it into JPEG and WebP."""
    data = Image.Exif()
    data[0x9286] = FOOOCUS
    assert load.from_bytes(saved("JPEG", exif=data.tobytes())).metadata.program == "Fooocus"
