"""Reading weight files: safetensors, and pickled checkpoints with tensors only."""

from __future__ import annotations

import os
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

_OLD_TEXT_KEYS = {
    f"cond_stage_model.transformer.{part}.": f"cond_stage_model.transformer.text_model.{part}."
    for part in ("embeddings", "encoder", "final_layer_norm")
}
"""Text encoder keys written by old transformers, and their names today."""


_HEADER_ERRORS = {
    "header too small": "HeaderTooSmall",
    "header too large": "HeaderTooLarge",
    "invalid header length": "InvalidHeaderLength",
    "invalid UTF-8 in header": "InvalidHeader",
    "invalid JSON in header": "InvalidHeaderDeserialization",
    "incomplete metadata": "MetadataIncompleteBuffer",
}
"""How safetensors words a broken header today, and the names that upstream's safetensors 0.4.2 gives."""


def _read_safetensors(file: str) -> dict[str, Tensor]:
    """Tensors of a safetensors file. Raises SafetensorError in the words of 0.4.2."""
    try:
        return load_file(file)
    except SafetensorError as error:
        for words, name in _HEADER_ERRORS.items():
            if words in str(error):
                raise SafetensorError(f"Error while deserializing header: {name}") from error
        raise


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
        content: dict[str, Any] = _read_safetensors(file)
    else:
        content = torch.load(file, map_location="cpu", weights_only=True)
        content = content.get("state_dict", content)
    return {_today(key): value for key, value in content.items() if isinstance(value, Tensor)}
