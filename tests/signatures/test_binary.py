"""`foxup explain` on what is no text: said at once, with the command that helps."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import random
import struct
import subprocess
import sys
import time
import zipfile

import pytest
from logs import CASES

from foxup import explaining
from foxup.errors import UsageError
from foxup.signatures import explain_log
from foxup.signatures.binary import HEAD, recognise
from foxup.signatures.decode import sniff

NOISE = random.Random(1).randbytes(5_000_000)
HEADER = json.dumps({"x": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]}}).encode()


def zipped(name: str) -> bytes:
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w") as archive:
        archive.writestr(name, pickle.dumps({"a": 1}))
    return store.getvalue()


FILES = {
    "noise": (NOISE, "other"),
    "numbers": (struct.pack("<100000I", *range(100000)), "other"),
    "safetensors": (struct.pack("<Q", len(HEADER)) + HEADER + NOISE[:1000], "model"),
    "torch zip": (zipped("archive/data.pkl"), "model"),
    "bare pickle": (pickle.dumps(list(range(9)), protocol=2), "model"),
    "zip": (zipped("log.txt"), "archive"),
    "gzip": (gzip.compress(b"abc" * 9), "archive"),
    "exe": (b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0" + NOISE[:9000], "program"),
    "elf": (b"\x7fELF\2\1\1" + bytes(99), "program"),
    "zeros": (bytes(9000), "zeros"),
    "report": (json.dumps({"schema": 1, "kind": "foxup-report", "log": "RuntimeError:"}, indent=2).encode(), "report"),
    "facts": (json.dumps({"schema": 1, "command": "probe", "ok": True}).encode(), "facts"),
}


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_text_is_said_at_once(name, tmp_path):
    data, kind = FILES[name]
    assert recognise(data[:HEAD]) == kind
    path = tmp_path / "console.log"
    path.write_bytes(data)
    begin = time.perf_counter()
    with pytest.raises(UsageError) as caught:
        explaining.explain(path)
    assert time.perf_counter() - begin < 1
    assert caught.value.code == "file-not-a-log"
    assert caught.value.hint


def test_a_model_is_sent_to_the_doctor(tmp_path):
    path = tmp_path / "vae.pth"
    path.write_bytes(FILES["torch zip"][0])
    with pytest.raises(UsageError) as caught:
        explaining.explain(path)
    assert "foxup doctor models" in caught.value.hint


@pytest.mark.parametrize("path", sorted(CASES.rglob("*.log")), ids=lambda path: path.stem)
def test_no_log_is_taken_for_anything_else(path):
    raw = path.read_bytes()
    text = raw.decode("utf-8", "replace")
    for data in (raw, text.encode("utf-16"), text.encode("utf-16-le"), text.encode("cp1251", "replace"), raw[1:]):
        assert recognise(data[:HEAD]) is None


@pytest.mark.parametrize(
    "text",
    ["", "MZ starts a line\n", "GGUF is a format\n", "BZh\n", "\x1b[32mgreen\x1b[0m\n" * 40, "a\b\b\bb\r\n" * 40],
)
def test_words_and_colours_are_text(text):
    assert recognise(text.encode()) is None


def test_zeros_behind_a_log_are_what_a_crash_leaves():
    log = b"RuntimeError: No CUDA GPUs are available\r\n" * 9
    data = log + bytes(9000)
    assert sniff(data[:4096]) is None
    assert recognise(data) is None
    assert [item.code for item in explain_log(data).findings] == [item.code for item in explain_log(log).findings]


@pytest.mark.parametrize(
    ("data", "says"), [(NOISE, "not text"), ((CASES.parent / "gallery" / "fox.png").read_bytes(), "picture")]
)
def test_standard_input(data, says):
    done = subprocess.run(
        [sys.executable, "-m", "foxup", "explain", "-", "--lang", "en"], input=data, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert says in done.stderr.decode()


def test_a_log_on_standard_input_is_read_whole():
    text = "harmless\n" * 20_000 + "RuntimeError: No CUDA GPUs are available\n"
    done = subprocess.run(
        [sys.executable, "-m", "foxup", "explain", "-", "--json"], input=text.encode(), capture_output=True, check=False
    )
    document = json.loads(done.stdout)
    assert document["data"]["lines"] == 20_001
    assert [item["code"] for item in document["findings"]] == ["torch-not-able-to-use-gpu"]
