"""Which family a model's name tells, and that the guide's advice for SD 1.x stays with SD 1.x."""

from __future__ import annotations

import json

import pytest
import scenes
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from foxup.pictures.advice import advise, advise_picture
from foxup.pictures.families import family
from foxup.pictures.infotext import parse
from foxup.pictures.load import from_bytes

NAKED = "1girl\nSteps: 24, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 4, Seed: 1, Size: 1024x1024"
SD15 = ["img-ugly-missing-settings", "img-clip-skip", "img-duplicate-bodies", "img-cfg-out-of-range"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sd_xl_base_1.0", "sdxl"),
        ("ponyDiffusionV6XL", "sdxl"),
        ("ponyDiffusionV6XL_v6StartWithThisOne", "sdxl"),
        ("autismmixSDXL_autismmixConfetti", "sdxl"),
        ("kohaku-xl-beta7", "sdxl"),
        ("dreamshaperxl_v21", "sdxl"),
        ("juggernautXL_v9", "sdxl"),
        ("animagineXLV3_v30", "sdxl"),
        ("animagine3", "sdxl"),
        ("XL_merge", "sdxl"),
        ("waiNSFWIllustrious_v140", "sdxl"),
        ("noobaiXLNAIXL_vPred10", "sdxl"),
        ("noobaiEps", "sdxl"),
        ("playground-v2.5-1024px", "sdxl"),
        ("flux1-dev-fp8", "flux"),
        ("fluxDev_v1", "flux"),
        ("sd3_medium", "sd3"),
        ("sd3.5_large", "sd3"),
        ("stable-diffusion-3-medium", "sd3"),
        ("v2-1_768-ema-pruned", "sd2"),
        ("768-v-ema", "sd2"),
        ("stable-diffusion-2-1", "sd2"),
        ("sd21", "sd2"),
        ("NovelAI Diffusion V4.5 1229B44F", "novelai"),
        ("NovelAI Diffusion V3 7BCCAA2C", "novelai"),
        ("Stable Diffusion XL C1E1DE52", "novelai"),
        ("Stable Diffusion 81274D13", ""),
        ("Stable Diffusion F1022D28", ""),
        ("pixlr", ""),
        ("pixl_v1", ""),
        ("axlAnime", ""),
        ("sd-3d-render_v1", ""),
        ("ponyo-ghibli_v1", ""),
        ("influxMix_v2", ""),
        ("anything-v5-PrtRE", ""),
        ("AOM3A2_orangemixs", ""),
        ("counterfeitV30_v30", ""),
        ("sd-v1-5-pruned", ""),
        ("meinamix_meinaV8", ""),
        ("mistoonAnime_v20", ""),
        ("", ""),
    ],
)
def test_families_by_name(name, expected):
    assert family(parse(f"{NAKED}, Model: {name}" if name else NAKED)).name == expected


def codes(more: str) -> list[str]:
    return [item.code for item in advise(parse(NAKED + more))]


@pytest.mark.parametrize(
    "more",
    [
        ", Model: ponyDiffusionV6XL",
        ", Model: flux1-dev-fp8",
        ", Distilled CFG Scale: 3.5",
        ", Model: sd3_medium",
        ", Model: v2-1_768-ema-pruned",
        ", Model: ponyDiffusionV6XL, Version: v1.10.1",
    ],
)
def test_other_families_get_no_advice_of_sd_1(more):
    assert codes(more) == []


@pytest.mark.parametrize("more", ["", ", Model: axlAnime", ", Model: pixlr", ", Model: anything-v5"])
def test_sd_1_gets_it(more):
    assert codes(more)[:4] == SD15


def novelai(**chunks: str) -> list[str]:
    info = PngInfo()
    settings = {"steps": 28, "sampler": "k_euler_ancestral", "scale": 5, "seed": 7}
    comment = json.dumps({**settings, **({"v4_prompt": {}} if "v4" in chunks else {})})
    for key, text in {"Software": "NovelAI", "Description": "1girl", "Comment": comment, **chunks}.items():
        info.add_text(key, text)
    from io import BytesIO

    store = BytesIO()
    Image.fromarray(scenes.scene(1, size=(832, 1216))).save(store, "PNG", pnginfo=info)
    return [item.code for item in advise_picture(from_bytes(store.getvalue()).metadata)]


def test_novelai_says_its_model_in_a_chunk_of_its_own():
    assert novelai(Source="NovelAI Diffusion V4.5 1229B44F") == []
    assert novelai(Source="Stable Diffusion XL C1E1DE52") == []
    assert novelai(v4="") == []
    assert "img-duplicate-bodies" in novelai(Source="Stable Diffusion 81274D13")
