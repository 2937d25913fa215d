"""Many runs with a fault at a random place; each ends in the right file or in a finding that fits.

FOXUP_CAMPAIGN_RUNS sets how many (default 60).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from servers import Fault, FaultServer, Resource, content, serving, sha256

from conftest import QUICK, names
from foxup.errors import FoxupError
from foxup.step import FileSpec, Source
from foxup.system.download import DownloadContext, fetch
from foxup.system.download.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = int(os.environ.get("FOXUP_CAMPAIGN_RUNS", "60"))
RUNNER = Path(__file__).with_name("runner.py")
INTERRUPTED = {"download-interrupted", "download-stalled"}
CHANGED = {"download-hash-mismatch", "download-source-changed"}
FULL = {"disk-full", "download-file-too-large"}


@dataclass
class Run:
    """One run of the campaign: a file, a server, and how often its answers go wrong."""

    chance: random.Random
    server: FaultServer
    folder: Path

    def __post_init__(self) -> None:
        self.body = content(self.chance.randrange(100_000, 3_000_000), self.chance.randrange(10**6))
        self.pinned = self.chance.random() < 0.6
        self.often = self.chance.choice([0.3, 0.6, 1.0])
        rate = self.chance.choice([None, None, 8e6, 1.5e6])
        self.resource: Resource = self.server.add("/f", self.body, rate=rate)
        size, digest = (len(self.body), sha256(self.body)) if self.pinned else (None, None)
        self.spec = FileSpec("a-file", "file.bin", "other", (Source(self.server.url + "/f"),), size, digest)
        self.destination = self.folder / "out" / "file.bin"
        self.context = DownloadContext(self.folder / "downloads", limits=QUICK)
        self.right = {sha256(self.body)}

    def offset(self) -> int:
        return self.chance.randrange(len(self.body))

    def fail_with(self, make: Callable[[], Fault | None]) -> None:
        """Let each request go wrong by chance, but not for ever: a host that never works proves nothing."""
        budget = [self.chance.randrange(1, 5)]

        def fault(number, headers):
            if budget[0] <= 0 or self.chance.random() > self.often:
                return None
            budget[0] -= 1
            return make()

        self.resource.fault = fault

    def fetch(self) -> str:
        try:
            fetched = fetch(self.spec, self.destination, context=self.context)
        except FoxupError as error:
            assert not self.destination.exists()
            return error.code
        assert fetched.sha256 == sha256(self.destination.read_bytes())
        assert fetched.sha256 in self.right
        return "done"

    def process(self, **extra) -> subprocess.Popen:
        wish = {
            "url": self.spec.sources[0].url, "downloads": str(self.context.downloads), "destination": str(self.destination),
            "size": self.spec.size, "sha256": self.spec.sha256, **extra,
        }  # fmt: skip
        return subprocess.Popen([sys.executable, RUNNER, json.dumps(wish)], stdout=subprocess.PIPE, text=True)


def reset(run: Run) -> set[str]:
    run.fail_with(lambda: Fault(reset_at=run.offset()))
    return INTERRUPTED


def truncate(run: Run) -> set[str]:
    run.fail_with(lambda: Fault(truncate_at=run.offset()))
    return INTERRUPTED


def stall(run: Run) -> set[str]:
    run.fail_with(lambda: Fault(stall_at=run.offset(), stall_for=1.5))
    return INTERRUPTED


def wrong_length(run: Run) -> set[str]:
    """Too short a length makes another, shorter file of an unpinned one: HTTP alone cannot tell."""
    run.fail_with(lambda: Fault(length_delta=run.chance.choice([-7, 7, 4000])))
    if not run.pinned:
        run.right.add(sha256(run.body[:-7]))
    return INTERRUPTED | CHANGED


def flip(run: Run) -> set[str]:
    """Only a pinned file can notice."""
    run.pinned = True
    run.spec = FileSpec("a-file", "file.bin", "other", run.spec.sources, len(run.body), sha256(run.body))
    run.fail_with(lambda: Fault(flip_at=run.offset()))
    return CHANGED


def change(run: Run) -> set[str]:
    """The server has another file for some requests, and says so by its tag."""
    other = content(len(run.body), 77)
    if not run.pinned:
        run.right.add(sha256(other))
    run.fail_with(lambda: _swap(run, other))
    return CHANGED | INTERRUPTED


def _swap(run: Run, other: bytes) -> Fault | None:
    resource = run.resource
    resource.body = other if resource.body is run.body else run.body
    resource.etag = f'"{sha256(resource.body)[:16]}"'
    return Fault(truncate_at=run.offset())


def expire(run: Run) -> set[str]:
    """Signed addresses that end while they are read."""
    signed = Resource(run.body, etag=run.resource.etag, rate=run.resource.rate)
    valid = [run.chance.randrange(1, 3)]

    def ask(number, headers):
        valid[0] = run.chance.randrange(1, 3)
        return Fault(status=302, headers={"Location": f"/signed?signature={number}"})

    def answer(number, headers):
        valid[0] -= 1
        if valid[0] < 0:
            return Fault(status=403, body=b"expired")
        return Fault(truncate_at=run.offset()) if run.chance.random() < run.often else None

    run.resource.fault, signed.fault = ask, answer
    run.server.resources["/signed"] = signed
    return INTERRUPTED | {"download-forbidden"}


def kill(run: Run) -> set[str]:
    run.resource.rate = run.chance.choice([2e6, 6e6])
    for _time in range(run.chance.randrange(1, 3)):
        before = Shelf.of(run.spec, run.context.downloads).best()[1].present
        process = run.process()
        process.stdout.readline()
        time.sleep(run.chance.random() * 0.4)
        process.kill()
        process.communicate()
        assert not run.destination.exists() or sha256(run.destination.read_bytes()) in run.right
        if not run.destination.exists():
            assert Shelf.of(run.spec, run.context.downloads).best()[1].present >= before
    return set()


def full_disk(run: Run) -> set[str]:
    process = run.process(file_size_limit=run.offset())
    output, _errors = process.communicate(timeout=110)
    assert output.split()[-1] in FULL
    assert not run.destination.exists()
    return set()


FAULTS = [reset, truncate, stall, wrong_length, flip, change, expire, kill, full_disk]


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("number", range(RUNS))
def test_a_run_with_faults_ends_right(number, tmp_path):
    chance = random.Random(number)
    make = FAULTS[number % len(FAULTS)]
    with serving() as server:
        run = Run(chance, server, tmp_path)
        expected = make(run)
        code = run.fetch()
        assert code == "done" or code in expected, (make.__name__, code)
        present = Shelf.of(run.spec, run.context.downloads).best()[1].present
        calm(run)
        assert run.fetch() == "done"
        if code == "done" or (make in {reset, truncate, stall, kill} and present):
            sent = sum(asked.sent for asked in server.asked)
            assert sent <= (0 if code == "done" else len(run.body) - present)
        leftovers = [path.name for path in run.context.downloads.iterdir() if path.suffix != ".lock"]
        assert leftovers == []
        assert names(run.destination.parent) == ["file.bin"]


def calm(run: Run) -> None:
    """The server is itself again."""
    run.resource.fault = lambda _number, _headers: None
    run.resource.rate = None
    run.resource.body, run.resource.etag = run.body, f'"{sha256(run.body)[:16]}"'
    run.server.asked.clear()
