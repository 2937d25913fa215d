"""Exact arguments, variables and reasons of a few machines; the case files ask only that things are present."""

from __future__ import annotations

from typing import Any

import pytest

from foxup.decision import Decision
from foxup.facts import from_document
from foxup.hardware import load
from foxup.judge import decide

_WINDOWS = {"family": "windows", "name": "Windows 11", "version": "10.0.22631", "arch": "AMD64"}
_LINUX = {"family": "linux", "name": "Ubuntu 22.04", "version": "22.04", "arch": "x86_64", "glibc": "2.35"}
_REPOSITORY = {"STABLE_DIFFUSION_REPO": "https://github.com/w-e-w/stablediffusion.git"}


def _decide(
    name: str,
    device: str,
    cc: str,
    vram: int,
    *,
    driver: str = "560.94",
    os: dict[str, Any] = _WINDOWS,
    beside: str = "",
) -> Decision:
    gpus = [{"vendor": "nvidia", "name": name, "pci": f"10de:{device}", "cc": cc, "vram_mib": vram}]
    if beside:
        gpus.append({"vendor": "amd", "name": "AMD Radeon(TM) Graphics", "pci": beside, "vram_mib": 512})
    machine = {
        "os": os,
        "gpus": gpus,
        "nvml": {"init": "ok", "driver": driver},
        "git": "2.47.0",
        "python": [{"version": "3.10.11", "path": "C:\\p.exe"}],
    }
    return decide(from_document(machine), load())


@pytest.mark.parametrize(
    ("name", "device", "cc", "vram"),
    [
        ("NVIDIA GeForce RTX 3060", "2503", "8.6", 12288),
        ("NVIDIA GeForce RTX 4090", "2684", "8.9", 24564),
        ("Tesla T4", "1eb8", "7.5", 15360),
        ("NVIDIA TITAN V", "1d81", "7.0", 12288),
        ("NVIDIA H100", "2330", "9.0", 81559),
        ("NVIDIA A100-SXM4-40GB", "20b0", "8.0", 40960),
    ],
)
def test_with_nothing_odd_the_arguments_are_the_guides(name: str, device: str, cc: str, vram: int) -> None:
    decision = _decide(name, device, cc, vram)
    assert decision.launch_args == ("--xformers", "--no-half-vae")
    assert decision.env == _REPOSITORY
    assert decision.verdict == "recommended"


@pytest.mark.parametrize(
    ("name", "device", "cc", "vram", "args"),
    [
        ("NVIDIA GeForce GTX 1050 Ti", "1c82", "6.1", 4096, "--xformers --no-half-vae --medvram"),
        ("NVIDIA GeForce RTX 2060", "1f08", "7.5", 6144, "--xformers --no-half-vae --medvram-sdxl"),
        (
            "NVIDIA GeForce GTX 1660 SUPER",
            "21c4",
            "7.5",
            6144,
            "--xformers --no-half-vae --upcast-sampling --medvram-sdxl",
        ),
        ("NVIDIA T1000 8GB", "1ff0", "7.5", 8192, "--xformers --no-half-vae --no-half --precision full --medvram"),
        ("NVIDIA GeForce GTX 970", "13c2", "5.2", 4096, "--opt-sdp-attention --no-half-vae --medvram"),
    ],
)
def test_odd_cards_get_what_they_need_and_no_more(name: str, device: str, cc: str, vram: int, args: str) -> None:
    assert " ".join(_decide(name, device, cc, vram).launch_args) == args


def test_an_older_build_brings_its_own_xformers() -> None:
    decision = _decide("NVIDIA GeForce RTX 3070", "2484", "8.6", 8192, driver="516.94")
    assert decision.env == {
        **_REPOSITORY,
        "TORCH_COMMAND": "pip install torch==2.1.2+cu118 torchvision==0.16.2+cu118 --index-url https://download.pytorch.org/whl/cu118",
        "XFORMERS_PACKAGE": "xformers==0.0.23.post1+cu118 --extra-index-url https://download.pytorch.org/whl/cu118",
    }


def test_without_xformers_on_the_command_line_none_is_named() -> None:
    decision = _decide("NVIDIA GeForce GTX 980 Ti", "17c8", "5.2", 6144, driver="516.94")
    assert decision.torch
    assert decision.torch.xformers is None
    assert "XFORMERS_PACKAGE" not in decision.env


def test_torch_is_named_where_the_platforms_script_would_choose_another() -> None:
    """webui.sh takes a machine with an AMD part for an AMD machine when it overlooks the NVIDIA card."""
    plain = _decide("NVIDIA GeForce RTX 3060 Laptop GPU", "2520", "8.6", 6144, os=_LINUX)
    beside = _decide("NVIDIA GeForce RTX 3060 Laptop GPU", "2520", "8.6", 6144, os=_LINUX, beside="1002:1638")
    windows = _decide("NVIDIA GeForce RTX 3060 Laptop GPU", "2520", "8.6", 6144, beside="1002:1638")
    assert plain.env == windows.env == _REPOSITORY
    assert "+cu121" in beside.env["TORCH_COMMAND"]


def test_every_choice_has_its_reason() -> None:
    decision = _decide("NVIDIA T1000 8GB", "1ff0", "7.5", 8192)
    reasons = {reason.choice: reason.text for reason in decision.reasons}
    flags = {item for item in decision.launch_args if item.startswith("--")} - {"--precision"}  # said with --no-half
    assert flags | {"gpu", "torch", "python", "STABLE_DIFFUSION_REPO"} == set(reasons)
    assert "T1000" in reasons["gpu"]
    assert "7.5" in reasons["--xformers"]
