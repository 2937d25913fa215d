"""Drawing a fox (and, with other ears and tail, a cat). Its own unit: the head is about 100 wide; (0, 0) is the ground under it."""

from __future__ import annotations

from dataclasses import dataclass

from minui.training.canvas import Canvas, Colour, Frame, Point

Look = tuple[Colour, Colour, Colour]
"""Fur, belly and muzzle, socks and ear tips."""

FURS: dict[str, Look] = {
    "red": ((226, 104, 34), (255, 244, 228), (74, 40, 30)),
    "white": ((238, 242, 250), (255, 255, 255), (196, 206, 226)),
    "gray": ((136, 142, 156), (232, 234, 240), (66, 70, 84)),
    "black": ((52, 50, 60), (196, 196, 206), (24, 22, 30)),
}
EYES: dict[str, Colour] = {
    "blue": (44, 120, 230),
    "green": (40, 160, 70),
    "amber": (236, 170, 30),
    "brown": (96, 54, 30),
}
SCARVES: dict[str, Colour] = {"red": (206, 34, 52), "blue": (40, 90, 200), "green": (44, 150, 84)}
_NOSE: Colour = (34, 26, 30)
_SHINE: Colour = (255, 255, 255)


@dataclass(frozen=True)
class Animal:
    """What one animal looks like."""

    look: Look
    eyes: Colour
    pose: str
    closed: bool = False
    cat: bool = False
    scarf: Colour | None = None
    glasses: bool = False


def draw(canvas: Canvas, animal: Animal, frame: Frame) -> None:
    """Draw the animal with its feet on the frame's origin."""
    canvas.frame = frame
    {"sitting": _sitting, "standing": _standing, "sleeping": _sleeping}[animal.pose](canvas, animal)
    canvas.frame = Frame()


def _sitting(canvas: Canvas, animal: Animal) -> None:
    fur, belly, socks = animal.look
    _tail(canvas, animal, [(20, -16), (62, -10), (92, -44), (88, -88), (66, -104), (58, -76), (52, -48), (24, -40)],
          [(92, -62), (90, -90), (66, -106), (58, -80), (72, -86)])  # fmt: skip
    canvas.blob([(-24, -92), (24, -92), (42, -40), (46, -6), (0, 0), (-46, -6), (-42, -40)], fur)
    canvas.blob([(-15, -86), (15, -86), (20, -48), (10, -18), (0, -8), (-10, -18), (-20, -48)], belly)
    for side in (-1, 1):
        canvas.ellipse((side * 33, -10), (17, 11), fur)
        canvas.line([(side * 12, -44), (side * 13, -10)], 15, fur)
        canvas.ellipse((side * 14, -6), (12, 8), socks)
    _scarf(canvas, animal, (0, -88), 30)
    _head(canvas, animal, (0, -124))


def _standing(canvas: Canvas, animal: Animal) -> None:
    fur, belly, socks = animal.look
    _tail(canvas, animal, [(52, -64), (84, -70), (112, -92), (122, -122), (104, -126), (86, -106), (66, -88), (48, -78)],
          [(108, -92), (122, -122), (104, -126), (92, -112), (102, -106)])  # fmt: skip
    for x in (-34, -14, 38, 56):
        canvas.line([(x, -44), (x, -8)], 15, fur)
        canvas.line([(x, -18), (x, -7)], 14, socks)
    canvas.blob([(-50, -62), (-30, -88), (20, -82), (58, -84), (70, -62), (58, -40), (10, -34), (-38, -36)], fur)
    canvas.blob([(-46, -58), (-30, -44), (10, -40), (40, -42), (10, -32), (-34, -34)], belly)
    _scarf(canvas, animal, (-40, -80), 28)
    _head(canvas, animal, (-44, -112))


def _sleeping(canvas: Canvas, animal: Animal) -> None:
    fur, _, socks = animal.look
    canvas.ellipse((8, -40), (82, 42), fur)
    canvas.ellipse((26, -62), (52, 24), fur)
    _tail(canvas, animal, [(86, -48), (96, -22), (74, 2), (20, 8), (-26, 2), (-30, -12), (4, -18), (46, -22)],
          [(2, 8), (-26, 4), (-42, -6), (-28, -14), (2, -16), (-6, -4)])  # fmt: skip
    canvas.ellipse((-64, -6), (18, 8), socks)
    _head(canvas, animal, (-42, -46))


