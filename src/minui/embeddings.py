"""Textual inversion embeddings: files in embeddings/, found in prompts by their file name."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from minui import errors
from minui.files import walk
from minui.hashes import sha256_of

ENDINGS = (".safetensors", ".pt", ".bin")


@dataclass
class Embedding:
    """Vectors (count, width) that stand for one word."""

    name: str
    vec: Tensor
    shorthash: str

    @property
    def vectors(self) -> int:
        """How many tokens it takes."""
        return int(self.vec.shape[0])

    def listed(self) -> dict[str, Any]:
        """Fields of /sdapi/v1/embeddings."""
        shape = int(self.vec.shape[-1])
        names = {"step": None, "sd_checkpoint": None, "sd_checkpoint_name": None}
        return {**names, "shape": shape, "vectors": self.vectors}


def read_embedding(file: str) -> Tensor:
    """The only tensor of an embedding file, as (count, width) float32. Raises ValueError if there is none."""
    if file.endswith(".safetensors"):
        content: Any = load_file(file)
    else:
        content = torch.load(file, map_location="cpu", weights_only=True)
    content = content.get("string_to_param", content)
    tensors = [value for value in content.values() if isinstance(value, Tensor)]
    if not tensors:
        raise ValueError(f"Couldn't identify {os.path.basename(file)} as textual inversion embedding.")
    return torch.atleast_2d(tensors[0].detach().float())


class Embeddings:
    """Embeddings that fit the loaded text encoder, and those that do not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: float | None = None
        self._by_first_token: dict[int, list[tuple[list[int], Embedding]]] = {}
        self.loaded: dict[str, Embedding] = {}
        self.skipped: dict[str, Embedding] = {}

    def at(self, tokens: Sequence[int], position: int) -> tuple[Embedding, int] | None:
        """Longest-named embedding whose name's tokens start at ``position``, and how many tokens that is."""
        for ids, embedding in self._by_first_token.get(tokens[position], ()):
            if list(tokens[position : position + len(ids)]) == ids:
                return embedding, len(ids)
        return None

    def refresh(self, width: int, tokenize: Callable[[str], list[int]], *, force: bool = False) -> None:
        """Read the folder if it changed since last time (or always, with ``force``)."""
        changed = self._folder.stat().st_mtime if self._folder.is_dir() else None
        if not force and changed == self._seen:
            return
        self._seen = changed
        self._by_first_token, self.loaded, self.skipped = {}, {}, {}
        for file in walk(self._folder, ENDINGS):
            self._add(file, width, tokenize)

    def _add(self, file: str, width: int, tokenize: Callable[[str], list[int]]) -> None:
        name = os.path.splitext(os.path.basename(file))[0]
        try:
            embedding = Embedding(name, read_embedding(file), sha256_of(file)[:10])
        except Exception as error:  # noqa: BLE001 - one bad file must not hide the others
            errors.report(f"Error loading embedding {os.path.basename(file)}", error)
            return
        if embedding.vec.shape[1] != width:
            self.skipped[name] = embedding
            return
        self.loaded[name] = embedding
        ids = tokenize(name)
        same = self._by_first_token.setdefault(ids[0], [])
        same.append((ids, embedding))
        same.sort(key=lambda item: len(item[0]), reverse=True)
