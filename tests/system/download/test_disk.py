"""Disks that are full, small or another one: said in words, nothing half-made, nothing lost."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace

import pytest
from servers import content

from conftest import names
from foxup.errors import FoxupError
from foxup.system.download import fetch

BODY = content(3_000_000)


@contextmanager
def small_disk(folder, size):
    """Mount a tiny disk, where the test may."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = sys.platform == "linux" and os.geteuid() == 0
    mounted = mounted and not subprocess.call(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], stderr=subprocess.DEVNULL
    )
    if not mounted:
        pytest.skip("no right to mount a small disk")
    try:
        yield folder
    finally:
        subprocess.check_call(["umount", folder])


def test_too_little_space_is_said_before_the_first_byte(server, context, destination, specify, tmp_path):
    server.add("/f", BODY)
    with small_disk(tmp_path / "small", "2m") as folder:
        with pytest.raises(FoxupError) as caught:
            fetch(specify(server.url + "/f", body=BODY), destination, context=replace(context, downloads=folder))
        assert list(folder.glob("*.part")) == []
    assert caught.value.code == "disk-full"
    assert "MiB" in caught.value.message
    assert server.asked[0].sent < len(BODY)


def test_a_disk_that_fills_up_meanwhile_keeps_what_it_has(server, context, destination, specify, tmp_path):
    """Of a file whose size nobody told, the space cannot be reserved."""
    server.add("/f", BODY, chunked=True)
    with small_disk(tmp_path / "small", "1m") as folder, pytest.raises(FoxupError) as caught:
        fetch(specify(server.url + "/f"), destination, context=replace(context, downloads=folder))
    assert caught.value.code == "disk-full"
    assert not destination.exists()


def test_another_drive_is_copied_to_and_proved(server, context, specify, tmp_path):
    server.add("/f", BODY)
    with small_disk(tmp_path / "other", "30m") as folder:
        fetched = fetch(specify(server.url + "/f", body=BODY), folder / "file.bin", context=context)
        assert (folder / "file.bin").read_bytes() == BODY
        assert names(folder) == ["file.bin"]
        assert fetched.size == len(BODY)
    assert list(context.downloads.glob("*.part")) == []


def test_another_drive_that_is_too_small_is_named_before_the_first_byte(server, context, specify, tmp_path):
    server.add("/f", BODY)
    with small_disk(tmp_path / "other", "1m") as folder, pytest.raises(FoxupError) as caught:
        fetch(specify(server.url + "/f", body=BODY), folder / "file.bin", context=context)
    assert caught.value.code == "disk-full"
    assert server.asked == []


def test_another_drive_that_is_full_keeps_the_download(server, context, specify, tmp_path):
    server.add("/f", BODY)
    spec = specify(server.url + "/f")
    with small_disk(tmp_path / "other", "1m") as folder:
        with pytest.raises(FoxupError) as caught:
            fetch(spec, folder / "file.bin", context=context)
        assert caught.value.code == "disk-full"
        assert names(folder) == []
    fetch(spec, tmp_path / "file.bin", context=context)
    assert len(server.asked) == 1


def test_a_drive_that_cannot_hold_such_a_file_is_named(server, context, destination, specify):
    """As FAT32 does at 4 GiB; the limit of the process makes the same error."""
    server.add("/f", BODY)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(FoxupError) as caught:
            fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.code == "download-file-too-large"


def test_a_folder_that_may_not_be_written_is_named(server, context, specify, tmp_path):
    server.add("/f", BODY)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FoxupError) as caught:
        fetch(specify(server.url + "/f", body=BODY), tmp_path / "file" / "x.bin", context=context)
    assert caught.value.code == "file-not-writable"
