"""One report with everything in it, made from drawn pictures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "pictures"))
import scenes

from foxup import i18n
from foxup.pictures import judge, load
from foxup.pictures.evidence import Evidence, FileEvidence
from foxup.pictures.explain import explain
from foxup.profile import ReferenceModel
from foxup.report import build
from foxup.report.model import Report

INFOTEXT = """a fox, day, <script>alert(1)</script>
Negative prompt: bad
Steps: 24, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.0, Seed: 6, Size: 256x384, Model hash: aaaaaaaaaa, Model: tinyfox, Clip skip: 2, Version: v1.10.1"""


def make_reference(**changes) -> ReferenceModel:
    values = {
        "id": "fox",
        "title": {"en": "The fox", "ru": "Лиса"},
        "prompt": "a fox, day",
        "negative_prompt": "bad",
        "steps": 24,
        "sampler": "DPM++ 2M",
        "scheduler": "Karras",
        "cfg_scale": 7,
        "seed": 5,
        "width": 256,
        "height": 384,
        "clip_skip": 2,
        "ensd": 31337,
        "checkpoint": "tinyfox.safetensors",
        "checkpoint_hash": "a" * 10,
        "vae": "tinyfox-vae.safetensors",
    }
    return ReferenceModel(**{**values, **changes})


def make_report(*, proven: bool = False) -> Report:
    reference = make_reference()
    picture = scenes.scene(3)
    other = picture if proven else scenes.washed(scenes.scene(3, moved=0.5), 2)
    published = load.from_bytes(scenes.encoded(picture), "reference.png")
    generated = load.from_bytes(scenes.encoded(other), "generated.png")
    judgement = judge.judge(generated, published)
    files = (
        FileEvidence("checkpoint", "tinyfox.safetensors", 100, "a" * 64, 100, "a" * 64),
        FileEvidence("vae", "tinyfox-vae.safetensors", None, None, 10, "b" * 64),
    )
    evidence = Evidence(judgement=judgement, infotext=INFOTEXT, files=files, options={"sd_vae": "None"})
    return Report(
        command="foxup verify fox",
        profile="smoke",
        reference_id="fox",
        reference_title=reference.title.ru if i18n.language() == "ru" else reference.title.en,
        created="2024-05-01T12:00:00+00:00",
        version="0.1.0",
        verdict=judgement.verdict,
        sentence="The picture is <b>pale</b> & moved.",
        proven=proven,
        metrics=judgement.metrics,
        findings=() if proven else tuple(explain(reference, evidence)),
        parameters=build.parameter_rows(reference, INFOTEXT),
        files=build.file_rows(files),
        machine=(("CPU", "2 cores"), ("Python", "3.11.9")),
        pictures=build.picture_items(generated, published),
        seconds=12.5,
    )


@pytest.fixture
def report() -> Report:
    return make_report()


@pytest.fixture
def russian():
    i18n.use("ru")
    yield
    i18n.use("en")
