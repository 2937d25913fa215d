"""Model files by their content: whole or not, what they hold, whether loading them runs a pickle."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from foxup.doctor.state import ModelFile
from foxup.doctor.texts import knowledge
from foxup.paths import Layout
from foxup.system.download import content, pickles
from foxup.system.download.failures import DownloadError

_PICKLES = {".ckpt", ".pt", ".pth", ".bin"}
_SUFFIXES = {".safetensors", *_PICKLES}
_LONGEST_HEADER = 100_000_000
_MOST = 500  # a collection of thousands of files would take minutes and say nothing new


def read(layout: Layout) -> dict[str, Any]:
    """Return every model file, and the .yaml files that lie beside checkpoints."""
    found = [_model(layout.root, path, use) for use, path in list(_paths(layout.root))[:_MOST]]
    yamls = [
        path.relative_to(layout.root).as_posix()
        for path in sorted((layout.root / "models" / "Stable-diffusion").rglob("*.yaml"))
        if any(path.with_suffix(suffix).is_file() for suffix in _SUFFIXES)
    ]
    return {"models": tuple(found), "yamls": tuple(yamls)}


def kinds(keys: Iterable[str]) -> str:
    """Return what a file of tensors holds by their names: checkpoint, vae, lora or other.

    The names are those of the original Stable Diffusion releases, which the web UI asks for.
    """
    names = list(keys)
    if any(name.startswith(("model.diffusion_model.", "diffusion_model.")) for name in names):
        return "checkpoint"
    if any(name.startswith(("lora_", "lyco_")) or ".lora_" in name for name in names):
        return "lora"
    if any(name.startswith(("decoder.", "encoder.", "first_stage_model.")) for name in names):
        return "vae"
    return "other" if names else "unknown"


def _paths(root: Path) -> Iterator[tuple[str, Path]]:
    for use, folders in knowledge().model_folders.items():
        for folder in folders:
            for path in sorted((root / folder).rglob("*")):
                if path.suffix.lower() in _SUFFIXES and path.is_file():
                    yield use, path


def _model(root: Path, path: Path, use: str) -> ModelFile:
    suffix = path.suffix.lower()
    kind = "pickle" if suffix in _PICKLES else "safetensors"
    problem = _problem(lambda: content.check(path, kind, path.name))
    holds = kinds(_keys(path)) if kind == "safetensors" and problem is None else "unknown"
    danger = _danger(path) if kind == "pickle" and problem is None else None
    name = path.relative_to(root).as_posix()
    return ModelFile(name, use, path.stat().st_size, problem, holds, kind == "pickle", danger)


def _problem(check: Any) -> str | None:
    try:
        check()
    except DownloadError as error:
        return error.code
    return None


def _danger(path: Path) -> str | None:
    """Return what picklescan says against the file; a file that it cannot read is not called dangerous here."""
    try:
        pickles.scan(path, path.name)
    except DownloadError as error:
        return error.cause if error.code == "pickle-dangerous" else None
    return None


def _keys(path: Path) -> list[str]:
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(min(length, _LONGEST_HEADER)))
    return [key for key in header if key != "__metadata__"]