def _tail(canvas: Canvas, animal: Animal, outline: list[Point], tip: list[Point]) -> None:
    if animal.cat:
        canvas.line([outline[0], outline[1], outline[2], outline[3]], 11, animal.look[0])
        return
    canvas.blob(outline, animal.look[0])
    canvas.blob(tip, animal.look[1])


def _scarf(canvas: Canvas, animal: Animal, place: Point, width: float) -> None:
    if animal.scarf is None:
        return
    x, y = place
    dark: Colour = (animal.scarf[0] * 3 // 4, animal.scarf[1] * 3 // 4, animal.scarf[2] * 3 // 4)
    canvas.polygon([(x + 6, y), (x + 22, y), (x + 26, y + 40), (x + 10, y + 40)], dark)
    canvas.ellipse((x, y + 2), (width + 4, 13), animal.scarf)


def _head(canvas: Canvas, animal: Animal, centre: Point) -> None:
    """The face looks at the viewer in every pose: that is what makes it a fox at first sight."""
    frame = canvas.frame
    canvas.frame = Frame(*frame.at(centre), frame.size, frame.mirrored)
    fur, belly, _socks = animal.look
    for side in (-1, 1):
        _ear(canvas, animal, side)
    if animal.cat:
        canvas.ellipse((0, 0), (45, 38), fur)
        canvas.ellipse((0, 16), (22, 15), belly)
    else:
        canvas.blob(
            [
                (0, -36),
                (30, -30),
                (46, -4),
                (58, 12),
                (34, 24),
                (14, 38),
                (0, 44),
                (-14, 38),
                (-34, 24),
                (-58, 12),
                (-46, -4),
                (-30, -30),
            ],
            fur,
        )
        for side in (-1, 1):
            canvas.blob(
                [(side * 56, 12), (side * 30, 4), (side * 12, 14), (0, 12), (0, 42), (side * 13, 36), (side * 34, 23)],
                belly,
            )
    for side in (-1, 1):
        _eye(canvas, animal, side)
    nose = 12 if animal.cat else 31
    canvas.blob([(-8, nose - 4), (8, nose - 4), (5, nose + 4), (0, nose + 7), (-5, nose + 4)], _NOSE)
    canvas.frame = frame


def _ear(canvas: Canvas, animal: Animal, side: int) -> None:
    fur, belly, socks = animal.look
    tall = -62 if animal.cat else -88
    root, tip, end = (side * 12, -30), (side * 44, tall), (side * 47, -8)
    canvas.polygon([root, tip, end], fur)
    if not animal.cat:
        canvas.polygon([_between(root, tip, 0.66), tip, _between(end, tip, 0.66)], socks)
    inner = [_between(point, (side * 36, -34), 0.38) for point in (root, tip, end)]
    canvas.polygon(inner, (232, 160, 150) if animal.cat else belly)


def _eye(canvas: Canvas, animal: Animal, side: int) -> None:
    x, y = side * 22, -4
    if animal.closed:
        canvas.line([(x - 10, y - 1), (x - 4, y + 4), (x + 4, y + 4), (x + 10, y - 1)], 4, _NOSE)
    else:
        canvas.ellipse((x, y), (10.5, 12), _NOSE)
        canvas.ellipse((x, y + 1), (8, 9.5), animal.eyes)
        canvas.ellipse((x, y + 1), (3.6, 6), _NOSE)
        canvas.ellipse((x - 3, y - 4), (2.6, 2.8), _SHINE)
    if animal.glasses:
        _ring(canvas, (x, y))


def _ring(canvas: Canvas, centre: Point) -> None:
    x, y = centre
    corners = [(x - 16, y - 13), (x + 16, y - 13), (x + 16, y + 14), (x - 16, y + 14), (x - 16, y - 13)]
    canvas.line(corners, 3.5, (30, 30, 60))
    canvas.line([(0, y - 4), (x, y - 13)], 3.5, (30, 30, 60))


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
