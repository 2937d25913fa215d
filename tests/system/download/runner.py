"""Fetches one file in a process of its own, to be killed: python runner.py '{"url": ..., "downloads": ..., ...}'."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from foxup.errors import FoxupError
from foxup.step import FileSpec, Source
from foxup.system.download import DownloadContext, Limits, fetch


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def main() -> None:
    wish = json.loads(sys.argv[1])
    if wish.get("file_size_limit"):
        _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (wish["file_size_limit"], hard))
    limits = Limits(
        connect_timeout=2, stall=1, backoff=0.01, longest_backoff=0.05, retries=4, save_every=0.02, sample=0.05
    )
    context = DownloadContext(Path(wish["downloads"]), limits=limits)
    spec = FileSpec("a-file", "file.bin", "other", (Source(wish["url"]),), wish.get("size"), wish.get("sha256"))
    say("started")
    try:
        fetch(spec, Path(wish["destination"]), context=context)
    except FoxupError as error:
        say(error.code)
        sys.exit(1)
    say("done")


main()
