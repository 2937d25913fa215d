"""What is tried, in which order, and what the results say."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from foxup import generation
from foxup import profile as profiles
from foxup.pictures.data import finding, table
from foxup.pictures.verdict import Judgement, Verdict
from foxup.verify import flow, trials
from foxup.verify.model import Asked
from foxup.verify.published import Published
from foxup.verify.trials import Trial

LISTED = {"vaes": ["clearfox.safetensors", "other.safetensors"], "checkpoints": ["tinyfox.safetensors [395c77cd72]"]}


@pytest.fixture
def smoke():
    return profiles.load("smoke")


def planned(smoke, size=None, *, ensd=False, **changes):
    reference = smoke.reference()
    right = trials.right_values(reference, smoke)
    options = {**trials.as_prescribed(reference, smoke), "sd_vae": "clearfox.safetensors"}
    request = generation.changed(generation.request(reference, options), changes)
    return trials.plan(request, right, LISTED, size, ensd=ensd)


def bodies(found):
    return [{key: value for change in trial.changes for key, value in change.body.items()} for trial in found]


def test_the_likeliest_is_tried_first_and_the_number_is_bounded(smoke):
    found = bodies(planned(smoke))
    assert found[:3] == [{"CLIP_stop_at_last_layers": 1}, {"sd_vae": "None"}, {"sd_vae": "other.safetensors"}]
    assert len(found) == table("trials")["bounds"]["generations"]
    assert not any("seed" in body or "sd_model_checkpoint" in body for body in found)


def test_what_is_off_is_put_right_alone_and_together_before_anything_else(smoke):
    found = bodies(planned(smoke, cfg_scale=3.0, clip_skip=1))
    clip, cfg = {"CLIP_stop_at_last_layers": 2}, {"cfg_scale": 7.0}
    assert found[:3] == [clip, cfg, {**clip, **cfg}]
    assert found.count(clip) == found.count(cfg) == 1


def test_another_size_leaves_nothing_else_to_try(smoke):
    assert bodies(planned(smoke, (320, 256))) == [{"width": 320, "height": 256}]


def test_ensd_only_where_the_sampler_uses_it(smoke):
    assert {"eta_noise_seed_delta": 0} in bodies(planned(smoke, ensd=True))
    assert {"eta_noise_seed_delta": 0} not in bodies(planned(smoke))


def test_every_row_has_a_cause(smoke):
    for row in table("trials")["trial"]:
        assert {row["code"], row.get("code_without", row["code"])} <= set(table("causes"))
        for made in (True, False):
            assert trials.Change(row, "a", "None").finding(made=made).message


def test_the_proven_cause_comes_first_and_the_rest_is_ruled_out(smoke):
    clip, vae, *_rest = planned(smoke)
    done = [Trial(clip.changes, "different"), Trial(vae.changes, "same")]
    others = [finding("img-other-picture"), finding("cause-unknown", list="-")]
    back, mine = (trials.explained(done, others, made=made) for made in (False, True))
    assert [item.code for item in mine] == [
        "img-washed-out-no-vae", "trial-turned", "img-other-picture", "trials-ruled-out",
    ]  # fmt: skip
    assert back[0].code == "img-other-vae", "here the install has a VAE that the published picture lacks"
    assert "Clip skip 1" in mine[-1].message


def test_what_failed_is_not_ruled_out(smoke):
    clip, *_rest = planned(smoke)
    others = (finding("img-other-picture"),)
    assert trials.explained([Trial(clip.changes, "failed")], others, made=False) == others


@pytest.mark.parametrize("code", table("trials")["edited"]["codes"])
def test_nothing_is_tried_for_what_no_setting_makes(code):
    judgement = Judgement(Verdict.DIFFERENT, causes=(finding(code),))
    assert [item.code for item in trials.vain(judgement)] == ["trials-none"]
    assert trials.vain(Judgement(Verdict.DIFFERENT, causes=(finding("img-other-seed"),))) == ()
    assert trials.vain(Judgement(Verdict.DRIFTED)) == ()


@pytest.mark.parametrize(("code", "runs"), [("img-mirrored", 0), ("img-other-seed", 1)])
def test_a_verification_like_a_mirrored_picture_generates_once(smoke, monkeypatch, tmp_path, code, runs):
    reference, made = smoke.reference(), []
    judgement = Judgement(Verdict.DIFFERENT, causes=(finding(code),))
    drawn = SimpleNamespace(made=SimpleNamespace(pictures=[b"x"], infotext=""), partial=False, seconds=1.0)
    session = SimpleNamespace(
        asked=Asked(like=tmp_path / "mine.png", trials=True),
        profile=smoke,
        layout=None,
        installed=None,
        server=None,
        drawn={},
        folder=lambda _reference: tmp_path,
        tell=lambda _text: None,
        options=lambda: ({}, {}),
        draw=lambda *_given: (drawn, {"override_settings": {}}),
    )
    monkeypatch.setattr(flow, "judged", lambda *_given: judgement)
    monkeypatch.setattr(flow.evidence, "of_files", lambda *_given: ())
    monkeypatch.setattr(flow.evidence, "with_picture", lambda *_given: judgement.causes)
    monkeypatch.setattr(flow.trials, "run", lambda *_given: made.append(1) or ())
    found = flow._judged(session, reference, Published(tmp_path / "mine.png"), None, ())
    assert len(made) == runs
    assert ("trials-none" in [item.code for item in found.explanation]) is (not runs)
