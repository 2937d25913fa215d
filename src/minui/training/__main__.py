"""``python -m minui.training STAGE --run DIR``: draw, train and export the tiny checkpoint.

Stages, in order: ``vae``, ``latents``, ``unet``, ``words``, ``export``; ``all`` does them all. ``draw`` shows what a run draws so far.
Every stage goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from minui.training import stages

_STAGES = {
    "vae": stages.vae,
    "latents": stages.latents,
    "unet": stages.unet,
    "words": stages.words,
    "export": stages.export,
    "draw": stages.draw,
}
_ORDER = ["vae", "latents", "unet", "words", "export"]


def main() -> None:
    """Run one stage, or all in order."""
    options = _parser().parse_args()
    import torch

    torch.set_num_threads(options.threads)
    for stage in _ORDER if options.stage == "all" else [options.stage]:
        _STAGES[stage](options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m minui.training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stage", choices=[*_STAGES, "all"])
    parser.add_argument("--run", type=Path, required=True, metavar="DIR", help="folder for checkpoints and logs")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("models"),
        metavar="DIR",
        help="folder export writes to: the web UI's models folder",
    )
    parser.add_argument("--vae-steps", type=int, default=stages.VAE_STEPS)
    parser.add_argument("--unet-steps", type=int, default=stages.UNET_STEPS)
    parser.add_argument("--pictures", type=int, default=stages.PICTURES, help="how many pictures the UNet learns from")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", action="append", default=[], help="for draw; may be given more than once")
    parser.add_argument("--negative", default="(worst quality, low quality:1.3), simple background")
    parser.add_argument("--seed", type=int, default=1)
    return parser


if __name__ == "__main__":
    main()
