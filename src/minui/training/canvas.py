"""Smooth flat shapes on a supersampled picture; coordinates are pixels of the finished picture, wherever it is turned."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from minui.training.shapes import HEIGHT, WIDTH

Colour = tuple[int, int, int]
Point = tuple[float, float]
_OVERSAMPLING = 3


@dataclass(frozen=True)
class Frame:
    """Where a figure's own coordinates lie: origin, size, and whether it looks the other way."""

    x: float = 0.0
    y: float = 0.0
    size: float = 1.0
    mirrored: bool = False

    def at(self, point: Point) -> Point:
        """The figure's point in the picture."""
        side = -1.0 if self.mirrored else 1.0
        return self.x + side * self.size * point[0], self.y + self.size * point[1]


class Canvas:
    """A picture being drawn: WIDTH x HEIGHT, three times as fine until it is finished."""

    def __init__(self, top: Colour, bottom: Colour) -> None:
        self._image = _gradient(top, bottom)
        self._draw = ImageDraw.Draw(self._image)
        self.frame = Frame()

    def polygon(self, points: Iterable[Point], colour: Colour) -> None:
        """A filled polygon with sharp corners."""
        self._draw.polygon([self._place(point) for point in points], fill=colour)

    def blob(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled closed curve through the points (Catmull-Rom)."""
        self.polygon(_closed_curve(points), colour)

    def ellipse(self, centre: Point, radii: Point, colour: Colour, turn: float = 0.0) -> None:
        """A filled ellipse, turned by so many degrees."""
        angle, steps = math.radians(turn), 40
        points: list[Point] = []
        for step in range(steps):
            around = 2 * math.pi * step / steps
            x, y = radii[0] * math.cos(around), radii[1] * math.sin(around)
            points.append(
                (
                    centre[0] + x * math.cos(angle) - y * math.sin(angle),
                    centre[1] + x * math.sin(angle) + y * math.cos(angle),
                )
            )
        self.polygon(points, colour)

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """A line with round ends and joints."""
        for start, end in zip(points, points[1:], strict=False):
            (x0, y0), (x1, y1) = start, end
            length = math.hypot(x1 - x0, y1 - y0) or 1.0
            dx, dy = -(y1 - y0) * width / 2 / length, (x1 - x0) * width / 2 / length
            self.polygon([(x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)], colour)
        for point in points:
            self.ellipse(point, (width / 2, width / 2), colour)

    def finished(self) -> Image.Image:
        """The picture at its real size."""
        return self._image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)

    def _place(self, point: Point) -> Point:
        x, y = self.frame.at(point)
        return x * _OVERSAMPLING, y * _OVERSAMPLING


def _gradient(top: Colour, bottom: Colour) -> Image.Image:
    strip = Image.new("RGB", (1, 2))
    strip.putpixel((0, 0), top)
    strip.putpixel((0, 1), bottom)
    return strip.resize((WIDTH * _OVERSAMPLING, HEIGHT * _OVERSAMPLING), Image.Resampling.BILINEAR)


def _closed_curve(points: Sequence[Point], steps: int = 8) -> list[Point]:
    out: list[Point] = []
    count = len(points)
    for index in range(count):
        a, b, c, d = (points[(index + offset) % count] for offset in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            out.append((_spline(a[0], b[0], c[0], d[0], t), _spline(a[1], b[1], c[1], d[1], t)))
    return out


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)
