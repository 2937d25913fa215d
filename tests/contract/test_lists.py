"""The lists: models, VAEs, samplers, schedulers, upscalers, flags.

=============  ====================================================================================================
route          observed
=============  ====================================================================================================
sd-models      title "NAME.safetensors [first 10 of sha256]", model_name without suffix, hash, sha256 of the whole file,
               filename and config absolute
sd-vae         model_name is the file name WITH suffix; filename absolute
samplers       {name, aliases, options}; option values are strings ("True"), DPM++ 2M names its scheduler in lower case
schedulers     {name, label, aliases, default_rho, need_inner_model}; the infotext prints the label
upscalers      {name, model_name, model_path, model_url, scale}; R-ESRGAN is listed with its download address as path
               although the file is not there
cmd-flags      every flag with its value; port is a string; api_auth in clear
=============  ====================================================================================================
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from .client import Client

if TYPE_CHECKING:
    from .targets import Models, Server


def test_sd_models_names_and_hashes_the_checkpoint(api: Client, models: Models) -> None:
    sha256 = hashlib.sha256(models.checkpoint.read_bytes()).hexdigest()
    (only,) = api.read("sd-models")
    filename, config = only.pop("filename"), only.pop("config")
    assert only == {
        "title": f"{models.checkpoint.name} [{sha256[:10]}]",
        "model_name": models.checkpoint.stem,
        "hash": sha256[:10],
        "sha256": sha256,
    }
    assert filename.endswith(models.checkpoint.name)
    assert config.endswith(models.checkpoint.with_suffix(".yaml").name)


def test_sd_models_filename_is_the_file_in_the_install(
    api: Client, shared_server: Server | None, models: Models
) -> None:
    if shared_server is None:
        pytest.skip("the folder of a remote web UI is not known")
    folder = shared_server.folder / "models"
    (checkpoint,) = api.read("sd-models")
    (vae,) = api.read("sd-vae")
    assert checkpoint["filename"] == str(folder / "Stable-diffusion" / models.checkpoint.name)
    assert vae["filename"] == str(folder / "VAE" / models.vae.name)


def test_sd_vae_lists_file_names_with_suffix(api: Client, models: Models) -> None:
    (only,) = api.read("sd-vae")
    assert set(only) == {"model_name", "filename"}
    assert only["model_name"] == models.vae.name


@pytest.mark.parametrize(
    ("name", "aliases", "options"),
    [
        ("DPM++ 2M", ["k_dpmpp_2m"], {"scheduler": "karras"}),
        ("Euler a", ["k_euler_a", "k_euler_ancestral"], {"uses_ensd": "True"}),
        ("Euler", ["k_euler"], {}),
    ],
)
def test_samplers(api: Client, name: str, aliases: list[str], options: dict[str, str]) -> None:
    listed = api.read("samplers")
    assert {"name": name, "aliases": aliases, "options": options} in listed
    assert listed[0]["name"] == "DPM++ 2M"


@pytest.mark.parametrize(
    ("name", "label", "rho"), [("automatic", "Automatic", -1.0), ("karras", "Karras", 7.0), ("simple", "Simple", -1.0)]
)
def test_schedulers(api: Client, name: str, label: str, rho: float) -> None:
    by_name = {scheduler["name"]: scheduler for scheduler in api.read("schedulers")}
    inner = name == "simple"
    expected = {"name": name, "label": label, "aliases": None, "default_rho": rho, "need_inner_model": inner}
    assert by_name[name] == expected


@pytest.mark.parametrize("name", ["None", "Lanczos", "Nearest"])
def test_plain_upscalers(api: Client, name: str) -> None:
    expected = {"name": name, "model_name": None, "model_path": None, "model_url": None, "scale": 4.0}
    assert expected in api.read("upscalers")


def test_an_upscaler_is_listed_with_its_address_although_its_file_is_missing(api: Client) -> None:
    by_name = {upscaler["name"]: upscaler for upscaler in api.read("upscalers")}
    assert by_name["R-ESRGAN 4x+ Anime6B"] == {
        "name": "R-ESRGAN 4x+ Anime6B",
        "model_name": None,
        "model_path": "https://github.com/xinntao/Real-ESRGAN/releases/download/v0.2.2.4/RealESRGAN_x4plus_anime_6B.pth",
        "model_url": None,
        "scale": 4.0,
    }


def test_latent_upscale_modes(api: Client) -> None:
    modes = ["", " (antialiased)", " (bicubic)", " (bicubic antialiased)", " (nearest)", " (nearest-exact)"]
    assert api.read("latent-upscale-modes") == [{"name": f"Latent{mode}"} for mode in modes]


def test_cmd_flags(api: Client, shared_server: Server | None) -> None:
    flags = api.read("cmd-flags")
    expected = {
        "api": True,
        "no_half": True,
        "use_cpu": ["all"],
        "medvram": False,
        "no_half_vae": False,
        "listen": False,
    }
    assert {key: flags[key] for key in expected} == expected
    assert {"xformers", "ckpt_dir", "vae_dir", "data_dir", "api_auth", "gradio_auth"} <= set(flags)
    if shared_server:
        assert flags["port"] == str(shared_server.port)
        assert flags["data_dir"] == str(shared_server.folder)


def test_memory_and_embeddings(api: Client) -> None:
    assert set(api.read("memory")["ram"]) == {"free", "used", "total"}
    assert api.read("embeddings") == {"loaded": {}, "skipped": {}}


@pytest.mark.parametrize("name", ["refresh-checkpoints", "refresh-vae"])
def test_refresh(api: Client, name: str) -> None:
    response = api.post(f"/sdapi/v1/{name}")
    assert (response.status_code, response.json()) == (200, None)
