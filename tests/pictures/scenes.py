"""Drawn pictures for the judge's tests: deterministic by seed, numpy and Pillow only, and every class of change.

`scene(seed)` draws one subject before a landscape. The functions below it make the pictures a user may get instead:
numerical noise, drift, faults of tone and detail, broken ones. Sizes of the changes follow published measurements of the
same generation on other machines (a tiny median and a heavy tail).
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = (256, 384)  # width, height
FOXES = ((222, 120, 50), (160, 90, 60), (205, 150, 90), (120, 120, 130), (235, 235, 230))


def palette(seed: int) -> list[tuple[int, int, int]]:
    """Return sky, far, near, ground, subject and accent colours."""
    random = np.random.default_rng(seed + 7_000)
    bases = random.integers(30, 226, (6, 3))
    bases[0] = (bases[0] + 2 * np.array([150, 190, 235])) // 3
    bases[4] = FOXES[seed % len(FOXES)]
    return [tuple(int(value) for value in base) for base in bases]


def scene(
    seed: int, *, colours: int | None = None, size: tuple[int, int] = SIZE, moved: float = 0.0, drift_seed: int = 0
) -> np.ndarray:
    """Draw a scene. `colours`: the seed of another palette; `moved`: 0..1, how far its objects wander."""
    random = np.random.default_rng(seed)
    wander = np.random.default_rng(drift_seed + 99)
    sky, far, near, ground, coat, accent = palette(seed if colours is None else colours)
    width, height = size
    picture = Image.new("RGB", size, sky)
    draw = ImageDraw.Draw(picture)
    for row in range(height // 2):
        light = 1.15 - 0.5 * row / height
        draw.line([(0, row), (width, row)], fill=tuple(min(255, int(value * light)) for value in sky))

    def shift(scale: float) -> float:
        return float(wander.normal(0, 1)) * moved * scale

    horizon = height * random.uniform(0.45, 0.62)
    for colour, lift in ((far, 0.16), (near, 0.08)):
        ridge = [(width * step / 8, horizon - height * lift * random.uniform(-0.3, 1) + shift(6)) for step in range(9)]
        draw.polygon([(0, height), *ridge, (width, height)], fill=colour)
    draw.rectangle([0, horizon + height * 0.08, width, height], fill=ground)
    for _ in range(7):
        x, y = random.uniform(0, width) + shift(16), horizon + random.uniform(-0.05, 0.1) * height + shift(8)
        tall = random.uniform(0.08, 0.22) * height
        tree = tuple(int(value * random.uniform(0.5, 0.9)) for value in near)
        if moved and wander.random() < moved * 0.35:
            tree = tuple(int(value) for value in wander.integers(20, 230, 3))
        draw.rectangle([x - 3, y - tall * 0.3, x + 3, y + tall * 0.3], fill=(70, 50, 40))
        draw.ellipse([x - tall / 2.5, y - tall, x + tall / 2.5, y - tall * 0.2], fill=tree)
    _fox(draw, random, shift, coat, accent, size)
    array = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.6)), dtype=np.float32)
    return _texture(array, random)


def _fox(draw, random, shift, coat, accent, size) -> None:
    width, height = size
    x, y = width * random.uniform(0.38, 0.62) + shift(10), height * random.uniform(0.5, 0.62) + shift(8)
    scale = min(size) * random.uniform(0.16, 0.26)
    dark = tuple(int(value * 0.55) for value in coat)
    draw.ellipse([x - scale, y + scale * 0.5, x + scale, y + scale * 2.8], fill=coat)
    tail = random.choice([-1, 1])
    draw.ellipse(
        [x + tail * scale * 0.6, y + scale, x + tail * scale * 2.2, y + scale * 2.4][::1]
        if tail > 0
        else [x - scale * 2.2, y + scale, x - scale * 0.6, y + scale * 2.4],
        fill=dark,
    )
    for side in (-1, 1):
        ear = scale * 0.75
        draw.polygon(
            [
                (x + side * scale * 0.95, y - scale * 0.2),
                (x + side * scale * 0.3, y - scale * 0.75),
                (x + side * ear, y - scale * 1.6 + shift(4)),
            ],
            fill=dark,
        )
    draw.ellipse([x - scale, y - scale, x + scale, y + scale], fill=coat)
    draw.ellipse([x - scale * 0.5, y, x + scale * 0.5, y + scale * 0.9], fill=(245, 240, 230))
    for side in (-1, 1):
        draw.ellipse(
            [x + side * scale * 0.42 - 5, y - scale * 0.25 - 6, x + side * scale * 0.42 + 5, y - scale * 0.25 + 6],
            fill=(25, 22, 20),
        )
    draw.ellipse([x - 5, y + scale * 0.3, x + 5, y + scale * 0.45], fill=(20, 15, 15))
    draw.rectangle([x - scale * 0.8, y + scale * 0.95, x + scale * 0.8, y + scale * 1.2], fill=accent)


def _texture(array: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Add strokes: smooth noise of two sizes and a little grain, as a generated picture has."""
    height, width = array.shape[:2]
    for cell, strength in ((4, 5.0), (16, 8.0)):
        small = random.normal(0, 1, (height // cell + 2, width // cell + 2)).astype(np.float32)
        layer = np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))
        array = array + strength * layer[..., None]
    return to_bytes(array + random.normal(0, 1.5, array.shape))


