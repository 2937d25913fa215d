"""The guide's advice: each rule on its own, and silence where the guide's own parameters are used."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from foxup.pictures import prompt
from foxup.pictures.advice import advise, advise_picture
from foxup.pictures.infotext import parse, parse_markdown
from foxup.pictures.metadata import Metadata

GOOD = (
    "1girl, fox ears, best quality, (epic lighting:1.2)\nNegative prompt: (worst quality, low quality:1.4)\n"
    "Steps: 24, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.0, Seed: 1, Size: 512x512, "
    "Model hash: 7f96a1a9ca, Model: anything-v5, VAE: clearvae.safetensors, Clip skip: 2, Version: v1.10.1"
)
HIRES = "Denoising strength: 0.6, Clip skip: 2, Hires upscale: 2.0, Hires upscaler: Latent"


def codes(text: str) -> list[str]:
    return [item.code for item in advise(parse(text))]


def test_the_guides_own_parameters_are_right():
    assert codes(GOOD) == []
    assert codes(GOOD.replace("Clip skip: 2", HIRES)) == []


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[1] / "cases/pictures/guide").glob("*.md")), ids=lambda p: p.stem
)
def test_the_guides_references_are_right(path):
    found = [item.code for item in advise(parse_markdown(path.read_text(encoding="utf-8")))]
    assert found == (["img-clip-skip"] if path.stem == "clip-skip-tags" else [])  # that one shows what goes wrong


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("\nNegative prompt: (worst quality, low quality:1.4)", "", "img-ugly-missing-settings"),
        ("Clip skip: 2, ", "", "img-clip-skip"),
        ("512x512", "1024x1024", "img-duplicate-bodies"),
        ("512x512", "256x256", "advice-size-small"),
        ("anything-v5", "ponyDiffusionXL", "img-too-small-sdxl"),
        ("best quality, ", "", "advice-no-quality-tags"),
        ("scale: 7.0", "scale: 5", "img-cfg-out-of-range"),
        ("scale: 7.0", "scale: 20", "img-cfg-out-of-range"),
        ("Steps: 24", "Steps: 8", "advice-steps-few"),
        ("Steps: 24", "Steps: 60", "advice-steps-many"),
        ("DPM++ 2M, Schedule type: Karras", "UniPC", "advice-steps-few"),
        ("lighting:1.2", "lighting:1.4", "advice-weight-object"),
        ("lighting:1.2", "lighting:1.8", "img-overweighted-tags"),
        ("1girl", "(((1girl)))", "advice-brackets"),
        ("low quality:1.4", "fox  EARS:1.4", "advice-tag-in-both"),
        ("Clip skip: 2", HIRES.replace("0.6", "0.4"), "img-latent-blur-squares"),
        (
            "anything-v5, VAE: clearvae.safetensors",
            "AOM3A2, VAE: vae-ft-mse-840000-ema-pruned.ckpt",
            "img-vae-incompatible",
        ),
        ("VAE: clearvae.safetensors, ", "", "advice-no-vae"),
        ("Clip skip: 2", "Denoising strength: 0.55, Clip skip: 2, SD upscale overlap: 64", "img-tile-ghosts"),
        (
            "Clip skip: 2",
            "Denoising strength: 0.4, Clip skip: 2, Ultimate SD upscale tile_width: 512",
            "img-tile-size-off",
        ),
        ("Clip skip: 2", "Denoising strength: 0.4, Ultimate SD upscale padding: 16, Clip skip: 2", "img-tile-seams"),
        ("Clip skip: 2", "Denoising strength: 0.4, Ultimate SD upscale mask_blur: 4, Clip skip: 2", "img-tile-seams"),
        (
            "DPM++ 2M, Schedule type: Karras",
            "Euler a, Denoising strength: 0.4, SD upscale overlap: 64",
            "img-tile-ghosts",
        ),
    ],
)
def test_each_rule_alone(before, after, code):
    assert before in GOOD
    assert codes(GOOD.replace(before, after)) == [code]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("scale: 7.0", "scale: 6"),
        ("scale: 7.0", "scale: 14"),
        ("lighting:1.2", "lighting:1.3"),
        ("1girl", "((1girl))"),
        ("512x512", "640x448"),
        ("Clip skip: 2", HIRES.replace("0.6", "0.4").replace("Latent", "R-ESRGAN 4x+ Anime6B")),
        (
            "Clip skip: 2, Version: v1.10.1",
            "Denoising strength: 0.4, Clip skip: 2, Ultimate SD upscale tile_width: 960, Ultimate SD upscale tile_height: 0",
        ),
        ("Clip skip: 2", "Denoising strength: 0.4, Ultimate SD upscale padding: 32, Clip skip: 2"),
        ("DPM++ 2M, Schedule type: Karras", "Euler a, Denoising strength: 0.39, SD upscale overlap: 64"),
        ("VAE: clearvae.safetensors, Clip skip: 2, Version: v1.10.1", "Clip skip: 2"),  # old versions never name a VAE
        ("best quality", "Masterpiece:1.2"),
        ("best quality, (epic lighting:1.2)", "(masterpiece, epic lighting:1.2)"),
        ("anything-v5, VAE: clearvae.safetensors, Clip skip: 2", "realisticVision, VAE: clearvae.safetensors"),
    ],
)
def test_the_borders(before, after):
    assert before in GOOD
    assert codes(GOOD.replace(before, after)) == []


@pytest.mark.parametrize(
    ("sampler", "few", "right", "many"),
    [
        ("Euler", 14, (15, 20, 30), 31),
        ("Euler a", 14, (15, 20, 30), 31),
        ("DDIM", 24, (25, 30, 50), 51),
        ("DPM++ 2M", 14, (15, 20, 30), 31),
        ("UniPC", 29, (30, 60), 61),
        ("Some new sampler", None, (1, 150), None),
    ],
)
def test_steps_by_sampler(sampler, few, right, many):
    def told(steps: int) -> list[str]:
        text = GOOD.replace("Steps: 24", f"Steps: {steps}").replace("DPM++ 2M, Schedule type: Karras", sampler)
        return codes(text)

    assert [told(steps) for steps in right] == [[]] * len(right)
    if few and many:
        assert (told(few), told(many)) == (["advice-steps-few"], ["advice-steps-many"])


def test_a_picture_without_parameters():
    assert [item.code for item in advise_picture(Metadata())] == ["img-no-metadata"]
    assert advise_picture(Metadata(GOOD, "png")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", [("a", 1.0, 0)]),
        ("(a)", [("a", 1.1, 1)]),
        ("((a))", [("a", 1.21, 2)]),
        ("[a]", [("a", 1 / 1.1, 0)]),
        ("(a:1.3)", [("a", 1.3, 0)]),
        ("((a:1.5))", [("a", 1.65, 1)]),
        ("(a", [("a", 1.1, 1)]),
        ("a)", [("a", 1.0, 0), (")", 1.0, 0)]),
        (r"aqua_\(konosuba\)", [("aqua_", 1.0, 0), ("(", 1.0, 0), ("konosuba", 1.0, 0), (")", 1.0, 0)]),
        ("masterpiece:1.2", [("masterpiece", 1.0, 0), (":", 1.0, 0), ("1.2", 1.0, 0)]),
    ],
)
def test_weights(text, expected):
    found = [(span.text, pytest.approx(span.weight), span.brackets) for span in prompt.spans(text)]
    assert found == expected


@pytest.mark.parametrize(
    ("written", "code", "named"),
    [
        (r"(megumin_\(konosuba\):1.4)", "advice-weight-object", "megumin_(konosuba) (1.40)"),
        (r"(megumin_\(konosuba\):1.6)", "img-overweighted-tags", "megumin_(konosuba) (1.60)"),
        ("(a:b:1.6)", "img-overweighted-tags", "a:b (1.60)"),
        (r"(((aqua_\(konosuba\))))", "advice-brackets", "aqua_(konosuba) (1.33)"),
        ("(hat:1.6), (cap:1.6)", "img-overweighted-tags", "hat (1.60), cap (1.60)"),
    ],
)
def test_a_weighted_tag_is_named_once_and_whole(written, code, named):
    found = advise(parse(GOOD.replace("1girl", written)))
    assert [item.code for item in found] == [code]
    assert found[0].message.endswith(f": {named}.")


def test_tags_lose_weights_and_escapes():
    assert prompt.tags(r"(Fox  Ears:1.2), ((b)), aqua_\(konosuba\)" + "\nc") == [
        "fox ears",
        "b",
        "aqua_(konosuba)",
        "c",
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a BREAK b AND c, band, breakfast", ["a", "b", "c", "band", "breakfast"]),
        ("a\nBREAK\nb", ["a", "b"]),
        ("[hat:cap:0.5]", ["hat", "cap"]),
        ("[hat : cap : 10]", ["hat", "cap"]),
        ("[hat:0.5], [:cap:0.3], [hood::8]", ["hat", "cap", "hood"]),
        ("[hat|cap|hood]", ["hat", "cap", "hood"]),
        ("[hat:[cap|hood]:0.5]", ["hat", "cap", "hood"]),
        ("[hat]", ["hat"]),
        ("hat:1.2, cap : 0.8", ["hat", "cap"]),
        (":3, :d, re:zero", [":3", ":d", "re:zero"]),
        (r"\[hat:cap:0.5\]", ["[hat:cap:0.5]"]),
        ("[" * 40 + "a", ["a"]),
        ("(a:" + "1" * 100_000, ["a:" + "1" * 100_000]),
    ],
)
def test_tags_of_a_prompt(written, expected):
    assert prompt.tags(written) == expected


@pytest.mark.parametrize(
    ("wanted", "unwanted", "told"),
    [
        ("long_hair", "long hair", ["advice-tag-in-both"]),
        ("1girl BREAK hat", "bad AND hat", ["advice-tag-in-both"]),
        ("1girl BREAK hat", "bad BREAK cap", []),
        ("[hat:cap:0.5]", "cap", ["advice-tag-in-both"]),
        ("[hat:0.5]", "hat", ["advice-tag-in-both"]),
        ("[hat|cap]", "cap", ["advice-tag-in-both"]),
        ("hat:1.2", "hat", ["advice-tag-in-both"]),
        ("hat:1.2", "hats", []),
    ],
)
def test_one_tag_in_both_prompts(wanted, unwanted, told):
    text = GOOD.replace("1girl", wanted).replace("(worst quality, low quality:1.4)", unwanted)
    assert codes(text) == told


def test_underscores_equal_blanks_for_every_rule():
    assert codes(GOOD.replace("best quality", "best_quality")) == []
    tiled = "Denoising strength: 0.48, Clip skip: 2, SD upscale overlap: 64"
    for shot in ("full body", "full_body", "Full_Body:1.1"):
        assert codes(GOOD.replace("1girl", shot).replace("Clip skip: 2", tiled)) == ["img-tile-ghosts"]


@pytest.mark.parametrize(
    "vae",
    [
        "klF8Anime2VAE_klF8Anime2VAE.ckpt",
        "kl_f8_anime2.ckpt",
        "kl-f8-anime2.ckpt",
        "kl-f8-anime.vae.pt",
        "vae-ft-mse-840000-ema-pruned.safetensors",
        "vaeFtMse840000Ema_v100.pt",
    ],
)
@pytest.mark.parametrize(
    "model", ["AOM3A2_orangemixs", "abyssorangemix3AOM3_aom3a2", "Counterfeit-V3.0", "abyss orange-mix3"]
)
def test_a_vae_is_known_however_its_name_is_written(vae, model):
    assert codes(GOOD.replace("anything-v5, VAE: clearvae.safetensors", f"{model}, VAE: {vae}")) == [
        "img-vae-incompatible"
    ]
    assert codes(GOOD.replace("clearvae.safetensors", vae)) == []


@pytest.mark.parametrize("part", ["[a:", "(a", "[", "(((a)))", "[a|b]", "a BREAK ", ":", ":1"])
def test_absurdly_long_prompts_take_no_time(part):
    begun = time.monotonic()
    advise(parse(f"{part * 20_000}\nSteps: 20, Sampler: Euler, Seed: 1"))
    assert time.monotonic() - begun < 20
