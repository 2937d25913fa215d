from __future__ import annotations

import json

import pytest

from foxup.step import FileSpec, Source
from foxup.system.download.shelf import Progressed, Shelf, Slot

STATE = Progressed("source", '"tag"', 100, [(0, 40), (60, 80)], 30, "ab")


@pytest.fixture
def slot(tmp_path):
    made = Slot(tmp_path / "file.part")
    made.create(100)
    return made


def test_a_sidecar_says_again_what_was_written(slot):
    slot.write(STATE)
    assert slot.read() == STATE
    assert slot.path.stat().st_size == 100


@pytest.mark.parametrize(
    "damage",
    [
        lambda _text: "",
        lambda text: text[: len(text) // 2],
        lambda _text: "[]",
        lambda _text: "null",
        lambda text: text.replace('"schema": 1', '"schema": 2'),
        lambda text: json.dumps({**json.loads(text), "done": [[0, 40], [30, 80]]}),
        lambda text: json.dumps({**json.loads(text), "done": [[0, 40], [60, 180]]}),
        lambda text: json.dumps({**json.loads(text), "done": [[-5, 40]]}),
        lambda text: json.dumps({**json.loads(text), "front": 50}),
        lambda text: json.dumps({**json.loads(text), "done": 7}),
        lambda text: json.dumps({**json.loads(text), "size": "big"}),
    ],
)
def test_a_spoiled_sidecar_counts_as_nothing(slot, damage):
    slot.write(STATE)
    slot.sidecar.write_text(damage(slot.sidecar.read_text()))
    assert slot.read() == Progressed()


def test_a_partial_file_shorter_than_its_sidecar_says_counts_as_nothing(slot):
    slot.write(STATE)
    with slot.path.open("r+b") as stream:
        stream.truncate(70)
    assert slot.read() == Progressed()


def test_a_new_partial_file_forgets_the_old_sidecar(slot):
    slot.write(STATE)
    slot.create(100)
    assert slot.read() == Progressed()


def test_a_pinned_file_keeps_its_shelf_when_its_sources_change(tmp_path):
    first = FileSpec("a b/c", "x", "other", (Source("https://one"),), 1, "a" * 64)
    second = FileSpec("a b/c", "x", "other", (Source("https://two"),), 1, "a" * 64)
    assert Shelf.of(first, tmp_path).first.path == Shelf.of(second, tmp_path).first.path
    assert Shelf.of(first, tmp_path).first.path.name == "a-b-c-aaaaaaaaaaaa.part"


def test_the_better_slot_goes_on_and_the_other_is_spare(tmp_path):
    shelf = Shelf.of(FileSpec("x", "x", "other", ()), tmp_path)
    for slot, end in ((shelf.first, 10), (shelf.second, 20)):
        slot.create(100)
        slot.write(Progressed("source", f'"{end}"', 100, [(0, end)]))
    assert shelf.best()[0] is shelf.second
    assert shelf.spare() is shelf.first
    assert shelf.matching('"10"', 100, "source")[0] is shelf.first
    assert shelf.matching('"10"', 100, "elsewhere") is None
    assert shelf.matching('"10"', 101, "source") is None
