"""The labelled set of real pairs (real_pairs.py): what it promises by its plan, and how it is judged where it was made.

FOXUP_TEST_PAIRS names the folder that `python tests/pictures/real_pairs.py make` filled; it takes half an hour.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from pairs_plan import FINE, MADE, PAIRS, PARTS, SUBJECTS, UIS, half_of
from real_pairs import outcomes

FOLDER = os.environ.get("FOXUP_TEST_PAIRS")


def planned() -> list[tuple[str, str, int]]:
    made = {name: {MADE[pair.made].alone or ui for ui in UIS} for name, pair in PAIRS.items()}
    return [(name, ui, subject) for name in PAIRS for ui in sorted(made[name]) for subject in range(len(SUBJECTS))]


def test_the_set_is_large_enough_and_cut_in_halves():
    pairs = planned()
    assert len(pairs) >= 300
    halves = Counter(half_of(subject) for _, _, subject in pairs)
    assert set(halves) == set(PARTS)
    assert halves["tuning"] == halves["held"]
    causes = Counter(frozenset(PAIRS[name].causes) for name, _, _ in pairs if PAIRS[name].causes)
    assert {cause: count for cause, count in causes.items() if count < 15} == {}


def test_every_picture_is_asked_for_and_used():
    used = {pair.made for pair in PAIRS.values()} | {pair.against or MADE[pair.made].of for pair in PAIRS.values()}
    assert used == set(MADE)


@pytest.mark.skipif(FOLDER is None, reason="FOXUP_TEST_PAIRS names no folder with the real pairs")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("half", PARTS)
def test_the_real_pairs_are_judged_and_explained(half):
    found = list(outcomes(Path(FOLDER), (half,), 60.0))
    assert len(found) == sum(half_of(subject) == half for _, _, subject in planned())
    mismatches = [item for item in found if item.mismatch]
    assert sum(item.verdict_right for item in found) >= 0.98 * len(found)
    assert sum(item.cause_right for item in mismatches) >= 0.95 * len(mismatches)
    passed = [item for item in found if item.right == {"different"} and str(item.judgement.verdict) in FINE]
    assert passed == []
