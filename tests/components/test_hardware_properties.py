"""What holds for every machine, also for ones that cannot be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hardware_cases import present
from hypothesis import given, settings
from hypothesis import strategies as st

from foxup import i18n
from foxup.decision import GRADES, Decision
from foxup.facts import Facts, from_document
from foxup.finding import Severity, codes
from foxup.hardware import Card, Hardware, identify, load
from foxup.judge import decide

_WORDS = st.text(max_size=12) | st.sampled_from(
    ["", "?", "[N/A]", "Вася", "a b", "8,6", "ERR!", "570.144", "32.0.15.6094"]
)
_MIB = st.none() | st.integers(0, 300_000) | st.sampled_from([3699, 3700, 5699, 5700, 7599, 7600, 11499, 11500])
_NVIDIA_IDS = ["2503", "1c02", "1b80", "13c2", "1004", "1f9d", "1ff0", "2b85", "2335", "2e12", "1d81", "3f00", "0000"]
_PCI = st.sampled_from(
    [f"10de:{device}" for device in _NVIDIA_IDS]
    + ["1002:73ff", "1002:744c", "1002:1638", "8086:56a0", "8086:a7a0", "1414:008e"]
)
_NAMES = st.sampled_from(
    [
        "NVIDIA GeForce RTX 3060",
        "NVIDIA GeForce GTX 1650",
        "NVIDIA T1000",
        "GB206 [GeForce RTX 5060 Ti]",
        "NVIDIA H200 MIG 1g.18gb",
        "Apple M2",
        "AMD Radeon(TM) Graphics",
        "Microsoft Basic Display Adapter",
    ]
)
_CC = st.none() | st.sampled_from(
    ["3.5", "5.0", "5.2", "6.0", "6.1", "7.0", "7.5", "8.6", "8.9", "9.0", "10.0", "10.3", "12.0", "12.1", "13.0", "x"]
)
_DRIVER = (
    st.none()
    | _WORDS
    | st.sampled_from(["445.87", "516.94", "525.60.13", "528.33", "566.36", "570.65", "581.57", "591.44"])
)
_MIG = (
    st.none()
    | st.booleans()
    | _WORDS
    | st.lists(st.fixed_dictionaries({"uuid": st.just("MIG-1"), "vram_mib": st.integers(0, 90_000)}), max_size=2)
)


def _maybe(**fields: Any) -> Any:
    return st.fixed_dictionaries({}, optional=fields)


_GPU = _maybe(
    vendor=st.sampled_from(["nvidia", "amd", "intel", "apple", "other"]),
    name=_NAMES | _WORDS,
    pci=_PCI | _WORDS,
    bus=st.sampled_from(["00000000:01:00.0", "0000:05:00.0", "x"]),
    cc=_CC,
    vram_mib=_MIB,
    mig=_MIG,
    gfx=st.sampled_from(["gfx1030", "gfx1032", "gfx803"]),
    status=st.sampled_from(["disabled", "nouveau", "gpu-lost", "device-problem-43"]),
)
_PATHS = (
    st.none()
    | _WORDS
    | st.sampled_from([r"C:\Program Files\x", r"C:\ai", "/mnt/c/ai", "/usr/x", "/home/Вася/a b", "C:\\", "/"])
)
_MACHINES = st.fixed_dictionaries(
    {
        "os": st.fixed_dictionaries(
            {"family": st.sampled_from(["windows", "linux", "macos", "wsl2", "plan9"])},
            optional={
                "name": _WORDS,
                "version": st.sampled_from(["10.0.22631", "6.1", "14.5", "22.04", ""]),
                "arch": st.sampled_from(["AMD64", "x86_64", "arm64", "aarch64", "x86", ""]),
                "glibc": st.none() | st.sampled_from(["2.35", "2.17", "2.12"]),
                "wsl": st.sampled_from([0, 1, 2, True, "2", "wsl2"]),
                "kernel": _WORDS,
            },
        )
    },
    optional={
        "gpus": st.lists(_GPU, max_size=4),
        "nvml": _maybe(
            init=st.sampled_from(["ok", "error"]),
            code=st.sampled_from([3, 4, 8, 9, 12, 13, 15, 16, 18, 28, 77, 999]),
            driver=_DRIVER,
        ),
        "driver_files": _DRIVER,
        "python": st.lists(
            _maybe(
                version=st.none() | st.sampled_from(["3.10.11", "3.10.5", "3.12.1", "x"]),
                bits=st.none() | st.sampled_from([32, 64]),
                path=_PATHS,
                implementation=st.sampled_from(["CPython", "PyPy"]),
            ),
            max_size=3,
        ),
        "git": st.none() | st.just("2.47.0"),
        "ram_mib": _MIB,
        "pagefile_mib": _MIB,
        "disk": _maybe(
            target_free_gib=st.floats(0, 900),
            system_free_gib=st.floats(0, 900),
            target_kind=st.sampled_from(["ssd", "hdd", "network", "unknown"]),
            same_drive=st.none() | st.booleans(),
        ),
        "temp": _PATHS,
        "target": _PATHS,
        "target_writable": st.none() | st.booleans(),
        "groups": st.none() | st.lists(st.sampled_from(["render", "video"])),
        "kfd_writable": st.none() | st.booleans(),
    },
)


@settings(max_examples=400, deadline=None)
@given(document=_MACHINES, cpu=st.booleans(), language=st.sampled_from(["en", "ru"]))
def test_every_machine_gets_a_consistent_answer(document: dict[str, Any], cpu: bool, language: str) -> None:
    facts, hardware = from_document(document), load()
    i18n.use(language)
    try:
        decision = decide(facts, hardware, profile_allows_cpu=cpu)
    finally:
        i18n.use("en")
    _refuses_with_a_reason(decision)
    _installs_all_or_nothing(decision)
    _flags_agree(decision, facts, hardware)
    _speaks(decision)


def test_decisions_do_not_depend_on_the_language() -> None:
    facts = from_document(
        {"os": {"family": "windows", "version": "10.0", "arch": "AMD64"}, "gpus": [{"pci": "10de:2503"}]}
    )
    english = decide(facts, load())
    i18n.use("ru")
    try:
        russian = decide(facts, load())
    finally:
        i18n.use("en")
    assert codes(english.findings) == codes(russian.findings)
    assert english.launch_args == russian.launch_args
    assert english.findings[0].message != russian.findings[0].message


def _refuses_with_a_reason(decision: Decision) -> None:
    blockers = codes(decision.findings, Severity.BLOCKER)
    assert decision.verdict in GRADES
    assert decision.proceed is (not blockers and decision.verdict != "unsupported")
    assert blockers or decision.verdict != "unsupported"
    assert len(codes(decision.findings)) == len(set(codes(decision.findings)))


def _installs_all_or_nothing(decision: Decision) -> None:
    nothing = decision.torch is None
    assert nothing is (decision.verdict == "unsupported")
    assert nothing is (decision.launch_args == ())
    assert nothing is ("STABLE_DIFFUSION_REPO" not in decision.env)
    assert decision.python == "provision" or decision.python.startswith("use:")


def _flags_agree(decision: Decision, facts: Facts, hardware: Hardware) -> None:
    args = decision.launch_args
    card = _card(decision, facts, hardware)
    if "--xformers" in args:
        assert card
        assert card.cc
        assert (6, 0) <= card.cc <= (9, 0)
    assert bool(decision.torch and decision.torch.xformers) is ("--xformers" in args)
    for conflict in (
        {"--lowvram", "--medvram", "--medvram-sdxl"},
        {"--no-half", "--upcast-sampling"},
        {"--xformers", "--opt-sdp-attention"},
    ):
        assert len(conflict & set(args)) <= 1
    assert "--force-enable-xformers" not in args
    assert len([item for item in args if item.startswith("--")]) == len(
        {item for item in args if item.startswith("--")}
    )
    if decision.torch and decision.torch.set.endswith(("cu121", "cu118", "cu128")):
        assert "--skip-torch-cuda-test" not in args
        assert not present("--use-cpu all", args)


def _card(decision: Decision, facts: Facts, hardware: Hardware) -> Card | None:
    index = decision.selected_gpu
    return None if index is None else identify(index, facts.gpus[index], hardware)


def _speaks(decision: Decision) -> None:
    assert json.loads(json.dumps(decision.to_document(), ensure_ascii=False))["launch_args"] == list(
        decision.launch_args
    )
    for finding in decision.findings:
        assert finding.message
        assert finding.cause
        assert finding.remedy
        assert "None" not in finding.message
    assert decision.torch is None or {reason.choice for reason in decision.reasons} >= {"gpu", "torch", "python"}


@pytest.mark.parametrize(
    "wanted",
    [
        {"os": {"family": "linux"}, "python": [{"version": None, "bits": None, "path": "/x"}]},
        {"os": {"family": "linux", "wsl": "yes"}},
    ],
)
def test_gaps_in_a_document_are_not_errors(wanted: dict[str, Any]) -> None:
    assert decide(from_document(wanted), load()).verdict == "unsupported"
