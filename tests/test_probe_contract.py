"""The keys of the facts document: other programs write and read it, so they do not change by accident."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foxup.errors import UsageError
from foxup.facts import DiskFacts, Facts, GpuFacts, NvmlFacts, OsFacts, PythonFacts, from_document, from_text
from foxup.probe import probe

# As they stand in the published acceptance cases; more may be added, none may go or change its sense.
CONTRACT = {
    "os": {"family", "name", "version", "arch", "locale", "glibc"},
    "gpus": {"vendor", "name", "pci", "bus", "cc", "vram_mib", "gfx"},
    "nvml": {"init", "code", "driver", "cuda"},
    "python": {"version", "bits", "path"},
    "disk": {"target_free_gib", "system_free_gib", "target_kind"},
}
PLAIN = {"git", "ram_mib", "pagefile_mib", "temp", "target", "driver_files", "groups", "kfd_writable"}
PARTS = {"os": OsFacts, "gpus": GpuFacts, "nvml": NvmlFacts, "python": PythonFacts, "disk": DiskFacts}

FULL = Facts(
    os=OsFacts("windows", "Windows 11 Pro", "10.0.22631", "AMD64", "ru-RU", wsl=0, kernel="k", glibc="2.36"),
    gpus=(
        GpuFacts(
            "nvidia",
            "NVIDIA GeForce RTX 3060",
            "10de:2503",
            "0000:01:00.0",
            "8.6",
            12288,
            uuid="GPU-1",
            driver="560.94",
            mig=False,
        ),
        GpuFacts(
            "nvidia",
            "NVIDIA A100",
            "10de:20b0",
            cc="8.0",
            vram_mib=40960,
            mig=[{"uuid": "MIG-1", "profile": "1g.5gb", "vram_mib": 4864}],
        ),
        GpuFacts("amd", "AMD Radeon RX 6600", "1002:73ff", gfx="gfx1032", status="no-driver", source="pci"),
    ),
    nvml=NvmlFacts("ok", None, "560.94", "12.6"),
    python=(
        PythonFacts("3.10.11", 64, r"C:\Python310\python.exe"),
        PythonFacts(path=r"C:\x\python.exe", store_stub=True, venv=False),
    ),
    git="2.47.0",
    ram_mib=32690,
    pagefile_mib=9728,
    disk=DiskFacts(412.5, 88.0, "ssd", False, "NTFS", 88.0),
    temp=r"C:\Users\Вася\AppData\Local\Temp",
    target=r"D:\ai",
    driver_files="560.94",
    groups=("user", "render"),
    kfd_writable=True,
    cpu="AMD Ryzen 5 5600X",
    cpu_count=12,
    target_writable=True,
    long_paths=False,
    elevated=False,
)


def test_the_document_has_every_key_of_the_contract() -> None:
    document = FULL.to_document()
    assert set(document) >= set(CONTRACT) | PLAIN
    for name, keys in CONTRACT.items():
        known = {field.name for field in dataclasses.fields(PARTS[name])}
        assert known >= keys, name
    assert set(document["gpus"][0]) >= {"vendor", "name", "pci", "bus", "cc", "vram_mib"}
    assert set(document["python"][0]) >= CONTRACT["python"]
    assert set(document["disk"]) >= CONTRACT["disk"]


def test_absent_git_and_driver_are_said_not_left_out() -> None:
    document = Facts(os=OsFacts("linux"), gpus=(GpuFacts("nvidia"),)).to_document()
    assert document["git"] is None
    assert document["nvml"] == {"init": "error", "code": 12, "driver": None}
    assert document["gpus"][0]["cc"] is None
    assert document["gpus"][0]["vram_mib"] is None


def test_facts_survive_the_document() -> None:
    text = json.dumps(FULL.to_document(), ensure_ascii=False)
    assert from_text(text) == FULL
    assert from_document({"schema": 1, "data": json.loads(text)}) == FULL
    assert from_document({"input": json.loads(text)}) == FULL


def test_this_machines_facts_survive_the_document(tmp_path: Path) -> None:
    result = probe(tmp_path)
    text = json.dumps(result.to_document(), ensure_ascii=True)
    assert from_text(text) == result.facts
    assert json.loads(text)["problems"] == []


def test_a_document_may_say_more_than_we_know() -> None:
    assert from_document({**FULL.to_document(), "news": 1, "os": {"family": "linux", "colour": "red"}}).os == OsFacts(
        "linux"
    )


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"os": {}},
        {"os": 5},
        {"os": {"family": "linux"}, "ram_mib": "much"},
        {"os": {"family": "linux"}, "gpus": 1},
    ],
)
def test_a_wrong_document_is_refused_with_its_place(document: object) -> None:
    with pytest.raises(UsageError) as caught:
        from_document(document)
    assert caught.value.code == "facts-invalid"
    assert caught.value.hint


TEXT = st.text(max_size=12)
MAYBE = st.none() | TEXT
NUMBER = st.none() | st.integers(0, 2**40)
GPU = st.builds(GpuFacts, TEXT, TEXT, MAYBE, MAYBE, MAYBE, NUMBER, MAYBE, st.none() | st.booleans())
PYTHON = st.builds(PythonFacts, TEXT, st.sampled_from([32, 64]), TEXT)
DISK = st.builds(DiskFacts, st.none() | st.floats(0, 1e6), st.none() | st.floats(0, 1e6), MAYBE)
FACTS = st.builds(
    Facts,
    st.builds(OsFacts, TEXT, TEXT, TEXT, TEXT, TEXT, MAYBE),
    st.lists(GPU, max_size=3).map(tuple),
    st.builds(NvmlFacts, st.just("ok"), st.just(None), MAYBE, MAYBE),
    st.lists(PYTHON, max_size=3).map(tuple),
    MAYBE,
    NUMBER,
    NUMBER,
    DISK,
    MAYBE,
    MAYBE,
)


@given(FACTS)
def test_any_facts_survive_the_document(facts: Facts) -> None:
    """An NVML that answers has no code; without one in the document the default would say 12."""
    document = json.loads(json.dumps(facts.to_document()))
    assert from_document(document) == facts


def test_the_reference_page_names_every_key() -> None:
    page = (Path(__file__).parents[1] / "docs" / "reference" / "facts.md").read_text(encoding="utf-8")
    keys = {field.name for part in (Facts, *PARTS.values()) for field in dataclasses.fields(part)}
    assert {key for key in keys if not re.search(rf"\b{key}\b", page)} == set()
