"""“No kernel image” in a log on the disk: what it means depends on the card, and so does what helps."""

from __future__ import annotations

import dataclasses

import pytest

from foxup import profile
from foxup.doctor import examination
from foxup.facts import GpuFacts
from foxup.paths import Layout
from tests.doctor.conftest import GTX_960, RTX_5070, machine

SAID = (
    "Python 3.10.6 (tags/v3.10.6:9c7b4bd, Aug  1 2022, 21:53:49) [MSC v.1932 64 bit (AMD64)]\r\n"
    "Launching Web UI with arguments: --xformers\r\nTraceback (most recent call last):\r\n"
    "RuntimeError: CUDA error: no kernel image is available for execution on the device\r\n"
)
GTX_780 = GpuFacts(vendor="nvidia", name="NVIDIA GeForce GTX 780", cc="3.5", vram_mib=3072, pci="10de:1004")
GTX_1080 = GpuFacts(vendor="nvidia", name="NVIDIA GeForce GTX 1080", cc="6.1", vram_mib=8192, pci="10de:1b80")


@pytest.mark.parametrize(
    ("card", "code", "helps"),
    [
        (RTX_5070, "gpu-blackwell-sm120-old-torch", "foxup repair"),
        (GTX_1080, "gpu-too-old-for-new-torch", "foxup repair"),
        (GTX_960, "gpu-too-old-for-new-torch", "foxup repair"),
        (GTX_780, "gpu-too-old-for-new-torch", "foxup install --profile smoke"),
    ],
    ids=lambda item: getattr(item, "name", item),
)
def test_the_card_tells_what_no_kernel_image_means(tmp_path, card, code, helps):
    for name in ("launch.py", "modules/launch_utils.py", "modules/shared.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "webui.log").write_bytes(SAID.encode())
    facts = dataclasses.replace(machine(card), target=str(tmp_path))
    one = examination.here(
        Layout(tmp_path, windows=True), profile.load("nai"), facts, ["logs.newest", "gpu"], offline=True
    )
    results = {result.check.id: result for result in one.results}
    (said,) = results["logs.newest"].findings
    assert said.code == code
    assert said.commands[0].startswith(helps)
    refused = "gpu-arch-unsupported" in [item.code for item in results["gpu.card"].findings]
    assert refused is (card is GTX_780)
    # where no torch fits, nothing promises another one, nor speaks of the driver's ways with memory
    promised = [item.fixed_by for result in one.results for item in result.findings if item.fixed_by]
    assert not (refused and (promised or results["gpu.driver"].findings))
