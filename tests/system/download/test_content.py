"""Content decides what a file is: made with the real libraries, then spoiled in every known way."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import tarfile
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save
from servers import sha256

from foxup.errors import FoxupError
from foxup.system.download import check_archive, fetch
from foxup.system.download.content import check, stranger
from foxup.system.download.pickles import scan

TENSORS = {"a": np.zeros((3, 4), np.float32), "b": np.ones((7,), np.float16), "empty": np.zeros((0,), np.int64)}
GOOD = save(TENSORS, metadata={"who": "test"})
PAGE = b"\n <!DOCTYPE html><html>login</html>"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 5\n"


def header(document: object, data: bytes = b"") -> bytes:
    text = json.dumps(document).encode()
    return struct.pack("<Q", len(text)) + text + data


SPOILED = {
    "safetensors-empty-file": [b"", b"abc"],
    "safetensors-zero-filled": [bytes(4096), struct.pack("<Q", 16) + b"not json at all!", header({"a": {"dtype": "F32"}}),
                                header([1, 2])],
    "safetensors-incomplete": [GOOD[:-1], GOOD + b"x", GOOD[:40], header({"a": {"dtype": "U8", "shape": [9],
                                                                            "data_offsets": [0, 9]}}, b"123")],
    "safetensors-wrong-format": [b"PK\x03\x04" + bytes(500)],
    "safetensors-not-a-model": [PAGE + bytes(500), b'{"error": "no"}' + b" " * 90],
    "download-lfs-pointer": [LFS],
}  # fmt: skip


@pytest.mark.parametrize(("code", "body"), [(code, body) for code, bodies in SPOILED.items() for body in bodies])
def test_a_spoiled_safetensors_file_is_named_as_in_the_failure_catalogue(tmp_path, code, body):
    (tmp_path / "f").write_bytes(body)
    with pytest.raises(FoxupError) as caught:
        check(tmp_path / "f", "safetensors", "model.safetensors")
    assert caught.value.code == code
    assert "model.safetensors" in caught.value.message


@pytest.mark.parametrize(
    "entries",
    [
        {
            "a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]},
            "b": {"dtype": "U8", "shape": [2], "data_offsets": [1, 3]},
        },
        {
            "a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
            "b": {"dtype": "U8", "shape": [1], "data_offsets": [2, 3]},
        },
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 3]}},
        {"a": {"dtype": "U8", "shape": [3], "data_offsets": [3, 0]}},
    ],
)
def test_tensors_that_overlap_leave_gaps_or_do_not_fit_are_refused(tmp_path, entries):
    (tmp_path / "f").write_bytes(header(entries, b"123"))
    with pytest.raises(FoxupError) as caught:
        check(tmp_path / "f", "safetensors", "x")
    assert caught.value.code == "safetensors-zero-filled"


def test_good_files_pass(tmp_path):
    good = {
        "safetensors": GOOD,
        "image": b"\x89PNG\r\n\x1a\n" + bytes(9),
        "json": b'{"a": 1}',
        "yaml": b"model:\n  target: x\n",
        "other": b"anything",
        "pickle": pickle.dumps({"a": 1}),
    }
    for kind, body in good.items():
        (tmp_path / kind).write_bytes(body)
        check(tmp_path / kind, kind, kind)
        assert not stranger(body[:512], kind)


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("pickle", PAGE, "download-page-instead"),
        ("pickle", bytes(1000), "ckpt-not-a-model"),
        ("pickle", b"PK\x03\x04" + bytes(1000), "ckpt-corrupt-zip"),
        ("image", b"GIB8 nonsense", "download-not-an-image"),
        ("image", b'{"error": "gone"}', "download-page-instead"),
        ("json", b"{broken", "download-not-json"),
        ("yaml", PAGE, "download-page-instead"),
        ("other", LFS, "download-lfs-pointer"),
        ("other", b"", "download-empty"),
    ],
)
def test_other_kinds_are_looked_at_too(tmp_path, kind, body, code):
    (tmp_path / "f").write_bytes(body)
    with pytest.raises(FoxupError) as caught:
        check(tmp_path / "f", kind, "x")
    assert caught.value.code == code


class Evil:
    def __reduce__(self):
        return os.system, ("echo pwned",)


def zipped(payload: object) -> bytes:
    """A checkpoint in torch's zip form."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(payload, protocol=2))
        archive.writestr("archive/version", "3\n")
    return stream.getvalue()