def to_bytes(array: np.ndarray) -> np.ndarray:
    return np.clip(np.round(array), 0, 255).astype(np.uint8)


def noise(rgb: np.ndarray, level: int, seed: int = 0) -> np.ndarray:
    """Imitate another kernel or card: a slight warp, texture that settles differently, a few spots. Levels 1..3."""
    random = np.random.default_rng(seed + 500)
    warp, texture, spots = {1: (0.1, 0.05, 2), 2: (0.3, 0.14, 5), 3: (0.7, 0.25, 9)}[level]
    height, width = rgb.shape[:2]
    array = _warp(rgb.astype(np.float32), warp, random)
    blurred = np.asarray(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(1.5)), dtype=np.float32)
    fine = rgb.astype(np.float32) - blurred
    array += texture * (np.roll(fine, (3, 5), axis=(0, 1)) - fine)
    for _ in range(spots):
        y, x, radius = random.integers(0, height), random.integers(0, width), random.integers(3, 8)
        box = np.s_[max(0, y - radius) : y + radius, max(0, x - radius) : x + radius]
        array[box] += random.normal(0, 18, 3)
    return to_bytes(array)


def _warp(array: np.ndarray, pixels: float, random: np.random.Generator) -> np.ndarray:
    height, width = array.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    moved = []
    for axis in (rows, columns):
        small = random.normal(0, pixels * 1.6, (height // 48 + 2, width // 48 + 2)).astype(np.float32)
        moved.append(axis + np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)))
    rows, columns = moved[0].clip(0, height - 1.001), moved[1].clip(0, width - 1.001)
    top, left = rows.astype(int), columns.astype(int)
    down, right = (rows - top)[..., None], (columns - left)[..., None]
    upper = array[top, left] * (1 - right) + array[top, left + 1] * right
    lower = array[top + 1, left] * (1 - right) + array[top + 1, left + 1] * right
    return upper * (1 - down) + lower * down


def washed(rgb: np.ndarray, level: int) -> np.ndarray:
    """Imitate a forgotten VAE: less saturation and contrast, lifted blacks, violet patches. Levels 1..3."""
    saturation, contrast = {1: (0.65, 0.9), 2: (0.44, 0.8), 3: (0.28, 0.7)}[level]
    array = rgb.astype(np.float32)
    grey = array.mean(axis=2, keepdims=True)
    array = 128 + ((grey + (array - grey) * saturation) - 128) * contrast + 6
    random = np.random.default_rng(level)
    for _ in range(3):
        y, x = random.integers(0, rgb.shape[0] - 20), random.integers(0, rgb.shape[1] - 20)
        array[y : y + 18, x : x + 18] += np.array([24, -8, 28])
    return to_bytes(array)


def other_vae(rgb: np.ndarray) -> np.ndarray:
    array = rgb.astype(np.float32)
    grey = array.mean(axis=2, keepdims=True)
    return to_bytes(128 + ((grey + (array - grey) * 1.18) - 128) * 1.06)


def latent_grid(rgb: np.ndarray, level: int = 2) -> np.ndarray:
    """Imitate a Latent upscaler with low denoising: half size, up again, blurred, an 8 px grid."""
    small = Image.fromarray(rgb).resize((rgb.shape[1] // 2, rgb.shape[0] // 2), Image.Resampling.BILINEAR)
    array = np.asarray(small.resize((rgb.shape[1], rgb.shape[0]), Image.Resampling.BILINEAR), dtype=np.float32).copy()
    array[::8] += 2.0 * level
    array[:, ::8] += 2.0 * level
    return to_bytes(array)


def blurred(rgb: np.ndarray, radius: float = 2.0) -> np.ndarray:
    return np.asarray(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(radius)))


def resized(rgb: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS))


def white_noise(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)


def latent_noise(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Noise of the latent, decoded: patches of about 8 px."""
    small = np.random.default_rng(seed).normal(128, 60, (size[1] // 8, size[0] // 8, 3))
    big = Image.fromarray(to_bytes(small)).resize(size, Image.Resampling.BICUBIC)
    return to_bytes(
        np.asarray(big, dtype=np.float32) + np.random.default_rng(seed).normal(0, 12, (size[1], size[0], 3))
    )


def decoded_noise(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    """What a real decoder makes of a random latent: cells of 8 px with hard edges, each of its own colour."""
    small = to_bytes(np.random.default_rng(seed).normal(128, 55, (size[1] // 8, size[0] // 8, 3)))
    big = Image.fromarray(small).resize(size, Image.Resampling.NEAREST).filter(ImageFilter.GaussianBlur(0.8))
    return to_bytes(np.asarray(big, dtype=np.float32) + np.random.default_rng(seed).normal(0, 3, (size[1], size[0], 3)))


def flat(colour: tuple[int, int, int], size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.full((size[1], size[0], 3), colour, dtype=np.uint8)


def half_black(rgb: np.ndarray) -> np.ndarray:
    copy = rgb.copy()
    copy[rgb.shape[0] // 2 :] = 0
    return copy


def encoded(rgb: np.ndarray, kind: str = "PNG", **options) -> bytes:
    store = BytesIO()
    Image.fromarray(rgb).save(store, kind, **options)
    return store.getvalue()
