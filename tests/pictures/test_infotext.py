"""Generation parameters as text: the web UI's rules, the guide's Markdown, and the way there and back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foxup.pictures import infotext
from foxup.pictures.infotext import Infotext, equal, parse, parse_markdown, write
from foxup.pictures.samplers import split_sampler
from foxup.profile import HiresModel, ReferenceModel

GUIDE = Path(__file__).parents[1] / "cases" / "pictures" / "guide"
API = (
    "1girl, (fox:1.2),\nsecond line\nNegative prompt: bad, (worst quality:1.3)\nmore\n"
    "Steps: 24, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.0, Seed: 3287962209, Size: 512x512, "
    "Model hash: 7f96a1a9ca, Model: anything-v5, VAE hash: df3c506e51, VAE: clearvae.safetensors, Clip skip: 2, "
    'Hires prompt: "a, b: \\"c\\"\\nd", Version: v1.10.1'
)


def test_reads_what_the_api_writes():
    text = parse(API)
    assert text.prompt == "1girl, (fox:1.2),\nsecond line"
    assert text.negative_prompt == "bad, (worst quality:1.3)\nmore"
    assert text.size == (512, 512)
    assert text.number("CFG scale") == 7
    assert text.fields["Hires prompt"] == 'a, b: "c"\nd'
    assert text.fields["VAE"] == "clearvae.safetensors"
    assert write(text) == API


@pytest.mark.parametrize(
    ("text", "prompt", "fields"),
    [
        ("a, b\nSteps: 3, Sampler: Euler", "a, b\nSteps: 3, Sampler: Euler", {}),  # fewer than three pairs
        ("only a prompt", "only a prompt", {}),
        ("", "", {}),
        ("p\nSteps: 3, Empty: , Seed: 1, CFG scale: 7", "p", {"Steps": "3", "Seed": "1", "CFG scale": "7"}),
        ('p\nAb: "x", Cd: "broken, Ef: 1', "p", {"Ab": "x", "Cd": '"broken', "Ef": "1"}),
        ('p\nAb: "5x6", Cd: 1, Ef: 1', "p", {"Ab-1": "5", "Ab-2": "6", "Cd": "1", "Ef": "1"}),
    ],
)
def test_odd_texts(text, prompt, fields):
    found = parse(text)
    assert (found.prompt, found.fields) == (prompt, fields)


@pytest.mark.parametrize(
    "below",
    [
        "Template: {a|b}, c: d, e: f, g: h",
        "Template: a\nb, c\n\nNegative Template: bad",
        "Negative Template: bad: x, worse: y, worst: z",
        "\nTemplate: a",
    ],
)
def test_templates_below_the_parameters_do_not_hide_them(below):
    assert parse(f"{API}\n{below}") == parse(API)


@pytest.mark.parametrize("last", ["Template: a", "Steps: a fox climbs\nTemplate: a", "Template: a\nSteps: 3"])
def test_a_prompt_may_hold_the_word_template(last):
    assert parse(f"fox\n{last}").prompt == f"fox\n{last}"


def test_absence_means_the_default():
    text = parse("p\nSteps: 3, Seed: 1, Sampler: Euler")
    assert text.get("Clip skip") == "1"
    assert text.get("RNG") == "GPU"
    assert text.get("Nothing known") is None


keys = st.from_regex(r"[A-Za-z][A-Za-z /-]{2,12}[A-Za-z]", fullmatch=True)
plain = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters='",:\\\u2028\u2029\x85'),
    min_size=1,
    max_size=12,
)
values = st.one_of(
    st.integers(0, 2**32).map(str),
    st.floats(0, 30, allow_nan=False).map(str),
    # a comma or colon makes the web UI quote the value; an outer blank would be lost on the way
    plain.map(str.strip).filter(lambda text: text and not re.fullmatch(r"\d+x\d+", text)),
    st.tuples(plain, st.sampled_from(",:\n"), plain).map("".join),
)
prompts = st.lists(plain.map(str.strip).filter(bool), min_size=1, max_size=3).map("\n".join)


@given(
    prompts,
    st.one_of(st.just(""), prompts),
    st.dictionaries(keys, values, min_size=3, max_size=8),
    st.integers(1, 4096),
)
def test_there_and_back(prompt, negative, fields, side):
    fields = {key: value for key, value in fields.items() if key != value and key != "Size"}
    fields |= {"Size-1": str(side), "Size-2": "64", "Steps": "20", "Seed": "1", "CFG scale": "7.0"}
    text = Infotext(prompt, negative, fields)
    assert parse(write(text)) == text


@given(st.text(max_size=200))
def test_any_text_is_accepted_and_settles(text):
    once = parse(write(parse(text)))
    assert isinstance(once.prompt, str)


@pytest.mark.parametrize("path", sorted(GUIDE.glob("*.md")), ids=lambda path: path.stem)
def test_the_guides_blocks(path):
    text = parse_markdown(path.read_text(encoding="utf-8"))
    assert text.sampler == ("DPM++ 2M", "Karras")
    assert text.number("Clip skip") == (1 if path.stem == "clip-skip-tags" else 2)
    assert text.get("ENSD") == "31337"
    assert text.size is not None
    assert text.negative_prompt.startswith(("(worst", "nsfw"))
    assert not any("`" in value or value != value.strip() or "](" in value for value in text.fields.values())
    assert parse(write(text)) == text


def test_links_and_fences_of_the_guide():
    text = parse_markdown((GUIDE / "aqua.md").read_text(encoding="utf-8"))
    assert text.fields["Model"] == "Meina V8 pruned"
    assert text.fields["Hires upscaler"] == "4x_Valar_v1"
    assert text.prompt.endswith("beach, seashore")
    assert r"(aqua_\(konosuba\):1.1)" in text.prompt


@pytest.mark.parametrize(
    ("given_names", "expected"),
    [
        (("DPM++ 2M Karras", "Automatic"), ("DPM++ 2M", "Karras")),
        (("DPM++ 2M", "Automatic"), ("DPM++ 2M", "Karras")),
        (("DPM++ 2M", "karras"), ("DPM++ 2M", "Karras")),
        (("DPM++ 2M SDE", "Automatic"), ("DPM++ 2M SDE", "Exponential")),
        (("DPM++ 2M SDE Karras", "Automatic"), ("DPM++ 2M SDE", "Karras")),
        (("Euler a", "Automatic"), ("Euler a", "Automatic")),
        (("DDIM", "Automatic"), ("DDIM", "Automatic")),
        (("Nobody's", "Karras"), ("Nobody's", "Karras")),
    ],
)
def test_old_and_new_sampler_names(given_names, expected):
    assert split_sampler(*given_names) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("7", "7.0", True),
        (7, "7.00", True),
        ("0.6", 0.6000000001, True),
        ("3287962209", "3287962210", False),  # seeds differ by one in ten digits
        ("Latent ", "Latent", True),
        ("Latent", "latent", False),
        ("nan", "nan", True),
        ("inf", "1e999", False),
        (True, "1", False),
    ],
)
def test_numbers_are_compared_as_numbers(one, other, same):
    assert equal(one, other) is same


def test_a_reference_as_the_web_ui_would_print_it():
    reference = ReferenceModel(
        id="x", title={"en": "x", "ru": "x"}, prompt="p", negative_prompt="n", steps=20, sampler="DPM++ 2M",
        scheduler="Karras", cfg_scale=7, seed=1, width=640, height=448, clip_skip=2, ensd=31337,
        checkpoint="meina.safetensors", checkpoint_hash="30953ab0de", vae="v.pt",
        hires=HiresModel(upscaler="Latent", scale=2, denoising_strength=0.6),
    )  # fmt: skip
    assert write(infotext.from_reference(reference)) == (
        "p\nNegative prompt: n\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 1, "
        "Size: 640x448, Model hash: 30953ab0de, Model: meina, VAE: v.pt, Denoising strength: 0.6, Clip skip: 2, "
        "ENSD: 31337, Hires upscale: 2, Hires upscaler: Latent"
    )
