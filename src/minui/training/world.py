"""The drawn world: a seeded choice of animal, place and quality, its picture, and the tags that describe it."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass

from PIL import Image, ImageEnhance, ImageFilter

from minui.training import fox, scenery
from minui.training.canvas import Canvas, Frame
from minui.training.shapes import HEIGHT, WIDTH

_BREEDS = {
    "red": ["red fox"],
    "white": ["white fox", "arctic fox"],
    "gray": ["gray fox", "silver fox"],
    "black": ["black fox"],
}
_POSES = {"sitting": 5, "standing": 3, "sleeping": 2}
_GOOD = ["masterpiece", "best quality", "ultra-detailed", "illustration"]
_BAD = ["worst quality", "low quality", "blurry", "jpeg artifacts"]
_FEATURES = ["fluffy tail", "big ears", "fox ears", "fox tail", "animal ear fluff", "looking at viewer", "solo"]
_PLACES = {
    "forest": ["forest", "pine trees"], "meadow": ["meadow", "flowers"], "snow": ["snow", "winter"], "desert": ["desert", "cactus"],
    "autumn": ["autumn", "orange trees"], "sea": ["beach", "sea"],
}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """One picture to be drawn; ``seed`` places everything that no tag tells."""

    seed: int
    animal: fox.Animal | None
    breed: str
    eyes: str
    scarf: str | None
    place: str
    night: bool
    simple: str | None
    mirrored: bool
    bad: bool


def scene(seed: int) -> Scene:
    """The scene with this number: foxes mostly, a few cats, some places without an animal, one in eight spoiled."""
    rng = random.Random(seed)
    kind = rng.choices(["fox", "cat", "none"], [84, 8, 8])[0]
    breed = rng.choices(list(fox.FURS), [5, 2, 2, 2])[0]
    eyes, pose = rng.choice(list(fox.EYES)), rng.choices(list(_POSES), list(_POSES.values()))[0]
    scarf = rng.choice(list(fox.SCARVES)) if pose != "sleeping" and rng.random() < 0.25 else None
    glasses = pose != "sleeping" and rng.random() < 0.1
    colour = fox.SCARVES[scarf] if scarf else None
    animal = fox.Animal(fox.FURS[breed], fox.EYES[eyes], pose, pose == "sleeping", kind == "cat", colour, glasses)
    simple = rng.choice(list(scenery.SIMPLE)) if kind != "none" and rng.random() < 0.1 else None
    place, night = rng.choice(list(_PLACES)), rng.random() < 0.35
    return Scene(
        seed,
        None if kind == "none" else animal,
        breed,
        eyes,
        scarf,
        place,
        night,
        simple,
        rng.random() < 0.5,
        rng.random() < 0.12,
    )


def picture(what: Scene) -> Image.Image:
    """Draw the scene, RGB, WIDTH x HEIGHT."""
    rng = random.Random(what.seed + 1_000_003)
    if what.simple:
        colour = scenery.SIMPLE[what.simple]
        canvas = Canvas(colour, colour)
    else:
        place = scenery.DAY[what.place]
        place = scenery.at_night(place) if what.night else place
        canvas = Canvas(*place.sky)
        scenery.paint(canvas, what.place, place, what.night, rng)
    if what.animal:
        _put(canvas, what.animal, what.mirrored, rng)
    return _spoiled(canvas.finished(), rng) if what.bad else canvas.finished()


def _put(canvas: Canvas, animal: fox.Animal, mirrored: bool, rng: random.Random) -> None:
    """The animal with a soft shadow, near the middle; standing and sleeping ones are wider."""
    middle = {"sitting": -14.0, "standing": -30.0, "sleeping": -10.0}[animal.pose] * (-1 if mirrored else 1)
    size = {"sitting": 1.2, "standing": 1.06, "sleeping": 1.12}[animal.pose] * rng.uniform(0.92, 1.06)
    frame = Frame(WIDTH / 2 + middle + rng.uniform(-12, 12), HEIGHT - rng.uniform(26, 44), size, mirrored)
    fox.draw(canvas, animal, frame)


def _spoiled(image: Image.Image, rng: random.Random) -> Image.Image:
    """The same picture as a bad one: washed out and either blurred, coarse or badly compressed."""
    image = ImageEnhance.Color(image).enhance(rng.uniform(0.4, 0.7))
    way = rng.choice(["blur", "coarse", "jpeg"])
    if way == "blur":
        return image.filter(ImageFilter.GaussianBlur(rng.uniform(4, 8)))
    if way == "coarse":
        factor = rng.choice([10, 14])
        return image.resize((WIDTH // factor, HEIGHT // factor), Image.Resampling.BOX).resize(
            (WIDTH, HEIGHT), Image.Resampling.NEAREST
        )
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=rng.randint(2, 5))
    return Image.open(packed).convert("RGB")


def caption(what: Scene, rng: random.Random) -> str:
    """Tags of the scene in random order, some left out, quality tags at either end."""
    tags = [*_animal_tags(what, rng), *_place_tags(what)]
    tags = [tag for tag in tags if rng.random() < 0.88]
    rng.shuffle(tags)
    subject = _subject(what, rng)
    if subject:
        tags.insert(0 if rng.random() < 0.7 else rng.randint(0, len(tags)), subject)
    return ", ".join(_with_quality(tags, what.bad, rng))


def _with_quality(tags: list[str], bad: bool, rng: random.Random) -> list[str]:
    marks = rng.sample(_BAD if bad else _GOOD, rng.randint(1, 4))
    if not bad and rng.random() < 0.3:
        return tags
    return [*marks, *tags] if rng.random() < 0.4 else [*tags, *marks]


def _subject(what: Scene, rng: random.Random) -> str:
    if what.animal is None:
        return "scenery"
    if what.animal.cat:
        return f"{what.breed} cat".replace("red", "orange")
    return "fox" if rng.random() < 0.1 else rng.choice(_BREEDS[what.breed])


def _animal_tags(what: Scene, rng: random.Random) -> list[str]:
    animal = what.animal
    if animal is None:
        return []
    tags = [animal.pose, "facing left" if what.mirrored else "facing right"]
    tags += ["eyes closed", "curled up"] if animal.closed else [f"{what.eyes} eyes"]
    tags += [f"{what.scarf} scarf"] if what.scarf else []
    tags += ["glasses"] if animal.glasses else []
    return tags if animal.cat else [*tags, *rng.sample(_FEATURES, rng.randint(0, 3))]


def _place_tags(what: Scene) -> list[str]:
    if what.simple:
        return ["simple background", f"{what.simple} background"]
    sky = ["night", "moon", "stars"] if what.night else ["day"]
    return [*_PLACES[what.place], *sky, "outdoors", "detailed background"]
