"""Kill -9 at any moment: never a wrong file under the name, never a proved part lost, never a good file gone."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from servers import content, sha256

from foxup.system.download.shelf import Shelf

RUNNER = Path(__file__).with_name("runner.py")
BODY = content(4_000_000)


def start(server, context, destination, spec, **extra) -> subprocess.Popen:
    wish = {
        "url": spec.sources[0].url, "downloads": str(context.downloads), "destination": str(destination),
        "size": spec.size, "sha256": spec.sha256, **extra,
    }  # fmt: skip
    return subprocess.Popen([sys.executable, RUNNER, json.dumps(wish)], stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen) -> str:
    output, _errors = process.communicate(timeout=60)
    return output.split()[-1]


def kill_at(process: subprocess.Popen, server, size: int) -> None:
    """Kill when the server has sent about `size` bytes."""
    process.stdout.readline()
    end = time.monotonic() + 20
    while sum(asked.sent for asked in server.asked) < size and process.poll() is None and time.monotonic() < end:
        time.sleep(0.002)
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    ("pinned", "rate", "seed"), [(True, 8e6, 1), (False, 8e6, 2), (True, 1.5e6, 3), (False, 1.5e6, 4)]
)
def test_killed_again_and_again_it_still_ends_in_the_right_file(
    server, context, destination, specify, pinned, rate, seed
):
    """The slow rates bring several connections at once."""
    chance = random.Random(seed)
    server.add("/f", BODY, rate=rate)
    spec = specify(server.url + "/f", body=BODY) if pinned else specify(server.url + "/f")
    before_it = b"what was here before" if pinned else None  # an unpinned file that is there would be taken as it is
    if before_it:
        destination.parent.mkdir()
        destination.write_bytes(before_it)
    for _round in range(3):
        server.asked.clear()
        before = Shelf.of(spec, context.downloads).best()[1].present
        kill_at(start(server, context, destination, spec), server, chance.randrange(len(BODY) // 4))
        assert (destination.read_bytes() if destination.exists() else None) == before_it
        assert Shelf.of(spec, context.downloads).best()[1].present >= before
    server.asked.clear()
    left = len(BODY) - Shelf.of(spec, context.downloads).best()[1].present
    assert finish(start(server, context, destination, spec)) == "done"
    assert sha256(destination.read_bytes()) == sha256(BODY)
    assert sum(asked.sent for asked in server.asked) <= left * 1.3 + 1_500_000  # what a lowered limit left unread
    assert list(context.downloads.glob("*.part*")) == []


def test_two_at_once_wait_for_each_other(server, context, destination, specify):
    server.add("/f", BODY, rate=8e6)
    spec = specify(server.url + "/f", body=BODY)
    both = [start(server, context, destination, spec) for _number in range(2)]
    assert [finish(process) for process in both] == ["done", "done"]
    assert sum(asked.sent for asked in server.asked) < len(BODY) * 1.5
