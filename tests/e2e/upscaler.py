"""A stand-in for R-ESRGAN 4x+ Anime6B: the same network, six blocks, but eight channels wide and made to sharpen.

Its weights pass colours through, so that the picture is nearest-neighbour enlargement with sharper edges: plainly not
what Lanczos gives, which the web UI would take in its place without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_WIDE, _GROWTH, _BLOCKS, _SHARP = 8, 32, 6, 0.15  # the web UI asks for a growth of 32


def write(path: Path) -> None:
    """Write the file the way Real-ESRGAN publishes its weights."""
    import torch

    def through(inside: int, outside: int, sharp: float = 0.0) -> torch.Tensor:
        weight = torch.zeros(outside, inside, 3, 3)
        for channel in range(min(inside, outside)):
            weight[channel, channel] = -sharp / 4 * torch.tensor([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]])
            weight[channel, channel, 1, 1] = 1.0 + sharp
        return weight

    state = {"conv_first.weight": through(3, _WIDE), "conv_last.weight": through(_WIDE, 3)}
    for name, sharp in (("conv_up1", _SHARP), ("conv_up2", 0.0), ("conv_hr", _SHARP)):
        state[f"{name}.weight"] = through(_WIDE, _WIDE, sharp)
    state["conv_body.weight"] = torch.zeros(_WIDE, _WIDE, 3, 3)
    for block in range(_BLOCKS):
        for dense in (1, 2, 3):
            for conv in range(1, 6):
                outside = _WIDE if conv == 5 else _GROWTH
                name = f"body.{block}.rdb{dense}.conv{conv}.weight"
                state[name] = torch.zeros(outside, _WIDE + (conv - 1) * _GROWTH, 3, 3)
    state |= {name.replace(".weight", ".bias"): torch.zeros(value.shape[0]) for name, value in state.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"params_ema": state}, path, _use_new_zipfile_serialization=False)  # the newest form is refused by A1111
