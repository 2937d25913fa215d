"""Which VAE file is used (A1111 v1.10.1 modules/sd_vae.py: refresh_vae_list, resolve_vae)."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass
from pathlib import Path

from minui.files import natural_key
from minui.options import Options
from minui.paths import Paths

ENDINGS = ("ckpt", "pt", "safetensors")
AUTOMATIC = ("Automatic", "auto")


@dataclass(frozen=True)
class Choice:
    """A resolved VAE: file (None = the checkpoint's own), the words for the log, and whether a rule decided."""

    file: str | None = None
    source: str | None = None
    decided: bool = True


UNDECIDED = Choice(decided=False)


class Vaes:
    """VAE files by bare file name, and the rules that choose one."""

    def __init__(self, paths: Paths, flags: argparse.Namespace, options: Options) -> None:
        self._paths, self._flags, self._options = paths, flags, options
        self.files: dict[str, str] = {}

    def refresh(self) -> None:
        """List again; of two files with one name the last wins."""
        beside = [f"**/*.vae.{ending}" for ending in ENDINGS]
        plain = [f"**/*.{ending}" for ending in ENDINGS]
        places = [(os.path.abspath(self._paths.checkpoints), beside), (os.path.abspath(self._paths.vaes), plain)]
        if self._flags.ckpt_dir and os.path.isdir(self._flags.ckpt_dir):
            places.append((self._flags.ckpt_dir, beside))
        if self._flags.vae_dir and os.path.isdir(self._flags.vae_dir):
            places.append((self._flags.vae_dir, plain))
        found = {}
        for folder, patterns in places:
            for pattern in patterns:
                found.update({file.name: str(file) for file in sorted(Path(folder).glob(pattern))})
        self.files = dict(sorted(found.items(), key=lambda item: natural_key(item[0])))

    def _automatic(self) -> bool:
        return self._options.get("sd_vae") in AUTOMATIC

    def _from_setting(self) -> Choice:
        wanted = self._options.get("sd_vae")
        if wanted == "None":
            return Choice()
        if wanted in self.files:
            return Choice(self.files[wanted], "specified in settings")
        if not self._automatic():
            print(f"Couldn't find VAE named {wanted}; using None instead")
        return UNDECIDED

    def _from_metadata(self, checkpoint: str) -> Choice:
        try:
            text = Path(os.path.splitext(checkpoint)[0] + ".json").read_text(encoding="utf-8")
            wanted = json.loads(text).get("vae")
        except (OSError, ValueError, AttributeError):
            return UNDECIDED
        if wanted == "None":
            return Choice()
        return Choice(self.files[wanted], "from user metadata") if wanted in self.files else UNDECIDED

    def _near(self, checkpoint: str) -> Choice:
        if self._options.get("sd_vae_overrides_per_model_preferences") and not self._automatic():
            return UNDECIDED
        stem = os.path.basename(checkpoint).rsplit(".", 1)[0]
        for file in self.files.values():
            if os.path.basename(file).startswith(stem):
                return Choice(file, "found near the checkpoint")
        return UNDECIDED

    def resolve(self, checkpoint: str) -> Choice:
        """The VAE for a checkpoint file: flag, forced setting, metadata beside it, name prefix, setting."""
        if self._flags.vae_path is not None:
            return Choice(self._flags.vae_path, "from commandline argument")
        if self._options.get("sd_vae_overrides_per_model_preferences") and not self._automatic():
            return self._from_setting()
        for choice in (self._from_metadata(checkpoint), self._near(checkpoint)):
            if choice.decided:
                return choice
        return self._from_setting()
