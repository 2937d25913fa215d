"""Causes by name: each change made alone, the surest evidence first, and what was ruled out."""

from __future__ import annotations

import pytest
import scenes

from foxup import i18n
from foxup.finding import Severity
from foxup.pictures import judge, load
from foxup.pictures.data import table
from foxup.pictures.evidence import Evidence, FileEvidence, config_evidence
from foxup.pictures.explain import explain
from foxup.pictures.verdict import Judgement, Verdict
from foxup.profile import HiresModel, ReferenceModel

GOOD = (
    "fox, day\nNegative prompt: bad\nSteps: 24, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.0, Seed: 5, "
    "Size: 256x384, Model hash: aaaaaaaaaa, Model: tinyfox, VAE hash: 1234567890, VAE: fox-vae.safetensors, "
    "Clip skip: 2, Version: v1.10.1"
)
OPTIONS = {
    "CLIP_stop_at_last_layers": 2.0,
    "eta_noise_seed_delta": 31337,
    "sd_vae": "fox-vae.safetensors",
    "sd_model_checkpoint": "tinyfox.safetensors [aaaaaaaaaa]",
    "randn_source": "GPU",
    "use_downcasted_alpha_bar": True,
}
SETTINGS = {
    "CLIP_stop_at_last_layers": 2,
    "eta_noise_seed_delta": 31337,
    "sd_vae": "fox-vae.safetensors",
    "use_downcasted_alpha_bar": True,
}
FILES = (
    FileEvidence("checkpoint", "tinyfox.safetensors", 100, "a" * 64, 100, "a" * 64),
    FileEvidence("vae", "fox-vae.safetensors", 10, "c" * 64, 10, "c" * 64),
)
CONFIG = b'{"CLIP_stop_at_last_layers": 2, "eta_noise_seed_delta": 31337, "sd_vae": "fox-vae.safetensors", "sd_model_checkpoint": "tinyfox.safetensors", "use_downcasted_alpha_bar": true}'
DIFFERENT = Judgement(Verdict.DIFFERENT, {"layout": 0.1})
DRIFTED = Judgement(Verdict.DRIFTED, {"layout": 0.8})


def reference(**changes) -> ReferenceModel:
    values = {
        "id": "fox", "title": {"en": "fox", "ru": "лиса"}, "prompt": "fox, day", "negative_prompt": "bad", "steps": 24,
        "sampler": "DPM++ 2M", "scheduler": "Karras", "cfg_scale": 7, "seed": 5, "width": 256, "height": 384,
        "clip_skip": 2, "ensd": 31337, "checkpoint": "tinyfox.safetensors", "checkpoint_hash": "a" * 10,
        "vae": "fox-vae.safetensors",
    }  # fmt: skip
    return ReferenceModel(**{**values, **changes})


def evidence(infotext: str = GOOD, judgement: Judgement = DIFFERENT, **changes) -> Evidence:
    values = {
        "judgement": judgement,
        "infotext": infotext,
        "options": OPTIONS,
        "settings": SETTINGS,
        "config": config_evidence(CONFIG),
        "files": FILES,
        "vae_names": ("fox-vae.safetensors",),
        "versions": {"torch": "2.1.2"},
        "expected_versions": {"torch": "2.1.2"},
        "flags": ("--no-half-vae",),
        "expected_flags": ("--no-half-vae",),
    }
    return Evidence(**{**values, **changes})


def codes(given: Evidence, **changes) -> list[str]:
    return [item.code for item in explain(reference(**changes), given)]


