"""The ESRGAN network (RRDBNet: Wang et al. 2018, arXiv:1809.00219) for 4x upscalers in either key layout."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

SLOPE = 0.2
RESIDUAL = 0.2
_OLD_BODY = re.compile(r"model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)\.0\.(weight|bias)")
_OLD_NAMES = {"0": "conv_first", "3": "conv_up1", "6": "conv_up2", "8": "conv_hr", "10": "conv_last"}


class _Dense(nn.Module):
    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        for index in range(5):
            last = features if index == 4 else growth
            self.add_module(f"conv{index + 1}", nn.Conv2d(features + index * growth, last, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        seen = [x]
        for index in range(4):
            seen.append(leaky_relu(self.get_submodule(f"conv{index + 1}")(torch.cat(seen, 1)), SLOPE))
        return self.get_submodule("conv5")(torch.cat(seen, 1)) * RESIDUAL + x


class _Block(nn.Module):
    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (_Dense(features, growth) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.rdb3(self.rdb2(self.rdb1(x))) * RESIDUAL + x


class RrdbNet(nn.Module):
    """4x upscaler; pictures (b, 3, h, w) in 0..1 in and (b, 3, 4h, 4w) out."""

    def __init__(self, features: int, growth: int, blocks: int) -> None:
        super().__init__()
        self.conv_first = nn.Conv2d(3, features, 3, 1, 1)
        self.body = nn.Sequential(*(_Block(features, growth) for _ in range(blocks)))
        self.conv_body, self.conv_up1, self.conv_up2, self.conv_hr = (
            nn.Conv2d(features, features, 3, 1, 1) for _ in range(4)
        )
        self.conv_last = nn.Conv2d(features, 3, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Enlarge pictures."""
        first = self.conv_first(x)
        features = first + self.conv_body(self.body(first))
        for layer in (self.conv_up1, self.conv_up2):
            features = leaky_relu(layer(interpolate(features, scale_factor=2, mode="nearest")), SLOPE)
        return self.conv_last(leaky_relu(self.conv_hr(features), SLOPE))


def _today(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Keys of the old layout (``model.1.sub.0.RDB1...``) renamed to today's."""
    if "conv_first.weight" in weights:
        return weights
    renamed = {}
    blocks = max((int(match.group(1)) for key in weights if (match := _OLD_BODY.match(key))), default=-1) + 1
    for key, value in weights.items():
        match = _OLD_BODY.match(key)
        if match:
            block, dense, conv, kind = match.groups()
            renamed[f"body.{block}.rdb{dense}.conv{conv}.{kind}"] = value
        elif key.startswith(f"model.1.sub.{blocks}."):
            renamed[f"conv_body.{key.rsplit('.', 1)[1]}"] = value
        else:
            _, number, kind = key.split(".")
            renamed[f"{_OLD_NAMES[number]}.{kind}"] = value
    return renamed


def load(file: str) -> RrdbNet:
    """Read an upscaler. Raises OSError, pickle.UnpicklingError, KeyError or RuntimeError for anything else."""
    content: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    for wrapper in ("params_ema", "params"):
        content = content.get(wrapper, content)
    weights = _today(content)
    blocks = len({key.split(".")[1] for key in weights if key.startswith("body.")})
    growth = weights["body.0.rdb1.conv1.weight"].shape[0]
    net = RrdbNet(weights["conv_first.weight"].shape[0], growth, blocks)
    net.load_state_dict(weights)
    return net.eval()
