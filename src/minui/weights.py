"""Reading weight files: safetensors, and pickled checkpoints with tensors only."""

from __future__ import annotations

import os
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

_OLD_TEXT_KEYS = {
    f"cond_stage_model.transformer.{part}.": f"cond_stage_model.transformer.text_model.{part}."
    for part in ("embeddings", "encoder", "final_layer_norm")
}
"""Text encoder keys written by old transformers, and their names today."""


def _today(key: str) -> str:
    for old, new in _OLD_TEXT_KEYS.items():
        if key.startswith(old):
            return new + key.removeprefix(old)
    return key


def read_weights(file: str) -> dict[str, Tensor]:
    """Tensors of a weight file by ldm key.

    Raises OSError, safetensors.SafetensorError or pickle.UnpicklingError for a broken file.
    """
    if os.path.splitext(file)[1].lower() == ".safetensors":
        content: dict[str, Any] = load_file(file)
    else:
        content = torch.load(file, map_location="cpu", weights_only=True)
        content = content.get("state_dict", content)
    return {_today(key): value for key, value in content.items() if isinstance(value, Tensor)}
