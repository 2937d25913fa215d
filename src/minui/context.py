"""The running web UI: what its parts share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from minui import paths as paths_module
from minui.checkpoints import Checkpoints
from minui.engine import Engine
from minui.hashes import HashCache
from minui.options import Options, known_settings
from minui.paths import Paths
from minui.state import FifoLock, JobState, Tasks
from minui.upscalers import Upscalers
from minui.vaes import Vaes


@dataclass
class WebUi:
    """Everything that lives as long as the server."""

    flags: argparse.Namespace
    paths: Paths
    options: Options
    checkpoints: Checkpoints
    vaes: Vaes
    engine: Engine
    upscalers: Upscalers
    state: JobState = field(default_factory=JobState)
    tasks: Tasks = field(default_factory=Tasks)
    queue: FifoLock = field(default_factory=FifoLock)

    def interrupted(self) -> bool:
        """Whether the running job was interrupted."""
        return self.state.interrupted

    def save_options(self) -> None:
        """Write the settings file."""
        self.options.save(self.flags.ui_settings_file)


def make(code: Path, flags: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> WebUi:
    """Read settings and folders; loads no model."""
    paths = paths_module.from_flags(code, flags)
    options = Options(known_settings(paths), frozen=flags.freeze_settings, frozen_keys=flags.freeze_specific_settings)
    options.load(flags.ui_settings_file, paths)
    paths.checkpoints.mkdir(parents=True, exist_ok=True)
    hashes = HashCache(paths.data, environ, hashing=not flags.no_hashing)
    checkpoints, vaes = Checkpoints(paths, flags, options, hashes), Vaes(paths, flags, options)
    checkpoints.refresh()
    upscalers = Upscalers(paths, options, flags.esrgan_models_path, flags.realesrgan_models_path)
    vaes.refresh()
    web = WebUi(flags, paths, options, checkpoints, vaes, Engine(flags, options, checkpoints, vaes, hashes), upscalers)
    _react(web)
    return web


def _react(web: WebUi) -> None:
    """Changing these settings through the API takes effect before the answer."""

    def checkpoint() -> None:
        with web.queue:
            web.engine.reload_checkpoint()

    def vae() -> None:
        with web.queue:
            web.engine.reload_vae()

    web.options.on_change.update(
        {"sd_model_checkpoint": checkpoint, "sd_vae": vae, "sd_vae_overrides_per_model_preferences": vae}
    )
