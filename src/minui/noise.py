"""Starting noise and noise between steps (A1111 v1.10.1 modules/rng.py), on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor

from minui.philox import PhiloxGenerator

Source = Generator | PhiloxGenerator
NVIDIA = "NV"
"""Value of ``randn_source`` that imitates an NVIDIA card; GPU and CPU are the same thing here."""


def generator(seed: int, source: str) -> Source:
    """A random generator for one picture."""
    return PhiloxGenerator(seed) if source == NVIDIA else Generator("cpu").manual_seed(int(seed))


def draw(shape: Sequence[int], source: Source) -> Tensor:
    """Normal noise of ``shape``, float32."""
    if isinstance(source, PhiloxGenerator):
        return torch.from_numpy(source.randn(tuple(shape)))
    return torch.randn(tuple(shape), generator=source)


def _seeded(seed: int, shape: Sequence[int], kind: str) -> Tensor:
    """Noise from a fresh seed; also reseeds torch itself, on which the VAE's encoder draws afterwards."""
    if kind == NVIDIA:
        return draw(shape, PhiloxGenerator(seed))
    torch.manual_seed(seed)
    return torch.randn(tuple(shape))


def slerp(share: float, low: Tensor, high: Tensor) -> Tensor:
    """Spherical interpolation along dimension 1, as upstream does it (plain mix for nearly equal directions)."""
    low_unit = low / torch.norm(low, dim=1, keepdim=True)
    high_unit = high / torch.norm(high, dim=1, keepdim=True)
    dot = (low_unit * high_unit).sum(1)
    if dot.mean() > 0.9995:
        return low * share + high * (1 - share)
    angle = torch.acos(dot)
    left = (torch.sin((1.0 - share) * angle) / torch.sin(angle)).unsqueeze(1)
    right = (torch.sin(share * angle) / torch.sin(angle)).unsqueeze(1)
    return left * low + right * high


@dataclass
class Variation:
    """Second seeds mixed in, and the size at which the noise is drawn first (0 = the picture's)."""

    seeds: Sequence[int] = ()
    strength: float = 0.0
    height: int = 0
    width: int = 0


@dataclass
class PictureNoise:
    """Noise for a batch: the first draw by each picture's seed, later ones by seed + ENSD.

    ``shape`` is (channels, height, width) of one latent.
    """

    shape: tuple[int, int, int]
    seeds: Sequence[int]
    source: str = "GPU"
    ensd: int = 0
    variation: Variation = field(default_factory=Variation)

    def __post_init__(self) -> None:
        self._generators = [generator(seed, self.source) for seed in self.seeds]
        self._first = True

    def next(self) -> Tensor:
        """The next noise (batch, channels, height, width)."""
        if self._first:
            self._first = False
            first = torch.stack([self._start(index) for index in range(len(self.seeds))])
            if self.ensd:
                self._generators = [generator(seed + self.ensd, self.source) for seed in self.seeds]
            return first
        return torch.stack([draw(self.shape, one) for one in self._generators])

    def _start(self, index: int) -> Tensor:
        seed, variation = self.seeds[index], self.variation
        resized = variation.height > 0 and variation.width > 0
        shape = (self.shape[0], int(variation.height) // 8, int(variation.width) // 8) if resized else self.shape
        second = None
        if variation.seeds and variation.strength != 0:
            second = _seeded(variation.seeds[index] if index < len(variation.seeds) else 0, shape, self.source)
        if shape != self.shape:
            noise = _seeded(seed, shape, self.source)
        else:
            torch.manual_seed(seed)
            noise = draw(shape, self._generators[index])
        if second is not None:
            noise = slerp(variation.strength, noise, second)
        return noise if shape == self.shape else self._placed(noise, index)

    def _placed(self, noise: Tensor, index: int) -> Tensor:
        """Noise of another size, centred in this picture's own noise."""
        whole = draw(self.shape, self._generators[index])
        dx, dy = (self.shape[2] - noise.shape[2]) // 2, (self.shape[1] - noise.shape[1]) // 2
        width = noise.shape[2] if dx >= 0 else noise.shape[2] + 2 * dx
        height = noise.shape[1] if dy >= 0 else noise.shape[1] + 2 * dy
        left, top, from_x, from_y = max(dx, 0), max(dy, 0), max(-dx, 0), max(-dy, 0)
        part = noise[:, from_y : from_y + height, from_x : from_x + width]
        whole[:, top : top + height, left : left + width] = part
        return whole
