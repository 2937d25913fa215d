"""A real CLIP vocabulary, only much smaller: every byte, and merges that make one token of each known word.

Any text still tokenises, unknown words fall apart into bytes. The layout is OpenAI's (bytes, bytes that end a word, merges,
start, end), so ``CLIPTokenizer`` of every transformers version reads it.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

START, END, WORD_END = "<|startoftext|>", "<|endoftext|>", "</w>"
LENGTH = 77
"""Tokens of a prompt, start and end included."""

Pair = tuple[str, str]


def byte_letters() -> list[str]:
    """The 256 printable stand-ins for bytes that GPT-2's and CLIP's byte-level BPE use, printable bytes first."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + n) for n in range(len(others))]


def merges_for(words: list[str]) -> list[Pair]:
    """Byte-pair merges, most frequent pair first, until each word is one token; ties go to the alphabet (deterministic)."""
    spelled = [[*word[:-1], word[-1] + WORD_END] for word in sorted(set(words))]
    merges: list[Pair] = []
    while pairs := Counter(pair for parts in spelled for pair in zip(parts, parts[1:], strict=False)):
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        spelled = [_joined(parts, best) for parts in spelled]
    return merges


def _joined(parts: list[str], pair: Pair) -> list[str]:
    out: list[str] = []
    for part in parts:
        if out and (out[-1], part) == pair:
            out[-1] += part
        else:
            out.append(part)
    return out


def vocabulary(merges: list[Pair]) -> dict[str, int]:
    """Token -> id in OpenAI's order."""
    letters = byte_letters()
    tokens = [*letters, *(letter + WORD_END for letter in letters), *("".join(pair) for pair in merges), START, END]
    return {token: number for number, token in enumerate(dict.fromkeys(tokens))}


def write_tokenizer(folder: Path, words: list[str]) -> int:
    """Write vocab.json, merges.txt and both tokenizer configs into the folder; returns the number of tokens."""
    merges = merges_for(words)
    ids = vocabulary(merges)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    specials = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    _write_json(folder / "special_tokens_map.json", specials)
    extra = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": LENGTH,
        "do_lower_case": True,
        "add_prefix_space": False,
    }
    _write_json(folder / "tokenizer_config.json", {**specials, **extra})
    return len(ids)


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