@pytest.mark.parametrize("body", [pickle.dumps(Evil()), zipped(Evil())], ids=["plain", "zip"])
def test_a_dangerous_pickle_gets_no_name_unless_it_is_allowed(server, context, destination, specify, body):
    from dataclasses import replace

    server.add("/f", body)
    spec = specify(server.url + "/f", body=body, kind="pickle", name="model.ckpt")
    with pytest.raises(FoxupError) as caught:
        fetch(spec, destination, context=context)
    assert caught.value.code == "pickle-dangerous"
    assert "system" in caught.value.cause
    assert "--allow-dangerous-pickles" in caught.value.hint
    assert not destination.exists()
    fetch(spec, destination, context=replace(context, allow_dangerous_pickles=True))
    assert destination.read_bytes() == body
    assert len(server.asked) == 1  # the proved bytes were kept, only the name was refused


@pytest.mark.parametrize("body", [pickle.dumps({"a": [1.0]}), zipped({"state_dict": {}})], ids=["plain", "zip"])
def test_a_harmless_pickle_passes(tmp_path, body):
    (tmp_path / "f").write_bytes(body)
    scan(tmp_path / "f", "model.ckpt")


def test_a_pickle_that_cannot_be_read_is_not_cleared(tmp_path):
    (tmp_path / "f").write_bytes(b"\xff" * 100)
    with pytest.raises(FoxupError) as caught:
        scan(tmp_path / "f", "model.ckpt")
    assert caught.value.code == "pickle-unreadable"


@pytest.mark.parametrize("names", [["../x"], ["a/../../x"], ["/etc/x"], ["C:\\x"], ["a\\..\\..\\x"], ["\\\\host\\x"]])
def test_archives_that_write_outside_are_refused(tmp_path, names):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    for form in ("zip", "tar"):
        with pytest.raises(FoxupError) as caught:
            check_archive(tmp_path / f"a.{form}")
        assert caught.value.code == "archive-traversal"


@pytest.mark.parametrize(
    ("members", "fine"),
    [
        ([("l", tarfile.SYMTYPE, "../x")], False),
        ([("l", tarfile.SYMTYPE, "/x")], False),
        ([("d/l", tarfile.LNKTYPE, "../x")], False),
        ([("d", tarfile.SYMTYPE, "."), ("d/f", tarfile.REGTYPE, "")], False),
        ([("d/l", tarfile.SYMTYPE, "../f"), ("d/h", tarfile.LNKTYPE, "f"), ("f", tarfile.REGTYPE, "")], True),
        ([("dev", tarfile.CHRTYPE, "")], None),
    ],
)
def test_links_and_devices_in_archives(tmp_path, members, fine):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, kind, target in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            archive.addfile(member)
    if fine:
        check_archive(tmp_path / "a.tar")
        return
    with pytest.raises(FoxupError) as caught:
        check_archive(tmp_path / "a.tar")
    assert caught.value.code == ("archive-traversal" if fine is False else "archive-unreadable")


def test_what_is_no_archive_is_called_so(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK nonsense")
    with pytest.raises(FoxupError) as caught:
        check_archive(tmp_path / "a.zip")
    assert caught.value.code == "archive-unreadable"


def test_a_truncated_model_that_nobody_pinned_is_still_refused(server, context, destination, specify):
    server.add("/f", GOOD[:-6])
    with pytest.raises(FoxupError) as caught:
        fetch(specify(server.url + "/f", kind="safetensors"), destination, context=context)
    assert caught.value.code == "safetensors-incomplete"
    assert not destination.exists()
    server.add("/f", GOOD)
    assert fetch(specify(server.url + "/f", kind="safetensors"), destination, context=context).sha256 == sha256(GOOD)
