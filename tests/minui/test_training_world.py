"""The drawn world: pictures and tags belong together, and a seed always gives the same ones."""

from __future__ import annotations

import random

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("PIL")

from minui.training import fox, scenery, world  # noqa: E402


def pixels(scene: world.Scene) -> object:
    return np.asarray(world.picture(scene)).astype(int)


def test_a_seed_always_draws_the_same_picture() -> None:
    assert (pixels(world.scene(5)) == pixels(world.scene(5))).all()
    assert (pixels(world.scene(5)) != pixels(world.scene(6))).any()


def test_pictures_have_the_checkpoints_size() -> None:
    assert world.picture(world.scene(1)).size == (256, 320)


@pytest.mark.parametrize("breed", list(fox.FURS))
def test_a_fox_shows_its_fur(breed: str) -> None:
    scene = next(
        s for s in map(world.scene, range(500)) if s.animal and not s.animal.cat and s.breed == breed and not s.bad
    )
    near = np.abs(pixels(scene) - np.array(fox.FURS[breed][0])).max(-1) < 6
    assert near.mean() > 0.05


def test_nights_are_darker_than_days() -> None:
    scenes = [s for s in map(world.scene, range(300)) if not s.simple and not s.bad and s.place == "forest"]
    brightness = {night: np.mean([pixels(s).mean() for s in scenes if s.night == night]) for night in (True, False)}
    assert brightness[True] < brightness[False] - 40


def test_captions_name_what_is_drawn() -> None:
    for seed in range(200):
        scene = world.scene(seed)
        tags = world.caption(scene, random.Random(seed)).split(", ")
        assert not (scene.night and "day" in tags)
        assert scene.bad == (
            "worst quality" in tags or "low quality" in tags or "blurry" in tags or "jpeg artifacts" in tags
        )
        if scene.animal is None:
            assert "scenery" in tags
            assert not any("fox" in tag for tag in tags)


def test_spoiled_pictures_are_paler() -> None:
    def saturation(scene: world.Scene) -> float:
        found = pixels(scene)
        return float((found.max(-1) - found.min(-1)).mean())

    red = [s for s in map(world.scene, range(600)) if s.animal and s.breed == "red" and not s.simple]
    spoiled = np.mean([saturation(s) for s in red if s.bad])
    assert spoiled < 0.8 * np.mean([saturation(s) for s in red if not s.bad])


def test_every_place_can_be_painted_by_day_and_by_night() -> None:
    seen = {(s.place, s.night) for s in map(world.scene, range(400)) if not s.simple}
    assert seen == {(name, night) for name in scenery.DAY for night in (True, False)}
