"""Whole generations with a tiny random model: what acts on the picture, what the text encoder does, what fails how."""

# ruff: noqa: E402 - torch is asked for first

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from minui import context, flags, requests
from minui.embeddings import Embeddings
from minui.generate import process
from minui.img2img import Img2Img
from minui.job import Result
from minui.textencoder import CHUNK, Chunker, emphasised
from minui.training import export, shapes
from minui.txt2img import Txt2Img
from minui.web.jobs import run_txt2img


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An install with a random model of the tiny checkpoint's shape."""
    place = tmp_path_factory.mktemp("install")
    (place / "tmp").mkdir()
    torch.manual_seed(3)
    count = export.write_text_encoder(place / "models" / "Stable-diffusion" / export.CLIP_FOLDER)
    unet, vae, clip = shapes.unet(), shapes.vae(), shapes.clip(count)
    with torch.no_grad():
        for name, weight in clip.named_parameters():
            if "final_layer_norm.bias" in name:
                weight.fill_(0.3)
    export.export_all(place / "models", unet.state_dict(), vae.state_dict(), clip.state_dict())
    return place


@pytest.fixture(scope="module")
def loaded(folder: Path) -> context.WebUi:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        web = context.make(folder, flags.parse(folder, ["--no-half"], {}))
        web.engine.try_first_load()
    assert web.engine.model is not None
    return web


@pytest.fixture
def web(loaded: context.WebUi, folder: Path, monkeypatch: pytest.MonkeyPatch) -> context.WebUi:
    """The loaded web UI with default settings and the checkpoint's own VAE."""
    monkeypatch.chdir(folder)
    kept = {key: loaded.options.data[key] for key in ("sd_model_checkpoint", "sd_checkpoint_hash")}
    loaded.options.data = {**kept, "sd_vae": "None"}
    loaded.engine.reload_vae()
    loaded.state.begin("test")
    return loaded


SMALL = {
    "prompt": "red fox, (snow:1.3)",
    "negative_prompt": "blue",
    "seed": 5,
    "steps": 3,
    "width": 64,
    "height": 48,
    "sampler_name": "DPM++ 2M",
}


def make(web: context.WebUi, **more: Any) -> Result:
    request, _ = requests.parse("txt2img", {**SMALL, **more})
    request.update(do_not_save_samples=True, do_not_save_grid=True)
    return process(web, Txt2Img(), request)


def pixels(result: Result, index: int = 0) -> np.ndarray:
    return np.asarray(result.pictures[index]).astype(int)


def test_the_same_request_gives_the_same_picture_and_texts(web: context.WebUi) -> None:
    first, second = make(web), make(web)
    assert (pixels(first) == pixels(second)).all()
    assert first.pictures[0].size == (64, 48)
    assert first.texts[0].splitlines()[-1] == (
        "Steps: 3, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.0, Seed: 5, Size: 64x48, "
        f"Model hash: {web.engine.model.hash}, Model: tinyfox, Version: minui-1.0.0"
    )
    assert first.pictures[0].info["parameters"] == first.texts[0]


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 6}, {"cfg_scale": 3}, {"steps": 4}, {"prompt": "red fox, snow"}, {"negative_prompt": ""}, {"sampler_name": "Euler a"},
        {"scheduler": "Uniform"}, {"tiling": True}, {"override_settings": {"CLIP_stop_at_last_layers": 2}},
        {"override_settings": {"sd_vae": "clearfox.safetensors"}}, {"override_settings": {"use_downcasted_alpha_bar": True}},
    ],
    ids=str,
)  # fmt: skip
def test_what_acts_on_the_picture(web: context.WebUi, change: dict[str, Any]) -> None:
    assert (pixels(make(web)) != pixels(make(web, **change))).any()


def test_ensd_acts_only_where_noise_is_added(web: context.WebUi) -> None:
    moved = {"override_settings": {"eta_noise_seed_delta": 31337}}
    assert (pixels(make(web)) == pixels(make(web, **moved))).all()
    web.options.data["eta_noise_seed_delta"] = 0
    plain, other = make(web, sampler_name="Euler a"), make(web, sampler_name="Euler a", **moved)
    assert (pixels(plain) != pixels(other)).any()
    assert "ENSD: 31337" in other.texts[0]
    assert "ENSD" not in make(web, **moved).texts[0]


def test_overrides_leak_only_where_the_settings_hold_no_key(web: context.WebUi) -> None:
    web.options.data["CLIP_stop_at_last_layers"] = 1
    result = make(web, override_settings={"CLIP_stop_at_last_layers": 2, "eta_noise_seed_delta": 7})
    assert '"clip_skip": 2' in result.info
    assert (web.options.CLIP_stop_at_last_layers, web.options.eta_noise_seed_delta) == (1, 7)


