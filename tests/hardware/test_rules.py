"""profiles/hardware.toml is sound in itself, and every sentence in it is spoken somewhere."""

from __future__ import annotations

import string
from itertools import pairwise
from pathlib import Path

import pytest

from foxup.errors import UsageError
from foxup.facts import from_document
from foxup.hardware import Hardware, load
from foxup.judge import decide
from foxup.profile import Text

_CASES = Path(__file__).parents[1] / "cases" / "hardware"


def _placeholders(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


def _texts(hardware: Hardware) -> list[tuple[str, Text]]:
    spoken = [(key, text) for key, text in hardware.reasons.items()]
    spoken += [(rule.name, rule.reason) for rule in hardware.sets]
    for key, text in hardware.texts.items():
        spoken += [(f"{key}.message", text.message), (f"{key}.cause", text.cause), (f"{key}.remedy", text.remedy)]
    return spoken


@pytest.mark.parametrize(("key", "text"), [pytest.param(k, t, id=k) for k, t in _texts(load())])
def test_both_languages_say_the_same(key: str, text: Text) -> None:
    assert text.en.strip()
    assert text.ru.strip()
    assert text.en != text.ru
    assert _placeholders(text.en) == _placeholders(text.ru)
    assert not text.en.isascii() or text.en.isprintable()


def test_every_code_occurs_in_a_case() -> None:
    import yaml

    spoken = set()
    for path in sorted(_CASES.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]:
            expected = case["expect"]
            spoken |= {*expected["blockers"], *expected["warnings"], *expected["actions"]}
    assert spoken == {key.partition("/")[0] for key in load().texts}


def test_every_build_names_its_own_index_and_versions() -> None:
    for rule in load().sets:
        if rule.torch_command:
            assert f"torch=={rule.torch} " in rule.torch_command + " "
            assert f"torchvision=={rule.torchvision} " in rule.torch_command + " "
        if rule.index.startswith("https://download.pytorch.org"):
            assert rule.torch_command.endswith(f"--index-url {rule.index}")
            assert rule.torch.partition("+")[2] == rule.index.rpartition("/")[2]
        if rule.xformers_package:
            assert rule.xformers_package.startswith(f"xformers=={rule.xformers} ")


def test_blocks_of_device_ids_belong_to_one_chip_each() -> None:
    """Two chips sit inside another one's block; the narrower block counts."""
    blocks = sorted((first, last, chip.code) for chip in load().nvidia.chips for first, last in chip.ids)
    within = [(a, b) for a, b in pairwise(blocks) if b[0] <= a[1]]
    assert [(a[2], b[2]) for a, b in within] == [("GK110", "GK210"), ("GM107", "GM204")]
    assert all(first <= last for first, last, _code in blocks)


def test_classes_of_memory_rise_and_cover_everything() -> None:
    bounds = [rule.below for rule in load().vram]
    assert bounds == sorted(bounds)
    assert load().class_of(10**7) is not None
    assert [load().class_of(mib).name for mib in (3699, 3700, 5699, 5700, 7599, 7600, 11499, 11500)] == [
        "below 4 GB",
        "4 GB",
        "4 GB",
        "6 GB",
        "6 GB",
        "8 GB",
        "8 GB",
        "12 GB or more",
    ]


@pytest.mark.parametrize(
    ("cc", "tags"),
    [
        ((5, 0), ["cu121", "cu118"]),
        ((5, 2), ["cu121", "cu118"]),
        ((8, 9), ["cu121", "cu118"]),
        ((9, 0), ["cu121", "cu118"]),
        ((10, 0), ["cu128"]),
        ((12, 0), ["cu128"]),
        ((3, 7), []),
        ((10, 3), []),
        ((11, 0), []),
        ((12, 1), []),
        ((13, 0), []),
    ],
)
def test_builds_by_compute_capability(cc: tuple[int, int], tags: list[str]) -> None:
    for system in ("windows", "linux"):
        assert [rule.name.rpartition("-")[2] for rule in load().cuda_sets(cc, system, "x86_64")] == tags
    assert load().cuda_sets(cc, "linux", "aarch64") == ()
    assert load().cuda_sets(cc, "macos", "arm64") == ()


def test_wheels_hold_the_code_their_builders_say() -> None:
    """Lists of PyTorch's build scripts; only cu118 reaches down to 3.7, only cu128 up to 12.0, Windows adds 6.1."""
    sets = {rule.name: rule.code for rule in load().sets if rule.backend == "cuda"}
    usual = {(5, 0), (6, 0), (7, 0), (7, 5), (8, 0), (8, 6), (9, 0)}
    assert set(sets["a1111-cu121"]["linux"]) == usual
    assert set(sets["a1111-cu118"]["linux"]) == usual | {(3, 7)}
    assert set(sets["blackwell-cu128"]["linux"]) == {(7, 5), (8, 0), (8, 6), (9, 0), (10, 0), (12, 0)}
    assert set(sets["a1111-cu121"]["windows"]) == usual | {(6, 1)}
    assert set(sets["a1111-cu118"]["windows"]) == usual | {(3, 7), (6, 1)}
    assert set(sets["blackwell-cu128"]["windows"]) == usual | {(6, 1), (10, 0), (12, 0)}


@pytest.mark.parametrize(
    ("tag", "cc", "linux", "windows"),
    [
        ("a1111-cu121", (8, 6), "525.60.13", "528.33"),
        ("a1111-cu118", (8, 6), "450.80.02", "452.39"),
        ("blackwell-cu128", (12, 0), "570.26", "570.65"),
    ],
)
def test_driver_floors(tag: str, cc: tuple[int, int], linux: str, windows: str) -> None:
    rule = next(rule for rule in load().sets if rule.name == tag)
    assert load().driver_floor(rule, cc, "linux") == linux
    assert load().driver_floor(rule, cc, "windows") == windows


@pytest.mark.parametrize(
    ("cc", "driver", "gone"),
    [
        ((6, 1), (582, 16), False),
        ((6, 1), (590, 44, 1), True),
        ((7, 0), (591, 44), True),
        ((7, 5), (596, 1), False),
        ((3, 5), (474, 30), False),
        ((3, 5), (496, 13), True),
        (None, (999,), False),
        ((6, 1), None, False),
    ],
)
def test_driver_ceilings(cc: tuple[int, int] | None, driver: tuple[int, ...] | None, gone: bool) -> None:
    """Windows numbers run on inside a branch: 582.16 is of R580, 474.30 of R470."""
    assert load().dropped(cc, driver) is gone


def test_a_wrong_rule_file_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "hardware.toml"
    wrong.write_text("schema = 2\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load(wrong)
    assert caught.value.code == "hardware-invalid"
    assert "hardware.toml" in caught.value.message


def test_a_mistyped_key_is_refused(tmp_path: Path) -> None:
    from foxup.profile import profiles_folder

    text = (profiles_folder() / "hardware.toml").read_text(encoding="utf-8")
    wrong = tmp_path / "hardware.toml"
    wrong.write_text(text.replace("refuse_below_gib", "refuse_bellow_gib"), encoding="utf-8")
    with pytest.raises(UsageError):
        load(wrong)


def test_the_rules_decide_not_the_code(tmp_path: Path) -> None:
    """Another number in the file gives another answer."""
    from foxup.profile import profiles_folder

    text = (profiles_folder() / "hardware.toml").read_text(encoding="utf-8")
    changed = tmp_path / "hardware.toml"
    changed.write_text(text.replace("below = 3700", "below = 2000"), encoding="utf-8")
    machine = {
        "os": {"family": "windows", "version": "10.0", "arch": "AMD64"},
        "gpus": [{"pci": "10de:1c02", "cc": "6.1", "vram_mib": 3072}],
        "nvml": {"init": "ok", "driver": "560.94"},
    }
    assert decide(from_document(machine), load()).verdict == "unsupported"
    assert decide(from_document(machine), load(changed)).verdict == "minimum"
