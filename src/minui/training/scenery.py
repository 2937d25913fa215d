"""The places a fox can be in: sky, ground and what grows there, all flat shapes; (0, 0) is the picture's upper left corner."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from minui.training.canvas import Canvas, Colour
from minui.training.shapes import HEIGHT, WIDTH


@dataclass(frozen=True)
class Place:
    """Colours of a place: sky from top to horizon, far ground, near ground."""

    sky: tuple[Colour, Colour]
    far: Colour
    near: Colour


DAY: dict[str, Place] = {
    "forest": Place(((150, 206, 190), (206, 234, 206)), (64, 128, 84), (92, 160, 82)),
    "meadow": Place(((92, 176, 240), (206, 236, 252)), (120, 190, 98), (134, 206, 84)),
    "snow": Place(((172, 206, 236), (230, 240, 250)), (206, 222, 240), (240, 246, 252)),
    "desert": Place(((250, 196, 120), (254, 232, 184)), (226, 170, 96), (240, 196, 124)),
    "autumn": Place(((244, 214, 160), (252, 236, 206)), (196, 116, 46), (214, 152, 66)),
    "sea": Place(((110, 190, 240), (214, 240, 250)), (40, 120, 190), (244, 222, 164)),
}
_NIGHT_SKY: tuple[Colour, Colour] = ((14, 20, 58), (50, 62, 122))
SIMPLE: dict[str, Colour] = {
    "white": (244, 244, 244),
    "gray": (190, 192, 196),
    "pink": (250, 206, 214),
    "blue": (176, 210, 246),
}
_MOON: Colour = (252, 244, 200)


def darkened(colour: Colour) -> Colour:
    """A colour by moonlight."""
    red, green, blue = colour
    return red * 2 // 5, green * 2 // 5 + 6, blue * 2 // 5 + 34


def at_night(place: Place) -> Place:
    """The same place at night."""
    return Place(_NIGHT_SKY, darkened(place.far), darkened(place.near))


def paint(canvas: Canvas, name: str, place: Place, night: bool, rng: random.Random) -> None:
    """Paint everything behind the animal on a canvas that already has the sky's gradient."""
    horizon = rng.uniform(196, 216)
    if night:
        _night_sky(canvas, rng)
    else:
        _day_sky(canvas, name, rng)
    _hills(canvas, place, horizon, rng)
    _THINGS[name](canvas, rng, Painting(place, horizon, night))
    if name != "sea":
        canvas.blob(
            [
                (-30, horizon + 22),
                (WIDTH / 2, horizon + rng.uniform(6, 20)),
                (WIDTH + 30, horizon + 24),
                (WIDTH + 60, HEIGHT + 40),
                (-60, HEIGHT + 40),
            ],
            place.near,
        )
    _DETAILS.get(name, _nothing)(canvas, rng, Painting(place, horizon, night))


@dataclass(frozen=True)
class Painting:
    """What a place's painter needs to know."""

    place: Place
    horizon: float
    night: bool

    def lit(self, colour: Colour) -> Colour:
        """The colour in this light."""
        return darkened(colour) if self.night else colour


def _night_sky(canvas: Canvas, rng: random.Random) -> None:
    for _ in range(14):
        radius = rng.uniform(1.6, 2.8)
        canvas.ellipse((rng.uniform(6, WIDTH - 6), rng.uniform(6, 150)), (radius, radius), (255, 250, 220))
    x, y = rng.choice([(52.0, 48.0), (204.0, 48.0)])
    canvas.ellipse((x, y), (25, 25), _MOON)
    canvas.ellipse((x - 8, y - 6), (5, 5), (232, 222, 176))
    canvas.ellipse((x + 8, y + 8), (4, 4), (232, 222, 176))


def _day_sky(canvas: Canvas, name: str, rng: random.Random) -> None:
    if name in ("meadow", "desert", "sea"):
        canvas.ellipse((rng.choice([48.0, 208.0]), 46), (23, 23), (255, 222, 84))
    if name in ("meadow", "sea"):
        for x, y in ((rng.uniform(20, 110), rng.uniform(70, 110)), (rng.uniform(150, 236), rng.uniform(90, 130))):
            for dx, dy, r in ((-18, 4, 12), (0, -2, 17), (18, 4, 12)):
                canvas.ellipse((x + dx, y + dy), (r * 1.3, r), (252, 254, 255))


def _hills(canvas: Canvas, place: Place, horizon: float, rng: random.Random) -> None:
    rise = rng.uniform(16, 30)
    canvas.blob(
        [
            (-40, horizon),
            (40, horizon - rise),
            (128, horizon - 6),
            (210, horizon - rise - 6),
            (WIDTH + 40, horizon),
            (WIDTH + 60, HEIGHT + 30),
            (-60, HEIGHT + 30),
        ],
        place.far,
    )


def _pine(canvas: Canvas, x: float, foot: float, tall: float, leaf: Colour, trunk: Colour) -> None:
    canvas.polygon([(x - 5, foot), (x + 5, foot), (x + 5, foot - tall * 0.3), (x - 5, foot - tall * 0.3)], trunk)
    for low, high, wide in ((0.16, 0.6, 0.3), (0.42, 0.82, 0.24), (0.66, 1.0, 0.17)):
        canvas.polygon(
            [(x - wide * tall, foot - low * tall), (x + wide * tall, foot - low * tall), (x, foot - high * tall)], leaf
        )