@pytest.mark.parametrize("verdict", [Verdict.IDENTICAL, Verdict.SAME, Verdict.UNCONFIRMED])
def test_nothing_to_explain(verdict):
    assert codes(evidence(judgement=Judgement(verdict))) == []


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("Clip skip: 2, ", "", "img-clip-skip"),
        ("Seed: 5", "Seed: 6", "param-seed"),
        ("Steps: 24", "Steps: 20", "param-steps"),
        ("Sampler: DPM++ 2M", "Sampler: Euler a", "param-sampler"),
        ("type: Karras", "type: Exponential", "param-sampler"),
        ("scale: 7.0", "scale: 9.5", "param-cfg"),
        ("256x384", "384x256", "param-size"),
        ("fox, day", "fox, night", "param-prompt"),
        ("prompt: bad", "prompt: worse", "param-negative-prompt"),
        ("Model hash: aaaaaaaaaa", "Model hash: bbbbbbbbbb", "img-wrong-model"),
        ("VAE: fox-vae.safetensors", "VAE: other.pt", "img-other-vae"),
        ("VAE hash: 1234567890, VAE: fox-vae.safetensors, ", "", "img-washed-out-no-vae"),
        ("Clip skip: 2", "Clip skip: 2, RNG: CPU", "param-rng"),
        ("Clip skip: 2", "Denoising strength: 0.7, Clip skip: 2, Hires upscale: 2.0", "img-hires-extra"),
        ("Clip skip: 2", "Clip skip: 2, Variation seed strength: 0.5", "param-other"),
    ],
)
def test_each_parameter_alone(before, after, code):
    found = codes(evidence(GOOD.replace(before, after)))
    assert found[0] == code
    assert set(found[1:]) <= {code, "ruled-out"}


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ((FileEvidence("checkpoint", "t", None, None, 100, "a" * 64),), "checkpoint-missing"),
        ((FileEvidence("checkpoint", "t", 60, "b" * 64, 100, "a" * 64),), "safetensors-incomplete"),
        ((FileEvidence("checkpoint", "t", 100, "b" * 64, 100, "a" * 64),), "img-wrong-model"),
        ((FileEvidence("checkpoint", "t", 100, "b" * 64, None, "a" * 10),), "img-wrong-model"),
        ((FileEvidence("vae", "v", None),), "vae-missing"),
        ((FileEvidence("vae", "v", 10, "b" * 64, 10, "c" * 64),), "vae-file-differs"),
        ((FileEvidence("upscaler", "u", None),), "upscaler-missing"),
        ((FileEvidence("embedding", "e", None),), "embedding-missing"),
    ],
)
def test_files_come_before_a_plausible_infotext(files, code):
    found = codes(evidence(GOOD.replace("Seed: 5", "Seed: 6"), files=files))
    assert found[:2] == [code, "param-seed"]


def test_ten_digits_of_a_hash_are_enough():
    files = (FileEvidence("checkpoint", "t", 100, "a" * 64, None, "A" * 10),)
    assert codes(evidence(files=files)) == ["cause-unknown"]


def test_a_vae_name_that_selects_nothing():
    bare = GOOD.replace("VAE hash: 1234567890, VAE: fox-vae.safetensors, ", "")
    options = {**OPTIONS, "sd_vae": "fox-vae.safetensor"}
    config = config_evidence(CONFIG.replace(b"fox-vae.safetensors", b"fox-vae.safetensor"))
    assert codes(evidence(bare, options=options, config=config))[0] == "vae-unknown-name"
    assert codes(evidence(bare, options={**OPTIONS, "sd_vae": "None"}, config=None))[0] == "img-washed-out-no-vae"


def test_a_missing_vae_file_is_said_once():
    bare = GOOD.replace("VAE hash: 1234567890, VAE: fox-vae.safetensors, ", "")
    found = codes(evidence(bare, files=(FILES[0], FileEvidence("vae", "fox-vae.safetensors", None))))
    assert found == ["vae-missing", "ruled-out"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xef\xbb\xbf{}", "config-json-corrupt"),
        (b'{"a": ', "config-json-corrupt"),
        (b"[]", "config-json-corrupt"),
        ('{"a": "ж"}'.encode("cp1251"), "config-json-corrupt"),
        (None, "settings-missing"),
        (CONFIG.replace(b'ers": 2', b'ers": "2"'), "settings-wrong-type"),
        (CONFIG.replace(b'ers": 2', b'ers": 1'), "settings-not-applied"),
        (CONFIG.replace(b"true", b"false"), "settings-not-applied"),
    ],
)
def test_config_json(content, code):
    found = codes(evidence(config=config_evidence(content)))
    assert found[0] == code
    # it will act on the next start, so it is said even beside a matching picture
    assert codes(evidence(config=config_evidence(content), judgement=Judgement(Verdict.SAME))) == [code]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xef\xbb\xbf{}", "bom"),
        (b"\xff\xfe{\0", "bom"),
        (b"{", "json"),
        (b"3", "object"),
        (b'"\xe6"', "encoding"),
        (b"{}", ""),
    ],
)
def test_what_is_wrong_with_a_config_is_named(content, problem):
    assert config_evidence(content).problem == problem