def test_the_vae_hash_can_be_that_of_another_vae(web: context.WebUi, folder: Path) -> None:
    """All VAEs share one cache title, renewed only by a newer file (A1111's habit)."""
    named = make(web, override_settings={"sd_vae": "clearfox.safetensors"})
    assert "VAE hash: " in named.texts[0]
    assert "VAE: clearfox.safetensors" in named.texts[0]
    own, first = folder / "models" / "VAE" / "old.safetensors", folder / "models" / "VAE" / "clearfox.safetensors"
    own.write_bytes(first.read_bytes() + b"")
    import os

    os.utime(own, (1, 1))
    web.vaes.refresh()
    other = make(web, override_settings={"sd_vae": "old.safetensors"})
    assert other.job.vae_name == "old.safetensors"
    assert other.job.vae_hash == named.job.vae_hash
    own.unlink()
    web.vaes.refresh()


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"CLIP_stop_at_last_layers": 99}, IndexError),
        ({"CLIP_stop_at_last_layers": "2"}, TypeError),
        ({"no_such": 1}, KeyError),
    ],
)
def test_settings_that_fail(web: context.WebUi, settings: dict[str, Any], error: type[Exception]) -> None:
    web.options.data["CLIP_stop_at_last_layers"] = 1
    with pytest.raises(error):
        make(web, override_settings=settings)
    assert web.options.CLIP_stop_at_last_layers == 1


def test_no_steps_and_unknown_upscalers_fail_in_upstreams_words(web: context.WebUi) -> None:
    with pytest.raises(ZeroDivisionError):
        make(web, steps=0)
    with pytest.raises(Exception, match="could not find upscaler named Nope"):
        make(web, enable_hr=True, hr_upscaler="Nope", denoising_strength=0.5)


def test_a_batch_is_its_pictures_one_by_one(web: context.WebUi) -> None:
    batch = make(web, batch_size=2, n_iter=2)
    assert [result.split("Seed: ")[1].split(",")[0] for result in batch.texts] == ["5", "6", "7", "8"]
    for index in (1, 2):
        assert np.abs(pixels(batch, index) - pixels(make(web, seed=5 + index))).max() <= 1


@pytest.mark.parametrize("upscaler", [None, "Latent (nearest-exact)", "Lanczos"])
def test_hires_fix(web: context.WebUi, upscaler: str | None) -> None:
    result = make(
        web, enable_hr=True, hr_upscaler=upscaler, hr_scale=1.5, denoising_strength=0.6, hr_second_pass_steps=2
    )
    assert result.pictures[0].size == (96, 72)
    line = result.texts[0]
    assert "Denoising strength: 0.6" in line
    assert "Hires upscale: 1.5, Hires steps: 2" in line
    assert (f"Hires upscaler: {upscaler}" in line) is (upscaler is not None)


def test_hires_to_a_size_cuts_what_is_too_much(web: context.WebUi) -> None:
    result = make(web, enable_hr=True, hr_resize_x=96, hr_resize_y=96, denoising_strength=0.7)
    assert result.pictures[0].size == (96, 96)
    assert "Hires resize: 96x96" in result.texts[0]


def test_sizes_are_cut_to_whole_latent_cells(web: context.WebUi) -> None:
    result = make(web, width=71, height=60)
    assert result.pictures[0].size == (64, 56)
    assert "Size: 71x60" in result.texts[0]


def test_img2img_without_strength_keeps_the_latent(web: context.WebUi) -> None:
    start = make(web).pictures[0]

    def changed(strength: float, sampler: str) -> np.ndarray:
        request, _ = requests.parse(
            "img2img", {**SMALL, "denoising_strength": strength, "init_images": [], "sampler_name": sampler}
        )
        request.update(do_not_save_samples=True, do_not_save_grid=True)
        torch.manual_seed(0)
        return pixels(process(web, Img2Img([start]), request))

    assert (changed(0.9, "Euler") != changed(0.3, "Euler")).any()
    assert (changed(0.7, "DDIM") != changed(0.7, "PLMS")).any()


def test_an_interrupt_gives_the_unfinished_picture(web: context.WebUi) -> None:
    calls = []
    assert web.engine.model is not None
    plain = web.engine.model.eps

    def eps(x: Any, at: Any, context: Any) -> Any:
        calls.append(1)
        web.state.interrupted = len(calls) == 2
        return plain(x, at, context)

    web.engine.model.eps = eps
    try:
        partial = make(web, steps=8)
    finally:
        web.engine.model.eps = plain
    assert len(calls) == 2
    web.state.interrupted = False
    assert (pixels(partial) != pixels(make(web, steps=8))).any()


def test_a_request_through_the_queue_saves_on_wish(web: context.WebUi, folder: Path) -> None:
    request, _ = requests.parse("txt2img", {**SMALL, "save_images": True, "n_iter": 2})
    result = run_txt2img(web, request)
    assert result.first_picture == 1
    names = sorted(file.name for file in (folder / "outputs").rglob("*.png"))
    assert names == ["00000-5.png", "00001-6.png", "grid-0000.png"]
    assert (folder / "params.txt").read_text().endswith("Schedule type: Automatic, CFG scale: 7.0, Seed: 5, Size: 64x48, "
        f"Model hash: {web.engine.model.hash}, Model: tinyfox, Version: minui-1.0.0")  # fmt: skip
    assert not web.tasks.pending


