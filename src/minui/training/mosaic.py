"""Where the autoencoder's training starts: as an 8 x 8 mosaic, which already has every colour in its place.

From random weights it first spends hundreds of steps on grey pictures: each normalisation takes the mean of its group of
three channels away, and with it the colour of large flat areas. So some groups start as (signal, -signal, K): their mean is
K/3 whatever the picture, their deviation hardly changes with it, and the signal passes. The other channels start at random and learn the details.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from minui.training.state import start_quietly

if TYPE_CHECKING:
    from diffusers import AutoencoderKL
    from torch import Tensor
    from torch.nn import Conv2d, GroupNorm

_GROUPS, _SIZE = 12, 3
"""Groups that carry a signal, of the 32; channels in a group."""
_CONSTANT = 4.0
_DEVIATION = _CONSTANT * 2**0.5 / 3
"""Of a group whose signal is small against the constant."""
_SHIFT = 3.0
"""Moves a signal to where SiLU is nearly a straight line."""
_SLOPE = 1.088
"""Of SiLU there."""
_COLOURS, _LATENTS = 3, 4
_GAIN = 3.0
"""Enlarges latents, so that they stand out of the noise that training adds to them."""


@torch.no_grad()
def start_as_mosaic(model: AutoencoderKL) -> None:
    """Set the first weights."""
    start_quietly(model)
    encoder, decoder = model.encoder, model.decoder
    _spread(encoder.conv_in, _COLOURS, 1.0)
    for block in encoder.down_blocks[:-1]:
        _keep(block.downsamplers[0].conv, [(0, 0), (0, 1), (1, 0), (1, 1)])
    _pass(encoder.conv_norm_out)
    _gather(encoder.conv_out, _COLOURS, _GAIN)
    _spread(decoder.conv_in, _LATENTS, 1 / _GAIN)
    for block in decoder.up_blocks[:-1]:
        _keep(block.upsamplers[0].conv, [(1, 1)])
    _pass(decoder.conv_norm_out)
    _gather(decoder.conv_out, _COLOURS, 1.0)
    for conv in (model.quant_conv, model.post_quant_conv):
        torch.nn.init.dirac_(conv.weight)
        torch.nn.init.zeros_(conv.bias)


def skip_fine_encoding(model: AutoencoderKL) -> None:
    """Leave out the encoder's residual blocks at full and half size, for good.

    Their last convolutions start at zero and get no gradient, so the blocks are the identity wherever the weights are loaded;
    not computing them makes encoding several times cheaper, and flat pictures lose nothing by it.
    """
    for block in model.encoder.down_blocks[:2]:
        for residual in block.resnets:
            residual.forward = _unchanged


def _unchanged(hidden: Tensor, *_: object, **__: object) -> Tensor:
    return hidden


def _spread(conv: Conv2d, sources: int, gain: float) -> None:
    """The sources into the groups' signals, one after another; its negative and the constant beside it."""
    for group in range(_GROUPS):
        first = _SIZE * group
        conv.weight[first : first + _SIZE] = 0
        conv.weight[first, group % sources, 1, 1] = gain
        conv.weight[first + 1, group % sources, 1, 1] = -gain
        conv.bias[first : first + _SIZE] = torch.tensor([0, 0, _CONSTANT])


def _keep(conv: Conv2d, taps: list[tuple[int, int]]) -> None:
    """Each channel of the groups becomes the mean of itself at these taps."""
    for channel in range(_SIZE * _GROUPS):
        conv.weight[channel] = 0
        for row, column in taps:
            conv.weight[channel, channel, row, column] = 1 / len(taps)
        conv.bias[channel] = 0


def _pass(norm: GroupNorm) -> None:
    norm.bias[: _SIZE * _GROUPS] = _SHIFT + _CONSTANT / 3 / _DEVIATION


def _gather(conv: Conv2d, targets: int, gain: float) -> None:
    """The first groups' signals back into the targets; random channels hardly count at first."""
    factor = gain * _DEVIATION / _SLOPE / 2
    conv.weight *= 0.1
    for target in range(targets):
        conv.weight[target] = 0
        conv.weight[target, _SIZE * target, 1, 1] = factor
        conv.weight[target, _SIZE * target + 1, 1, 1] = -factor
        conv.bias[target] = 0
