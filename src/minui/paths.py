"""Where things lie in an installed web UI."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """Folders of one running web UI.

    ``code`` holds launch.py and tmp/; ``data`` (``--data-dir``) holds settings, outputs, extensions and cache.
    """

    code: Path
    data: Path
    models: Path

    @property
    def checkpoints(self) -> Path:
        """Folder of checkpoints."""
        return self.models / "Stable-diffusion"

    @property
    def vaes(self) -> Path:
        """Folder of separate VAEs."""
        return self.models / "VAE"

    @property
    def upscalers(self) -> Path:
        """Folder of ESRGAN upscalers."""
        return self.models / "ESRGAN"

    @property
    def temporary(self) -> Path:
        """Where an unreadable config.json is moved; stays with the code."""
        return self.code / "tmp"

    @property
    def extensions(self) -> Path:
        """Folder of extensions."""
        return self.data / "extensions"


def from_flags(code: Path, flags: argparse.Namespace) -> Paths:
    """Paths of a parsed command line."""
    data = Path(flags.data_dir)
    return Paths(code=code, data=data, models=Path(flags.models_dir) if flags.models_dir else data / "models")
