"""Hypothesis drives the resume: hosts that change, forget, cut and lie; disks that rot. Never a mixture, never a dead end."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from servers import Fault, FaultServer, content, sha256

from conftest import QUICK
from foxup.errors import FoxupError
from foxup.step import FileSpec, Source
from foxup.system.download import DownloadContext, fetch
from foxup.system.download.shelf import Shelf

SIZE = 400_000
VERSIONS = [content(SIZE, seed) for seed in (11, 12)] + [content(SIZE + 1000, 13)]
OFFSETS = st.integers(0, SIZE - 1)


class Resume(RuleBasedStateMachine):
    @initialize(pinned=st.booleans())
    def begin(self, pinned: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="foxup-resume-"))
        self.server = FaultServer().__enter__()
        self.pinned, self.version = pinned, 0
        size, digest = (SIZE, sha256(VERSIONS[0])) if pinned else (None, None)
        self.spec = FileSpec("f", "f.bin", "other", (Source(self.server.url + "/f"),), size, digest)
        once = replace(QUICK, retries=0, first_retries=0, save_every=0.01)
        self.once = DownloadContext(self.folder / "downloads", limits=once)
        self.destination = self.folder / "f.bin"
        self.etag, self.ranges, self.served = "strong", True, {sha256(VERSIONS[0])}

    def serve(self, fault=lambda _number, _headers: None) -> None:
        body = VERSIONS[self.version]
        etag = {"strong": f'"{self.version}"', "weak": f'W/"{self.version}"', "none": None}[self.etag]
        self.server.add("/f", body, etag=etag, ranges=self.ranges, fault=fault)
        self.served.add(sha256(body))

    def attempt(self) -> str:
        try:
            fetch(self.spec, self.destination, context=self.once)
        except FoxupError as error:
            return error.code
        return "done"

    @rule(version=st.integers(0, 2))
    def change_the_file(self, version: int) -> None:
        self.version = version

    @rule(etag=st.sampled_from(["strong", "weak", "none"]), ranges=st.booleans())
    def change_the_host(self, etag: str, ranges: bool) -> None:
        self.etag, self.ranges = etag, ranges

    @rule(offset=OFFSETS, how=st.sampled_from(["truncate_at", "reset_at"]))
    def break_off(self, offset: int, how: str) -> None:
        self.serve(lambda _number, _headers: Fault(**{how: offset}))
        self.attempt()

    @rule(offset=OFFSETS)
    def change_while_running(self, offset: int) -> None:
        """The connection breaks, and at the next request the file is another one."""
        other = (self.version + 1) % 3

        def fault(number, headers):
            if number == 0:
                return Fault(truncate_at=offset)
            self.version = other
            return None

        self.serve(fault)
        patient = replace(self.once, limits=replace(self.once.limits, retries=2, first_retries=2))
        with contextlib.suppress(FoxupError):
            fetch(self.spec, self.destination, context=patient)
        self.served.add(sha256(VERSIONS[other]))

    @rule(
        page=st.sampled_from([Fault(status=416), Fault(status=403), Fault(body=b"<html>login</html>", no_ranges=True)])
    )
    def answer_with_something_else(self, page: Fault) -> None:
        self.serve(lambda _number, _headers: page)
        assert self.attempt() != "done" or self.destination.exists()

    @rule(offset=OFFSETS)
    def rot(self, offset: int) -> None:
        """Only what was hashed is protected on an unpinned file, so that is what rots."""
        for slot in (Shelf.of(self.spec, self.once.downloads).first, Shelf.of(self.spec, self.once.downloads).second):
            state = slot.read()
            if self.pinned or state.front:
                position = offset if self.pinned else offset % state.front
                if slot.path.exists() and position < slot.path.stat().st_size:
                    with slot.path.open("r+b") as stream:
                        stream.seek(position)
                        stream.write(b"\x00rot")

    @rule(keep=st.integers(0, 300))
    def spoil_the_sidecar(self, keep: int) -> None:
        for sidecar in self.once.downloads.glob("*.json"):
            sidecar.write_bytes(sidecar.read_bytes()[:keep])

    @rule()
    def remove_the_result(self) -> None:
        self.destination.unlink(missing_ok=True)

    @rule()
    def try_in_peace(self) -> None:
        """With an honest host there is always a way to the end; a pinned file's only while it serves that file."""
        self.serve()
        code = self.attempt()
        if not self.pinned or self.version == 0:
            assert code == "done"
        else:
            assert code in {"done", "download-hash-mismatch", "download-source-changed"}

    @invariant()
    def the_name_never_holds_anything_else(self) -> None:
        if hasattr(self, "destination") and self.destination.exists():
            digest = sha256(self.destination.read_bytes())
            assert digest == self.spec.sha256 if self.pinned else digest in self.served

    def teardown(self) -> None:
        if hasattr(self, "server"):
            self.server.__exit__()
            shutil.rmtree(self.folder)


TestResume = Resume.TestCase
TestResume.settings = settings(
    max_examples=30, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
