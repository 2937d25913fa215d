"""Checkpoints on disk: titles, aliases, choice (A1111 v1.10.1 modules/sd_models.py)."""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from minui.files import walk
from minui.hashes import HashCache, old_hash
from minui.options import Options
from minui.paths import Paths

ENDINGS = (".ckpt", ".safetensors")
VAE_ENDINGS = (".vae.ckpt", ".vae.safetensors")
SHORT = 10
"""Digits of the sha256 in titles and pictures."""
_CHECKSUM = re.compile(r"\s*\[[^]]+]\s*$")


class Checkpoint:
    """One checkpoint file and the names it answers to."""

    def __init__(self, filename: str, folders: list[str], hashes: HashCache) -> None:
        self.filename = filename
        self._hashes = hashes
        self.name = self._relative_name(filename, folders)
        self.stem = os.path.splitext(os.path.basename(filename))[0]
        self.model_name = os.path.splitext(self.name.replace("/", "_").replace("\\", "_"))[0]
        self.old_hash = old_hash(filename)
        self.sha256 = hashes.cached(filename, self._cache_title)

    @staticmethod
    def _relative_name(filename: str, folders: list[str]) -> str:
        absolute = os.path.abspath(filename)
        for folder in folders:
            if absolute.startswith(folder):
                return absolute[len(folder) :].lstrip("/\\")
        return os.path.basename(filename)

    @property
    def _cache_title(self) -> str:
        return f"checkpoint/{self.name}"

    @property
    def shorthash(self) -> str | None:
        """First ten digits of the sha256, None before the first hashing."""
        return self.sha256[:SHORT] if self.sha256 else None

    @property
    def title(self) -> str:
        """``name [shorthash]``."""
        return f"{self.name} [{self.shorthash}]" if self.shorthash else self.name

    @property
    def short_title(self) -> str:
        """``stem [shorthash]``."""
        return f"{self.stem} [{self.shorthash}]" if self.shorthash else self.stem

    @property
    def ids(self) -> list[str]:
        """Every spelling under which the checkpoint can be chosen."""
        names = [self.old_hash, self.model_name, self.title, self.name, self.stem, f"{self.name} [{self.old_hash}]"]
        if self.sha256 and self.shorthash:
            names += [self.shorthash, self.sha256, f"{self.name} [{self.shorthash}]", self.short_title]
        return names

    @property
    def config(self) -> str | None:
        """The YAML beside the file, if there is one."""
        beside = os.path.splitext(self.filename)[0] + ".yaml"
        return beside if os.path.exists(beside) else None

    def calculate_shorthash(self) -> str | None:
        """Hash the file if the cache does not know it; the ten-digit hash, or None with ``--no-hashing``."""
        self.sha256 = self._hashes.sha256(self.filename, self._cache_title)
        return self.shorthash


class Checkpoints:
    """All checkpoints; refreshed from disk on demand."""

    def __init__(self, paths: Paths, flags: argparse.Namespace, options: Options, hashes: HashCache) -> None:
        self._paths, self._flags, self._options, self._hashes = paths, flags, options, hashes
        self.found: list[Checkpoint] = []
        self.aliases: dict[str, Checkpoint] = {}

    @property
    def _folder(self) -> str:
        return os.path.abspath(self._paths.checkpoints)

    def refresh(self) -> None:
        """Read the folders again; a ``--ckpt`` file comes first and is selected."""
        self.found.clear()
        self.aliases.clear()
        given = self._flags.ckpt
        if given and os.path.exists(given):
            self._options.data["sd_model_checkpoint"] = self._add(given).title
        elif given and given != os.path.join(str(self._paths.data), "model.ckpt"):
            print(
                f"Checkpoint in --ckpt argument not found (Possible it was moved to {self._folder}: {given}",
                file=sys.stderr,
            )
        for filename in self._files():
            self._add(filename)

    def _files(self) -> list[str]:
        places = [self._flags.ckpt_dir] if self._flags.ckpt_dir and self._flags.ckpt_dir != self._folder else []
        files: dict[str, None] = {}
        for place in [*places, self._folder]:
            files.update((file, None) for file in walk(place, ENDINGS) if not file.endswith(VAE_ENDINGS))
        return list(files)

    def _add(self, filename: str) -> Checkpoint:
        folders = [os.path.abspath(self._flags.ckpt_dir)] if self._flags.ckpt_dir else []
        checkpoint = Checkpoint(filename, [*folders, self._folder], self._hashes)
        self.found.append(checkpoint)
        self.register(checkpoint)
        return checkpoint

    def register(self, checkpoint: Checkpoint) -> None:
        """Make every spelling of a checkpoint findable (again, after hashing)."""
        for spelling in checkpoint.ids:
            self.aliases[spelling] = checkpoint

    def closest(self, text: str | None) -> Checkpoint | None:
        """By alias, else the shortest title that contains ``text`` (with or without a ``[hash]`` at its end)."""
        if not text:
            return None
        if text in self.aliases:
            return self.aliases[text]
        for part in (text, _CHECKSUM.sub("", text)):
            matches = [checkpoint for checkpoint in self.found if part in checkpoint.title]
            if matches:
                return min(matches, key=lambda checkpoint: len(checkpoint.title))
        return None

    def selected(self) -> Checkpoint:
        """The configured checkpoint, else the first one with a line on stderr.

        Raises FileNotFoundError when there is none at all.
        """
        wanted = self._options.get("sd_model_checkpoint")
        if wanted in self.aliases:
            return self.aliases[wanted]
        if not self.found:
            raise FileNotFoundError(self._nothing_found())
        fallback = self.found[0]
        if wanted is not None:
            print(f"Checkpoint {wanted} not found; loading fallback {fallback.title}", file=sys.stderr)
        return fallback

    def _nothing_found(self) -> str:
        looked = ["No checkpoints found. When searching for checkpoints, looked at:"]
        if self._flags.ckpt is not None:
            looked.append(f" - file {os.path.abspath(self._flags.ckpt)}")
        looked.append(f" - directory {self._folder}")
        if self._flags.ckpt_dir is not None:
            looked.append(f" - directory {Path(self._flags.ckpt_dir).absolute()}")
        return "\n".join(looked) + (
            "Can't run without a checkpoint. Find and place a .ckpt or .safetensors file into any of those locations."
        )
