"""A training run's folder: checkpoints that are whole or absent, and a log of losses, one JSON object a line."""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_SAVE_EVERY = 120.0
"""Seconds between checkpoints."""


@dataclass
class Run:
    """One stage's folder; counts steps and time over all its sittings."""

    folder: Path
    stage: str
    step: int = 0
    seconds: float = 0.0
    _since: float = field(default_factory=time.monotonic)
    _saved: float = field(default_factory=time.monotonic)

    @property
    def checkpoint(self) -> Path:
        """Where the stage's state is kept."""
        return self.folder / f"{self.stage}.pt"

    def elapsed(self) -> float:
        """Seconds spent in this stage, earlier sittings included."""
        return self.seconds + time.monotonic() - self._since

    def load(self) -> dict[str, Any] | None:
        """The saved state, if there is one; takes step and time from it."""
        import torch

        if not self.checkpoint.exists():
            return None
        state: dict[str, Any] = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        self.step, self.seconds = int(state["step"]), float(state["seconds"])
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Save the state beside the run's own counters."""
        save_whole({**state, "step": self.step, "seconds": self.elapsed()}, self.checkpoint)
        self._saved = time.monotonic()

    def due(self) -> bool:
        """Whether it is time to save again."""
        return time.monotonic() - self._saved > _SAVE_EVERY

    def log(self, **numbers: float) -> None:
        """Append the step's numbers to the stage's log."""
        self.folder.mkdir(parents=True, exist_ok=True)
        entry = {
            "step": self.step,
            "seconds": round(self.elapsed(), 1),
            **{key: round(value, 5) for key, value in numbers.items()},
        }
        with (self.folder / f"{self.stage}.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")


def save_whole(content: dict[str, Any], path: Path) -> None:
    """``torch.save`` under a temporary name, then renamed."""
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    torch.save(content, temporary)
    os.replace(temporary, path)


def rate(step: int, steps: int, peak: float, floor: float, warm: int) -> float:
    """Learning rate: a straight rise over ``warm`` steps, then half a cosine from ``peak`` to ``floor``."""
    if step < warm:
        return peak * (step + 1) / warm
    share = min(1.0, (step - warm) / max(1, steps - warm))
    return floor + (peak - floor) * 0.5 * (1 + math.cos(math.pi * share))


def start_quietly(model: torch.nn.Module) -> None:
    """Every residual branch starts at zero, so that at first the network is nearly linear (as ``ldm`` starts its UNet)."""
    import torch

    for name, module in model.named_modules():
        if name.endswith(("conv2", "proj_out", "to_out.0")):
            for parameter in module.parameters():
                torch.nn.init.zeros_(parameter)