def test_a_config_with_a_bom_comes_before_what_follows_from_it():
    washed = judge.judge(
        *(load.from_bytes(scenes.encoded(rgb)) for rgb in (scenes.washed(scenes.scene(3), 2), scenes.scene(3)))
    )
    bare = GOOD.replace("VAE hash: 1234567890, VAE: fox-vae.safetensors, Clip skip: 2, ", "")
    options = {**OPTIONS, "sd_vae": "Automatic", "CLIP_stop_at_last_layers": 1}
    found = codes(evidence(bare, washed, options=options, config=config_evidence(b"\xef\xbb\xbf" + CONFIG)))
    assert found[0] == "config-json-corrupt"
    assert {"img-washed-out-no-vae", "img-clip-skip"} <= set(found)


def test_pale_pixels_put_the_vae_first():
    washed = judge.judge(
        *(load.from_bytes(scenes.encoded(rgb)) for rgb in (scenes.washed(scenes.scene(3), 2), scenes.scene(3)))
    )
    bare = GOOD.replace("VAE hash: 1234567890, VAE: fox-vae.safetensors, ", "").replace("Seed: 5", "Seed: 6")
    assert codes(evidence(bare, washed, options={**OPTIONS, "sd_vae": "None"}, config=None))[:2] == [
        "img-washed-out-no-vae",
        "param-seed",
    ]


def test_pale_pixels_are_the_parameters_where_the_right_vae_is_named():
    """Measured with the tiny checkpoint: CFG 2, clip skip 1 and an empty negative prompt halve the saturation."""
    washed = judge.judge(
        *(load.from_bytes(scenes.encoded(rgb)) for rgb in (scenes.washed(scenes.scene(3), 2), scenes.scene(3)))
    )
    assert codes(evidence(GOOD.replace("scale: 7.0", "scale: 2.0"), washed)) == ["param-cfg", "ruled-out"]
    assert codes(evidence(GOOD, washed))[0] == "img-washed-out-no-vae"  # nothing else explains it
    other = GOOD.replace("scale: 7.0", "scale: 2.0").replace("VAE: fox-vae", "VAE: other")
    assert codes(evidence(other, washed))[:2] == ["img-other-vae", "param-cfg"]


def test_numbers_as_the_api_answers_them_are_no_difference():
    options = {**OPTIONS, "CLIP_stop_at_last_layers": 2.0, "use_downcasted_alpha_bar": 1, "randn_source": "GPU"}
    assert codes(evidence(options=options, judgement=DRIFTED)) == ["img-slightly-different", "ruled-out"]


def test_ensd_is_judged_by_the_settings_and_only_where_it_acts():
    options = {**OPTIONS, "eta_noise_seed_delta": 0}
    euler = GOOD.replace("DPM++ 2M, Schedule type: Karras", "Euler a, Schedule type: Automatic")
    found = codes(evidence(euler, options=options, config=None), sampler="Euler a", scheduler="Automatic")
    assert found[0] == "param-ensd"
    assert "param-ensd" not in codes(evidence(options=options, config=None))


def test_a_compatibility_setting():
    assert codes(evidence(options={**OPTIONS, "use_downcasted_alpha_bar": False}, config=None))[0] == "option-compat"
    overridden = {"override_settings": {"use_downcasted_alpha_bar": True}}
    assert codes(evidence(options={**OPTIONS, "use_downcasted_alpha_bar": False}, request=overridden, config=None)) == [
        "cause-unknown"
    ]


def test_the_random_source_is_said_once():
    """The infotext names it; without one the setting itself speaks."""
    options = {**OPTIONS, "randn_source": "NV"}
    assert codes(evidence(GOOD.replace("Clip skip: 2", "Clip skip: 2, RNG: NV"), options=options, config=None)) == [
        "param-rng",
        "ruled-out",
    ]
    assert codes(evidence(infotext=None, options=options, config=None))[0] == "option-compat"


