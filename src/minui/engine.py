"""Which model is loaded: first load in the background, changes of checkpoint and VAE, failures that stop nothing."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minui import errors
from minui.checkpoints import Checkpoint, Checkpoints
from minui.hashes import HashCache
from minui.options import Options
from minui.timer import Timer
from minui.vaes import Vaes

if TYPE_CHECKING:
    from minui.embeddings import Embeddings
    from minui.model import Model

VAE_TITLE = "vae"
"""The one cache title that all VAEs share (upstream's habit: a hash may belong to another VAE)."""


class Engine:
    """Holder of the loaded model; callers hold the queue lock, except for the first load."""

    def __init__(
        self, flags: argparse.Namespace, options: Options, checkpoints: Checkpoints, vaes: Vaes, hashes: HashCache
    ) -> None:
        self._flags, self._options, self._checkpoints = flags, options, checkpoints
        self._vaes, self._hashes = vaes, hashes
        self._lock = threading.RLock()
        self._note_in_options = True
        self.model: Model | None = None
        self.vae_file: str | None = None
        self.embeddings: Embeddings | None = None
        self.loaded_once = False

    # ---- first load ---------------------------------------------------------------------------------------------

    def try_first_load(self) -> None:
        """Load unless something was loaded before; a failure is shown and leaves no model."""
        with self._lock:
            if self.loaded_once:
                return
            try:
                self._load(self._checkpoints.selected())
            except Exception as error:  # noqa: BLE001 - a bad model must not stop the server
                errors.display(error, "loading stable diffusion model")
                print("\nStable diffusion model failed to load", file=sys.stderr)
                self.model = None

    def _weights(self, checkpoint: Checkpoint, timer: Timer) -> dict[str, Any]:
        from minui.weights import read_weights

        checkpoint.calculate_shorthash()
        self._checkpoints.register(checkpoint)
        timer.record("calculate hash")
        print(f"Loading weights [{checkpoint.shorthash}] from {checkpoint.filename}", flush=True)
        weights = read_weights(checkpoint.filename)
        timer.record("load weights from disk")
        return weights

    def _config_of(self, checkpoint: Checkpoint) -> str:
        return checkpoint.config or str(self._flags.config)

    def _load(self, checkpoint: Checkpoint) -> Model:
        """Make the modules anew and fill them. Raises whatever is wrong with the files."""
        from minui.embeddings import Embeddings
        from minui.model import Model

        timer = Timer()
        self.model = None
        weights = self._weights(checkpoint, timer)
        config = self._config_of(checkpoint)
        print(f"Creating model from config: {config}", flush=True)
        self.embeddings = Embeddings(Path(self._flags.embeddings_dir))
        model = Model(config, self.embeddings)
        timer.record("create model")
        self._fill(model, checkpoint, weights, timer)
        model.refresh_embeddings(force=True)
        self.model, self.loaded_once = model, True
        print("Applying attention optimization: sdp-no-mem... done.")
        print(f"Model loaded in {timer.summary()}.", flush=True)
        return model

    def _fill(self, model: Model, checkpoint: Checkpoint, weights: dict[str, Any], timer: Timer) -> None:
        if self._note_in_options:
            self._options.data["sd_model_checkpoint"] = checkpoint.title
        model.fill(checkpoint, weights)
        model.use_noise_table(self._options)
        timer.record("apply weights to model")
        self._options.data["sd_checkpoint_hash"] = checkpoint.sha256
        self.vae_file = None
        self._use_vae(model, *self._resolved(checkpoint))
        timer.record("load VAE")

    # ---- changes ------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def without_noting(self) -> Iterator[None]:
        """Inside, loading another checkpoint does not change the setting."""
        before, self._note_in_options = self._note_in_options, False
        try:
            yield
        finally:
            self._note_in_options = before

    def reload_checkpoint(self, wanted: Checkpoint | None = None) -> Model:
        """The model of ``wanted``, or of the setting; loaded if it is not the present one.

        Raises FileNotFoundError without checkpoints, and whatever is wrong with the file; then the previous weights
        are put back where possible.
        """
        with self._lock:
            checkpoint = wanted or self._checkpoints.selected()
            if self.model is None:
                return self._load(checkpoint)
            if self.model.checkpoint.filename == checkpoint.filename:
                return self.model
            return self._replace(self.model, checkpoint)

    def _replace(self, model: Model, checkpoint: Checkpoint) -> Model:
        timer = Timer()
        print(f"Reusing loaded model {model.checkpoint.title} to load {checkpoint.title}")
        weights = self._weights(checkpoint, timer)
        if self._config_of(checkpoint) != model.config_file:
            return self._load(checkpoint)
        previous = model.checkpoint
        try:
            self._fill(model, checkpoint, weights, timer)
        except Exception:
            print("Failed to load checkpoint, restoring previous")
            self._fill(model, previous, self._weights(previous, timer), timer)
            raise
        print(f"Weights loaded in {timer.summary()}.", flush=True)
        return model

    def _resolved(self, checkpoint: Checkpoint) -> tuple[str | None, str | None]:
        choice = self._vaes.resolve(checkpoint.filename)
        return choice.file, choice.source

    def _use_vae(self, model: Model, file: str | None, source: str | None) -> None:
        if file:
            assert os.path.isfile(file), f"VAE {source} doesn't exist: {file}"
            print(f"Loading VAE weights {source}: {file}", flush=True)
            model.use_vae(file)
            self._vaes.files.setdefault(os.path.basename(file), file)
        elif self.vae_file:
            print("Restoring base VAE")
            model.use_vae(None)
        self.vae_file = file

    def reload_vae(self) -> None:
        """Use the VAE that the rules choose now. Raises AttributeError when no model is loaded."""
        self.try_first_load()
        with self._lock:
            if self.model is None:
                raise AttributeError("'NoneType' object has no attribute 'sd_checkpoint_info'")
            file, source = self._resolved(self.model.checkpoint)
            if file == self.vae_file:
                return
            self._use_vae(self.model, file, source)
            print("VAE weights loaded.")

    # ---- names for pictures -------------------------------------------------------------------------------------

    @property
    def vae_name(self) -> str | None:
        """File name of the separate VAE in use."""
        return os.path.basename(self.vae_file) if self.vae_file else None

    def vae_hash(self) -> str | None:
        """First ten digits that the cache holds for "the VAE"."""
        digest = self._hashes.sha256(self.vae_file, VAE_TITLE) if self.vae_file else None
        return digest[:10] if digest else None
