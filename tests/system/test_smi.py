from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foxup.system import smi

FAILURES = {
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.": 9,
    "NVIDIA-SMI has failed because it couldn't communicate with\nthe NVIDIA driver.": 9,
    "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 535.104": 18,
    "Failed to initialize NVML: Driver Not Loaded": 9,
    "Failed to initialize NVML: Insufficient Permissions": 4,
    "Failed to initialize NVML: Unknown Error": 999,
    "Failed to initialize NVML: GPU access blocked by the operating system": 17,
    "Failed to initialize NVML: GPU is lost": 15,
    "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. Please make sure that the NVIDIA Display Driver is properly installed": 12,
    "Segmentation fault": 999,
    "": 999,
}


@pytest.mark.parametrize(("text", "code"), FAILURES.items())
def test_a_failure_text_is_the_code_it_stands_for(text: str, code: int) -> None:
    facts, cards = smi.parse({"query": text, "query_rc": 9, "banner": text})
    assert (facts.init, facts.code, cards) == ("error", code, [])


def test_no_program_is_no_library() -> None:
    facts, cards = smi.parse(None)
    assert (facts.init, facts.code, cards) == ("error", 12, [])


def test_a_driver_without_cards_is_fine() -> None:
    facts, cards = smi.parse({"query": "No devices were found", "query_rc": 6, "banner": "No devices were found"})
    assert (facts.init, cards) == ("ok", [])


@given(st.text(), st.text(), st.integers(-10, 300))
def test_no_output_breaks_the_reader(query: str, banner: str, rc: int) -> None:
    smi.parse({"query": query, "query_rc": rc, "banner": banner})


@given(
    st.lists(
        st.text(alphabet=st.characters(exclude_characters='"\r\n', exclude_categories=["Cc"]), max_size=20),
        min_size=9,
        max_size=9,
    )
)
def test_any_cell_may_hold_anything(cells: list[str]) -> None:
    header = "index, name, memory.total [MiB], compute_cap, driver_version, pci.bus_id, pci.device_id, uuid, mig.mode.current"
    _facts, [card] = smi.parse({"query": f"{header}\n{', '.join(cells)}", "query_rc": 0, "banner": ""})
    assert card.cc is None or card.cc.replace(".", "").isdecimal()
    assert card.vram_mib is None or card.vram_mib >= 0


OLD_PROGRAM = """#!/bin/sh
case "$*" in
  *mig.mode*|*compute_cap*)
    for field in compute_cap mig.mode.current; do
      case "$*" in *$field*) echo "Field \\"$field\\" is not a valid field to query."; exit 2;; esac
    done;;
  *query-gpu*) echo "index, name, memory.total [MiB], driver_version, pci.bus_id, pci.device_id, uuid"
    echo "0, Tesla K80, 11441, 418.67, 00000000:00:04.0, 0x102D10DE, GPU-k";;
  *) echo "| NVIDIA-SMI 418.67  Driver Version: 418.67  CUDA Version: 10.1 |";;
esac
"""


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_an_old_program_is_asked_again_without_what_it_does_not_know(tmp_path: Path) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(OLD_PROGRAM)
    program.chmod(0o755)
    answer = smi.read(program)
    facts, [card] = smi.parse(answer)
    assert (facts.driver, facts.cuda) == ("418.67", "10.1")
    assert (card.name, card.pci, card.cc, card.vram_mib) == ("Tesla K80", "10de:102d", None, 11441)


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_a_failing_program_is_not_asked_for_a_banner(tmp_path: Path) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(
        '#!/bin/sh\necho "$@" >> "$0.calls"; echo "Failed to initialize NVML: Unknown Error" >&2; exit 255\n'
    )
    program.chmod(0o755)
    assert smi.parse(smi.read(program))[0].code == 999
    assert len(Path(f"{program}.calls").read_text().splitlines()) == 1
