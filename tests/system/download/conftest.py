from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from servers import FaultServer, serving, sha256

from foxup.step import FileSpec, Source
from foxup.system.download import DownloadContext, Limits

if TYPE_CHECKING:
    from pathlib import Path

QUICK = Limits(
    connect_timeout=2.0,
    stall=1.0,
    backoff=0.01,
    longest_backoff=0.05,
    longest_retry_after=1.0,
    retries=4,
    save_every=0.05,
)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch) -> None:
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ):
        monkeypatch.delenv(name, raising=False)


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serving() as running:
        yield running


@pytest.fixture
def context(tmp_path: Path) -> DownloadContext:
    return DownloadContext(tmp_path / "downloads", limits=QUICK, memory=tmp_path / "speeds.json")


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    return tmp_path / "models" / "file.bin"


Specify = Callable[..., FileSpec]


@pytest.fixture
def specify() -> Specify:
    def make(*urls: str, body: bytes | None = None, kind: str = "other", name: str = "file.bin", **fields) -> FileSpec:
        if body is not None:
            fields = {"size": len(body), "sha256": sha256(body), **fields}
        return FileSpec("a-file", name, kind, tuple(Source(url) for url in urls), **fields)

    return make