def _leafy(canvas: Canvas, x: float, foot: float, tall: float, leaf: Colour, trunk: Colour) -> None:
    canvas.polygon([(x - 8, foot), (x + 8, foot), (x + 5, foot - tall * 0.6), (x - 5, foot - tall * 0.6)], trunk)
    for dx, dy, r in ((-0.2, 0.62, 0.24), (0.2, 0.62, 0.24), (0, 0.82, 0.27)):
        canvas.ellipse((x + dx * tall, foot - dy * tall), (r * tall, r * tall), leaf)


def _pines(canvas: Canvas, rng: random.Random, painting: Painting, leaf: Colour) -> None:
    for x in (18, 62, 196, 240):
        colour = painting.lit(leaf)
        _pine(
            canvas,
            x + rng.uniform(-12, 12),
            painting.horizon + 24,
            rng.uniform(120, 180),
            colour,
            painting.lit((110, 74, 50)),
        )


def _forest(canvas: Canvas, rng: random.Random, painting: Painting) -> None:
    _pines(canvas, rng, painting, (34, 104, 70))


def _snow(canvas: Canvas, rng: random.Random, painting: Painting) -> None:
    _pines(canvas, rng, painting, (150, 184, 206))


def _autumn(canvas: Canvas, rng: random.Random, painting: Painting) -> None:
    for x, leaf in ((22, (222, 92, 34)), (72, (236, 160, 40)), (190, (236, 160, 40)), (236, (204, 70, 40))):
        _leafy(
            canvas,
            x + rng.uniform(-10, 10),
            painting.horizon + 24,
            rng.uniform(120, 160),
            painting.lit(leaf),
            painting.lit((104, 66, 44)),
        )


def _desert(canvas: Canvas, rng: random.Random, painting: Painting) -> None:
    green = painting.lit((84, 148, 84))
    for x in (rng.uniform(16, 50), rng.uniform(206, 240)):
        foot = painting.horizon + 24
        canvas.line([(x, foot), (x, foot - 92)], 17, green)
        canvas.line([(x, foot - 34), (x - 22, foot - 38), (x - 22, foot - 66)], 11, green)
        canvas.line([(x, foot - 48), (x + 20, foot - 52), (x + 20, foot - 78)], 11, green)


def _sea(canvas: Canvas, rng: random.Random, painting: Painting) -> None:
    horizon = painting.horizon - 8
    canvas.polygon([(0, horizon - 30), (WIDTH, horizon - 30), (WIDTH, HEIGHT), (0, HEIGHT)], painting.place.far)
    shore = horizon + rng.uniform(34, 44)
    wave = [(x, shore + 5 * math.sin(x / 21)) for x in range(0, WIDTH + 1, 8)]
    canvas.polygon([(x, y - 7) for x, y in wave] + [(WIDTH, HEIGHT), (0, HEIGHT)], painting.lit((236, 246, 250)))
    canvas.polygon([*wave, (WIDTH, HEIGHT), (0, HEIGHT)], painting.place.near)


def _nothing(canvas: Canvas, rng: random.Random, painting: Painting) -> None:
    """A place without more to it."""


def _flowers(canvas: Canvas, rng: random.Random, painting: Painting) -> None:
    for colour in ((240, 84, 110), (255, 246, 250), (250, 214, 60)) * 4:
        x, y = rng.uniform(8, WIDTH - 8), rng.uniform(painting.horizon + 34, HEIGHT - 10)
        for angle in range(0, 360, 72):
            canvas.ellipse(
                (x + 4.5 * math.cos(math.radians(angle)), y + 4.5 * math.sin(math.radians(angle))),
                (3.6, 3.6),
                painting.lit(colour),
            )
        canvas.ellipse((x, y), (2.6, 2.6), painting.lit((250, 170, 30)))


def _fallen(canvas: Canvas, rng: random.Random, painting: Painting) -> None:
    for colour in ((222, 92, 34), (246, 190, 60), (190, 60, 36)) * 4:
        x, y = rng.uniform(8, WIDTH - 8), rng.uniform(painting.horizon + 34, HEIGHT - 8)
        canvas.ellipse((x, y), (6.5, 3.4), painting.lit(colour), rng.uniform(0, 180))


def _mushrooms(canvas: Canvas, rng: random.Random, painting: Painting) -> None:
    for x in (rng.uniform(14, 40), rng.uniform(216, 242)):
        y = rng.uniform(286, 306)
        canvas.line([(x, y), (x, y - 14)], 8, painting.lit((250, 240, 224)))
        canvas.polygon(
            [(x - 15, y - 14), (x - 9, y - 25), (x, y - 29), (x + 9, y - 25), (x + 15, y - 14)],
            painting.lit((210, 40, 44)),
        )
        canvas.ellipse((x - 4, y - 20), (2.6, 2.6), painting.lit((255, 250, 250)))
        canvas.ellipse((x + 6, y - 19), (2.2, 2.2), painting.lit((255, 250, 250)))


_THINGS: dict[str, Callable[[Canvas, random.Random, Painting], None]] = {
    "forest": _forest, "meadow": _nothing, "snow": _snow, "desert": _desert, "autumn": _autumn, "sea": _sea,
}  # fmt: skip
_DETAILS: dict[str, Callable[[Canvas, random.Random, Painting], None]] = {
    "forest": _mushrooms, "meadow": _flowers, "autumn": _fallen,
}  # fmt: skip
