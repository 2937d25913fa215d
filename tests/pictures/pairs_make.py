"""Make the pictures of the labelled set with a real web UI that foxup installed, into a folder outside the repository."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from pairs_plan import MADE, Made, reference
from safetensors.numpy import load_file, save_file

from foxup import generation, launch
from foxup.launch import Start
from foxup.paths import Layout
from foxup.pictures.data import table
from foxup.system.webui_api import WebuiApi

PIXELS = "decoder.conv_out"  # the VAE's last layer: what it gives is the picture in -1..1


def make(root: Path, out: Path, subjects: list[int], names: list[str]) -> None:
    """Make what is not there yet. `root` is an install; its own settings and models are left as they are."""
    layout = Layout(root)
    out.mkdir(parents=True, exist_ok=True)
    added = [*_vaes(root / "models" / "VAE"), *_checkpoints(root / "models" / "Stable-diffusion")]
    wanted = [
        (subject, name) for subject in subjects for name in names if not (out / f"{subject}-{name}.json").exists()
    ]
    wanted = [(subject, name) for subject, name in wanted if MADE[name].alone in {"", out.name}]
    try:
        for threads in sorted({MADE[name].threads for _, name in wanted}):
            todo = [(subject, name) for subject, name in wanted if MADE[name].threads == threads]
            with _server(layout, threads) as api:
                _make_all(api, out, todo)
    finally:
        for path in added:
            path.unlink()


@contextmanager
def _server(layout: Layout, threads: int) -> Iterator[WebuiApi]:
    settings = layout.scratch / "settings-of-the-pairs.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_bytes(layout.config.read_bytes())
    few = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")} if threads else {}
    how = Start(private=True, settings=settings, extra=("--disable-nan-check",), environment=few)
    server = launch.start(layout, how)
    try:
        launch.wait_ready(server, timeout_s=600)
        yield server.api
    finally:
        launch.stop(layout, server)
        settings.unlink(missing_ok=True)


def _make_all(api: WebuiApi, out: Path, todo: list[tuple[int, str]]) -> None:
    plain = {"cross_attention_optimization": api.options()["cross_attention_optimization"]}
    shown = api.options()
    known = [str(vae.get("model_name")) for vae in api.vaes()]
    now = plain
    for subject, name in sorted(todo, key=lambda item: (str(MADE[item[1]].options), str(MADE[item[1]].changes), item)):
        made = MADE[name]
        if (made.options or plain) != now:
            now = made.options or plain
            api.set_options(now)
        body = _request(made, subject, shown, out)
        mode = "img2img" if made.first else "txt2img"
        answer = api.generate(mode, body, timeout_s=1800)
        body.pop("init_images", None)
        acting = {
            key: value for key, value in shown.items() if key in {*generation.SHAPING, *table("options")["acting"]}
        }
        record = {"infotext": answer.info["infotexts"][-1], "request": body, "options": acting, "vaes": known}
        (out / f"{subject}-{name}.png").write_bytes(answer.pictures[-1])
        (out / f"{subject}-{name}.json").write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
        print(out.name, subject, name, flush=True)


def _request(made: Made, subject: int, options: dict[str, Any], out: Path) -> dict[str, Any]:
    """Return the body that `foxup verify` would send, changed as the picture asks."""
    meant = reference(subject, made.of)
    changes = dict(made.changes)
    if changes.get("width") == -1:
        changes |= {"width": meant.height, "height": meant.width}
    shaping = {**{key: options[key] for key in generation.SHAPING if key in options}, "use_downcasted_alpha_bar": True}
    body = {**generation.changed(generation.request(meant, shaping), changes), **made.body}
    body["override_settings"] |= {"eta_noise_seed_delta": changes.get("ensd", 31337), **made.overrides}
    if body["batch_size"] > 1:
        body["seed"] = meant.seed - 1
    if made.first:
        body["init_images"] = [base64.b64encode((out / f"{subject}-{made.first}.png").read_bytes()).decode()]
    return body


def _vaes(folder: Path) -> list[Path]:
    """Lay other VAEs beside the right one: stronger colours, not-a-number, and one flat colour."""
    weights = load_file(folder / "clearfox.safetensors")

    def saved(name: str, gain: float, bias: tuple[float, float, float]) -> Path:
        last = {f"{PIXELS}.weight": weights[f"{PIXELS}.weight"] * np.float16(gain)}
        last[f"{PIXELS}.bias"] = weights[f"{PIXELS}.bias"] * np.float16(gain) + np.array(bias, dtype=np.float16)
        save_file({**weights, **last}, folder / f"{name}.safetensors")
        return folder / f"{name}.safetensors"

    return [saved("vividfox", 1.2, (0, 0, 0)), saved("nanfox", np.nan, (0, 0, 0)), saved("flatfox", 0.0, (-1, 0, -1))]


def _checkpoints(folder: Path) -> list[Path]:
    """Lay other checkpoints beside the right one: rounded to bfloat16, another model, a file that holds no model."""
    weights = load_file(folder / "tinyfox.safetensors")
    random = np.random.default_rng(7)
    bf16, other, leftover = dict(weights), dict(weights), dict(weights)
    for key, value in weights.items():
        if value.dtype != np.float16:
            continue
        bf16[key] = (value.astype(np.float32).view(np.uint32) + 0x8000 & 0xFFFF0000).view(np.float32).astype(np.float16)
        if key.startswith("model.diffusion_model."):
            spread = value.astype(np.float32).std() if value.size > 1 else 0.0
            noise = random.normal(0, 1, value.shape) * spread
            other[key] = (value + 0.12 * noise).astype(np.float16)
            leftover[key] = noise.astype(np.float16)
    made = []
    for name, content in (("bf16fox", bf16), ("otherfox", other), ("leftover", leftover)):
        save_file(content, folder / f"{name}.safetensors")
        (folder / f"{name}.yaml").write_bytes((folder / "tinyfox.yaml").read_bytes())
        made += [folder / f"{name}.safetensors", folder / f"{name}.yaml"]
    return made
