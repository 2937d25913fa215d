"""Philox 4x32-10 with the number order of torch.randn on NVIDIA cards (Salmon et al. 2011; setting RNG = NV)."""

from __future__ import annotations

import numpy as np

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_LOW = np.uint64(0xFFFFFFFF)
_TO_UNIT = 2.3283064e-10
"""2**-32 and 2**-32 * 2 pi as cuRAND's Box-Muller writes them."""
_TO_ANGLE = 2.3283064e-10 * 6.2831855


def _round(counter: list[np.ndarray], key: list[np.ndarray]) -> list[np.ndarray]:
    first = counter[0].astype(np.uint64) * np.uint64(_MULTIPLIERS[0])
    second = counter[2].astype(np.uint64) * np.uint64(_MULTIPLIERS[1])
    high = [(product >> np.uint64(32)).astype(np.uint32) for product in (first, second)]
    low = [(product & _LOW).astype(np.uint32) for product in (first, second)]
    return [high[1] ^ counter[1] ^ key[0], low[1], high[0] ^ counter[3] ^ key[1], low[0]]


def philox(counter: list[np.ndarray], key: list[np.ndarray]) -> list[np.ndarray]:
    """Four streams of 32-bit numbers for four counter words (n,) and two key words (n,), all uint32."""
    for index in range(_ROUNDS):
        if index:
            key = [word + np.uint32(step) for word, step in zip(key, _WEYL, strict=True)]
        counter = _round(counter, key)
    return counter


class PhiloxGenerator:
    """Draws float32 normals; each draw moves on by one."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._offset = 0

    def randn(self, shape: tuple[int, ...]) -> np.ndarray:
        """Normal numbers of ``shape``."""
        count = int(np.prod(shape))
        zero = np.zeros(count, np.uint32)
        counter = [zero + np.uint32(self._offset), zero, np.arange(count, dtype=np.uint32), zero]
        seed = self._seed & 0xFFFFFFFFFFFFFFFF
        key = [zero + np.uint32(seed & 0xFFFFFFFF), zero + np.uint32(seed >> 32)]
        self._offset += 1
        radius_bits, angle_bits = philox(counter, key)[:2]
        radius = np.sqrt(-2.0 * np.log(radius_bits * _TO_UNIT + _TO_UNIT / 2))
        angle = angle_bits * _TO_ANGLE + _TO_ANGLE / 2
        return (radius * np.sin(angle)).reshape(shape).astype(np.float32)
