"""Files are written whole or not at all."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foxup.errors import FoxupError
from foxup.system import files

WRITER = """
import sys
from pathlib import Path
from foxup.system.files import write_atomic
path = Path(sys.argv[1])
for number in range(100000):
    write_atomic(path, (str(number % 10) * 200000).encode(), scratch=Path(sys.argv[2]))
    if number == 0: print("going", flush=True)
"""


def test_an_existing_file_keeps_its_mode(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o600)
    files.write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_file_is_executable_when_asked(tmp_path):
    files.write_atomic(tmp_path / "deep" / "run", b"x", executable=True)
    assert os.access(tmp_path / "deep" / "run", os.X_OK)


def test_a_killed_writer_leaves_a_whole_file(tmp_path):
    path, scratch = tmp_path / "file", tmp_path / "scratch"
    for pause in (0.02, 0.05, 0.11):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, path, scratch], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"going\n"
        time.sleep(pause)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        content = path.read_bytes()
        assert len(content) == 200000
        assert len(set(content)) == 1
        assert [item.name for item in tmp_path.iterdir() if item.name.endswith("foxup-tmp")] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_has_its_own_words(tmp_path):
    error = files.os_error(OSError(28, "No space left on device"), tmp_path)
    assert error.code == "disk-full"
    with pytest.raises(FoxupError) as caught:
        files.write_atomic(tmp_path / "not-a-folder" / "x" if _blocked(tmp_path) else tmp_path, b"x")
    assert caught.value.code == "file-not-writable"


def _blocked(tmp_path):
    (tmp_path / "not-a-folder").write_text("")
    return True


def test_the_hash_cache_trusts_size_and_times_only(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(b"one")
    cache = files.HashCache(tmp_path / "hashes.json")
    first = cache.sha256(path)
    cache.save()
    path.write_bytes(b"two")
    assert files.HashCache(tmp_path / "hashes.json").sha256(path) != first
    (tmp_path / "hashes.json").write_text("spoiled")
    assert files.HashCache(tmp_path / "hashes.json").sha256(path) == files.sha256_file(path)


def test_removing_what_is_not_there_is_fine(tmp_path):
    files.remove(tmp_path / "nothing")
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    files.remove(folder)
    assert not folder.exists()
