"""The shipped reference against the gallery of wrong ones (made by `python -m tests.gallery`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from foxup import profile
from foxup.pictures import judge, load
from foxup.pictures.evidence import Evidence
from foxup.pictures.explain import explain
from foxup.verify import published_picture

GALLERY = Path(__file__).parents[1] / "cases" / "gallery"
SMOKE = profile.load("smoke")
FOX = SMOKE.reference("fox")
EXPECTED = {
    "fox": ({"identical"}, None),
    "clip-skip-1": ({"different", "drifted"}, "img-clip-skip"),
    "no-vae": ({"different", "drifted"}, "img-washed-out-no-vae"),
    "other-seed": ({"different", "drifted"}, "param-seed"),
    "other-steps": ({"different", "drifted"}, "param-steps"),
    "other-sampler": ({"different", "drifted"}, "param-sampler"),
    "other-cfg": ({"different", "drifted"}, "param-cfg"),
    "latent-hires-03": ({"different", "drifted"}, None),
    "latent-hires-06": ({"different", "drifted"}, None),
    "black": ({"broken"}, "img-black"),
    "noise": ({"broken"}, "img-noise"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_wrong_picture_is_called_wrong_and_why(name):
    verdicts, cause = EXPECTED[name]
    path = GALLERY / f"{name}.png"
    published = published_picture(SMOKE, FOX)
    assert published is not None
    judgement = judge.compare_files(path, published, same_psnr=FOX.tolerance.same_psnr)
    assert judgement.verdict in verdicts
    found = explain(FOX, Evidence(judgement=judgement, infotext=load.load(path).metadata.parameters))
    causes = [item.code for item in found if item.severity != "info"]
    if cause:
        assert causes[0] == cause
    elif name != "fox":
        assert causes
