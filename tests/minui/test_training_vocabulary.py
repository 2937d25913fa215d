"""The reduced CLIP vocabulary: known words are one token, unknown text falls apart into bytes, nothing gets lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from minui.training import vocabulary
from minui.training.words import words


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    vocabulary.write_tokenizer(tmp_path, words())
    return tmp_path


def test_the_two_highest_ids_are_start_and_end(folder: Path) -> None:
    ids = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    assert sorted(ids.values()) == list(range(len(ids)))
    assert (ids["<|startoftext|>"], ids["<|endoftext|>"]) == (len(ids) - 2, len(ids) - 1)


def test_all_bytes_and_the_signs_a_web_ui_looks_up_are_there(folder: Path) -> None:
    ids = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    letters = vocabulary.byte_letters()
    assert len(set(letters)) == 256
    assert all(letter in ids and letter + "</w>" in ids for letter in letters)
    assert {",</w>", "(</w>", ")</w>", "[</w>", "]</w>"} <= set(ids)


def test_merges_make_one_token_of_each_word() -> None:
    merges = vocabulary.merges_for(["fox", "box", "forest", "or"])
    for word in ("fox", "box", "forest", "or"):
        parts = [*word[:-1], word[-1] + "</w>"]
        for pair in merges:
            parts = vocabulary._joined(parts, pair)
        assert parts == [word + "</w>"]


def test_transformers_reads_it(folder: Path) -> None:
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.CLIPTokenizer.from_pretrained(str(folder))
    assert tokenizer.tokenize("Red fox, masterpiece") == ["red</w>", "fox</w>", ",</w>", "masterpiece</w>"]
    assert tokenizer.tokenize("1girl") == ["1</w>", "girl</w>"]
    assert tokenizer.decode(tokenizer("лиса zyx", add_special_tokens=False)["input_ids"]).strip() == "лиса zyx"
    padded = tokenizer("", padding="max_length", max_length=77)["input_ids"]
    assert padded == [len(tokenizer) - 2] + [len(tokenizer) - 1] * 76
