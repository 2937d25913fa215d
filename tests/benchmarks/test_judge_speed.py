"""What judging costs: the aim is under 0.3 s of CPU for 512x768 after start-up. Measured, not asserted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "pictures"))
import scenes

from foxup.pictures import fingerprint, judge, load


@pytest.mark.parametrize("size", [(512, 768), (1024, 1536)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_judge(benchmark, size):
    base = scenes.scene(1, size=size)
    one, other = (load.from_bytes(scenes.encoded(rgb)) for rgb in (scenes.noise(base, 2), base))
    result = benchmark.pedantic(judge.judge, args=(one, other), rounds=3, warmup_rounds=1)
    assert result.verdict == "same"


def test_judge_by_fingerprint(benchmark):
    base = scenes.scene(1, size=(512, 768))
    picture = load.from_bytes(scenes.encoded(scenes.noise(base, 2)))
    kept = fingerprint.make(load.from_bytes(scenes.encoded(base)))
    result = benchmark.pedantic(judge.judge_fingerprint, args=(picture, kept), rounds=3, warmup_rounds=1)
    assert result.verdict == "same"
