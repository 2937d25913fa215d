"""Make the reference of the smoke profile and the gallery of wrong ones, on a running install.

    python -m tests.gallery INSTALL OUT

Writes `fox.png` (the reference) and one picture for each way of being wrong. What ships was made with this command.
"""

from __future__ import annotations

import sys
from pathlib import Path

from foxup import generation, launch, profile
from foxup.launch import Start
from foxup.paths import Layout

WRONG = {
    "fox": {},
    "clip-skip-1": {"clip_skip": 1},
    "no-vae": {"vae": "None"},
    "other-seed": {"seed": 1234},
    "other-steps": {"steps": 12},
    "other-sampler": {"sampler": "Euler a", "scheduler": "Automatic"},
    "other-cfg": {"cfg_scale": 3.0},
}
HIRES = {"enable_hr": True, "hr_scale": 2.0, "hr_upscaler": "Latent", "hr_second_pass_steps": 0}


def requests(reference: profile.ReferenceModel, options: dict) -> dict[str, dict]:
    """Every request of the gallery by the name of its picture."""
    base = generation.request(reference, generation.effective_options(options, {}))
    made = {name: generation.changed(base, changes) for name, changes in WRONG.items()}
    made["latent-hires-03"] = {**base, **HIRES, "denoising_strength": 0.3}
    made["latent-hires-06"] = {**base, **HIRES, "denoising_strength": 0.6}
    return made


def main() -> None:
    layout, out = Layout(Path(sys.argv[1]).absolute()), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    reference = profile.load("smoke").reference("fox")
    server = launch.start(layout, Start(private=True, settings=layout.config))
    try:
        launch.wait_ready(server)
        for name, body in requests(reference, server.api.options()).items():
            made = server.api.generate("txt2img", body, timeout_s=600)
            (out / f"{name}.png").write_bytes(made.pictures[0])
            print(name, made.infotext.splitlines()[-1])
    finally:
        launch.stop(layout, server)
    broken(out)


def broken(out: Path) -> None:
    """Two pictures that are none: what a VAE that gives NaN leaves, and what a VAE taken for a model leaves."""
    import numpy as np
    from PIL import Image

    size = Image.open(out / "fox.png").size
    Image.new("RGB", size).save(out / "black.png")
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(noise).save(out / "noise.png")


if __name__ == "__main__":
    main()