@pytest.mark.parametrize("damage", ["truncated", "vae", "html"])
def test_a_bad_checkpoint_leaves_the_server_up(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    models = folder / "models"
    place = tmp_path / "models" / "Stable-diffusion"
    place.mkdir(parents=True)
    whole = (models / "Stable-diffusion" / "tinyfox.safetensors").read_bytes()
    content = {
        "truncated": whole[:5000],
        "vae": (models / "VAE" / "clearfox.safetensors").read_bytes(),
        "html": b"<!DOCTYPE html><html>",
    }
    (place / "bad.safetensors").write_bytes(content[damage])
    (place / "bad.yaml").write_bytes((models / "Stable-diffusion" / "tinyfox.yaml").read_bytes())
    monkeypatch.chdir(folder)
    web = context.make(tmp_path, flags.parse(tmp_path, [], {}))
    web.engine.try_first_load()
    assert "Stable diffusion model failed to load" in capsys.readouterr().err
    with pytest.raises(Exception, match=r"deserializing header|no data") as caught:
        make(web)
    assert type(caught.value).__name__ == ("NotImplementedError" if damage == "vae" else "SafetensorError")


# ---- the text encoder -------------------------------------------------------------------------------------------


class _Words:
    """Embeddings known by one token."""

    def at(self, tokens: Sequence[int], position: int) -> tuple[Any, int] | None:
        return (SimpleNamespace(vectors=3, name="e"), 1) if tokens[position] == 9 else None


NONE = Embeddings(Path("nowhere"))


def _chunker() -> Chunker:
    return Chunker(start=100, end=101, comma=7, backtrack=20)


def test_chunks_are_padded_and_marked() -> None:
    chunker = _chunker()
    chunker.add([1, 2], 1.1, NONE)
    (chunk,) = chunker.finish()
    assert chunk.tokens == [100, 1, 2, *[101] * 74]
    assert chunk.weights == [1.0, 1.1, 1.1, *[1.0] * 74]
    assert len(_chunker().finish()) == 1


def test_a_tail_after_a_comma_moves_to_the_next_chunk() -> None:
    chunker = _chunker()
    chunker.add([1] * 60 + [7] + [2] * 20, 1.0, NONE)
    first, second = chunker.finish()
    assert first.tokens[60:64] == [1, 7, 101, 101]
    assert second.tokens[:22] == [100, *[2] * 20, 101]


def test_without_a_near_comma_the_text_is_cut() -> None:
    chunker = _chunker()
    chunker.add([7] + [2] * 80, 1.0, NONE)
    first, second = chunker.finish()
    assert first.tokens[1 : CHUNK + 1] == [7, *[2] * 74]
    assert second.tokens[1:8] == [2] * 6 + [101]


def test_an_embedding_takes_room_and_is_not_cut() -> None:
    chunker = _chunker()
    chunker.add([1] * 73 + [9, 5], 1.0, _Words())
    first, second = chunker.finish()
    assert first.inserts == []
    assert [offset for offset, _ in second.inserts] == [0]
    assert second.tokens[:6] == [100, 0, 0, 0, 5, 101]


def test_emphasis_keeps_the_mean() -> None:
    z = torch.rand(1, 77, 4) + 1
    weights = torch.ones(1, 77)
    weights[0, 3] = 1.5
    found = emphasised(z, weights, "Original")
    assert float(found.mean()) == pytest.approx(float(z.mean()), rel=1e-5)
    assert float((found[0, 3] / found[0, 4] / (z[0, 3] / z[0, 4])).mean()) == pytest.approx(1.5, rel=1e-4)
    assert torch.equal(emphasised(z, weights, "Ignore"), z)
    assert torch.equal(emphasised(torch.zeros(1, 77, 4), torch.ones(1, 77), "Original"), torch.zeros(1, 77, 4))


def test_an_embedding_file_changes_the_picture_and_is_named(web: context.WebUi, folder: Path) -> None:
    from safetensors.torch import save_file

    before = make(web, prompt="fox snow")
    place = folder / "embeddings"
    place.mkdir(exist_ok=True)
    model = web.engine.model
    assert model is not None
    save_file({"emb_params": torch.ones(2, model.encoder.width)}, place / "fox.safetensors")
    save_file({"emb_params": torch.ones(2, 3)}, place / "wrong.safetensors")
    (place / "broken.pt").write_bytes(b"nothing")
    model.refresh_embeddings(force=True)
    known = web.engine.embeddings
    assert known is not None
    assert (list(known.loaded), list(known.skipped)) == (["fox"], ["wrong"])
    after = make(web, prompt="fox snow")
    assert (pixels(before) != pixels(after)).any()
    assert 'TI hashes: "fox: ' in after.texts[0]
    for file in place.iterdir():
        file.unlink()
    model.refresh_embeddings(force=True)
