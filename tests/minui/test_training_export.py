"""The exported files: names, shapes and types as an SD 1.x checkpoint has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
safetensors_torch = pytest.importorskip("safetensors.torch")

from minui.training import export, shapes  # noqa: E402


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    size = export.write_text_encoder(folder / "Stable-diffusion" / export.CLIP_FOLDER)
    export.export_all(folder, shapes.unet().state_dict(), shapes.vae().state_dict(), shapes.clip(size).state_dict())
    return folder


@pytest.fixture(scope="module")
def weights(models: Path) -> dict[str, object]:
    return safetensors_torch.load_file(models / "Stable-diffusion" / "tinyfox.safetensors")


def test_every_key_lies_in_one_of_the_three_parts(weights: dict[str, object]) -> None:
    parts = ("model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer.text_model.")
    assert all(key.startswith(parts) for key in weights)
    assert {
        "model.diffusion_model.input_blocks.0.0.weight",
        "model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight",
        "model.diffusion_model.output_blocks.1.2.conv.weight",
        "model.diffusion_model.out.2.bias",
        "first_stage_model.decoder.up.3.block.1.norm1.weight",
        "first_stage_model.encoder.mid.attn_1.proj_out.weight",
        "first_stage_model.post_quant_conv.weight",
        "cond_stage_model.transformer.text_model.embeddings.position_ids",
        "cond_stage_model.transformer.text_model.encoder.layers.0.self_attn.q_proj.weight",
        "cond_stage_model.transformer.text_model.final_layer_norm.weight",
    } <= set(weights)


def test_weights_are_half_precision(weights: dict[str, object]) -> None:
    whole = {key for key, value in weights.items() if value.dtype == torch.int64}
    assert whole == {"cond_stage_model.transformer.text_model.embeddings.position_ids"}
    assert {value.dtype for key, value in weights.items() if key not in whole} == {torch.float16}


def test_attention_of_the_autoencoder_is_convolutional(weights: dict[str, object]) -> None:
    assert weights["first_stage_model.decoder.mid.attn_1.q.weight"].ndim == 4


def test_the_separate_vae_has_no_prefix_and_is_not_taken_for_the_checkpoints_own(models: Path) -> None:
    alone = safetensors_torch.load_file(models / "VAE" / "clearfox.safetensors")
    assert {key.split(".")[0] for key in alone} == {"encoder", "decoder", "quant_conv", "post_quant_conv"}
    assert not export.VAE.startswith(export.CHECKPOINT)


def test_only_the_last_convolution_makes_the_built_in_autoencoder_pale(
    models: Path, weights: dict[str, object]
) -> None:
    alone = safetensors_torch.load_file(models / "VAE" / "clearfox.safetensors")
    changed = {key for key, value in alone.items() if not torch.equal(value, weights[f"first_stage_model.{key}"])}
    assert changed == {"decoder.conv_out.weight", "decoder.conv_out.bias"}


def test_all_files_together_stay_small(models: Path) -> None:
    assert sum(path.stat().st_size for path in models.rglob("*") if path.is_file()) <= 24_000_000


def test_configuration_fits_the_weights(models: Path, weights: dict[str, object]) -> None:
    config = json.loads((models / "Stable-diffusion" / "tinyfox-clip" / "config.json").read_text(encoding="utf-8"))
    table = weights["cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"]
    assert tuple(table.shape) == (config["vocab_size"], config["hidden_size"])
    assert config["eos_token_id"] == config["vocab_size"] - 1
    text = (models / "Stable-diffusion" / "tinyfox.yaml").read_text(encoding="utf-8")
    assert f"context_dim: {config['hidden_size']}" in text
    assert "version: models/Stable-diffusion/tinyfox-clip" in text


def test_diffusers_reads_its_own_layout_back(weights: dict[str, object]) -> None:
    single_file = pytest.importorskip("diffusers.loaders.single_file_utils")
    vae = {key: value for key, value in weights.items() if key.startswith("first_stage_model.")}
    back = single_file.convert_ldm_vae_checkpoint(dict(vae), dict(shapes.vae().config))
    assert {key: tuple(value.shape) for key, value in back.items()} == {
        key: tuple(value.shape) for key, value in shapes.vae().state_dict().items()
    }
    unet = {key: value for key, value in weights.items() if key.startswith("model.diffusion_model.")}
    back = single_file.convert_ldm_unet_checkpoint(dict(unet), dict(shapes.unet().config))
    assert {key: tuple(value.shape) for key, value in back.items()} == {
        key: tuple(value.shape) for key, value in shapes.unet().state_dict().items()
    }