def test_hires_parameters():
    hires = {"hires": HiresModel(upscaler="Latent", denoising_strength=0.6)}
    full = GOOD.replace(
        "Clip skip: 2", "Denoising strength: 0.6, Clip skip: 2, Hires upscale: 2.0, Hires upscaler: Latent"
    )
    assert codes(evidence(full, judgement=Judgement(Verdict.SAME)), **hires) == []
    assert (
        codes(evidence(full.replace(", Hires upscaler: Latent", ""), judgement=Judgement(Verdict.SAME)), **hires) == []
    )
    assert codes(evidence(full.replace("0.6", "0.3")), **hires)[0] == "img-latent-blur-squares"
    assert codes(evidence(full.replace("0.6", "0.7")), **hires)[0] == "param-denoising"
    assert codes(evidence(full.replace("Latent", "R-ESRGAN 4x+")), **hires)[0] == "param-hires"
    assert codes(evidence(), **hires)[0] == "img-hires-missing"


def test_drift_by_flags_and_versions():
    found = codes(evidence(judgement=DRIFTED, flags=("--no-half-vae", "--medvram"), versions={"torch": "2.4.0"}))
    assert found == ["img-medvram-different", "environment-versions", "ruled-out"]


def test_without_metadata_the_settings_and_the_request_speak():
    request = {"prompt": "fox, day", "negative_prompt": "bad", "steps": 24, "sampler_name": "DPM++ 2M", "scheduler": "Karras",
               "cfg_scale": 7, "seed": 9, "width": 256, "height": 384, "override_settings": {"CLIP_stop_at_last_layers": 2}}  # fmt: skip
    assert codes(evidence(infotext=None, request=request))[0] == "param-seed"
    assert (
        codes(evidence(infotext=None, options={**OPTIONS, "CLIP_stop_at_last_layers": 1}, config=None))[0]
        == "img-clip-skip"
    )


def test_pixels_speak_where_nothing_surer_does():
    black = judge.judge(*(load.from_bytes(scenes.encoded(rgb)) for rgb in (scenes.flat((0, 0, 0)), scenes.scene(3))))
    assert codes(evidence(judgement=black))[0] == "img-black"
    other = judge.judge(*(load.from_bytes(scenes.encoded(rgb)) for rgb in (scenes.scene(2004), scenes.scene(3))))
    assert codes(Evidence(judgement=other)) == ["img-other-picture", "ruled-out"]


def test_what_was_ruled_out_is_named_and_what_is_guilty_is_not():
    last = explain(reference(), evidence(GOOD.replace("Seed: 5", "Seed: 6")))[-1]
    assert last.code == "ruled-out"
    assert last.severity is Severity.INFO
    assert "checkpoint file" in last.message
    assert "generation parameters" not in last.message


def test_nothing_known_says_so():
    assert codes(Evidence(judgement=DIFFERENT)) == ["cause-unknown"]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_cause_reads_in_both_languages(language):
    """Every sentence exists twice, with the same placeholders, and is a sentence."""
    import string

    i18n.use(language)
    causes = {code: entry for code, entry in table("causes").items() if code != "labels"}
    assert len(causes) > 50
    for code, entry in causes.items():
        assert entry["severity"] in set(Severity), code
        for part in (entry, *(value for value in entry.values() if isinstance(value, dict) and "message" in value)):
            for name in ("message", "cause", "remedy"):
                texts = part.get(name)
                if texts is None:
                    continue
                assert set(texts) == {"en", "ru"}, (code, name)
                fields = [{item[1] for item in string.Formatter().parse(text) if item[1]} for text in texts.values()]
                assert fields[0] == fields[1], (code, name)
                assert texts[language].endswith("."), (code, name)


def test_codes_are_documented():
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "reference" / "verdict-codes.md").read_text(encoding="utf-8")
    missing = [code for code in table("causes") if code != "labels" and f"`{code}`" not in page]
    assert missing == []


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({}, "no parameter or file differs"),
        ({"files": ()}, "no parameter differs"),
        ({"infotext": None}, "no file differs"),
        ({"infotext": None, "files": ()}, "only the pixels could be looked at"),
    ],
)
def test_no_more_is_said_than_was_looked_at(missing, words):
    found = explain(reference(), evidence(**{"judgement": DRIFTED, **missing}))
    assert found[0].code == "img-slightly-different"
    assert words in found[0].message
