"""One download by foxup or huggingface_hub in a process of its own, to be measured: python client.py TOOL URL FOLDER SHA256."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def by_foxup(url: str, folder: Path, sha256: str) -> None:
    from foxup.step import FileSpec, Source
    from foxup.system.download import DownloadContext, Limits, fetch

    limits = Limits(backoff=0.05)
    spec = FileSpec("f", "f.bin", "other", (Source(url),), None, sha256)
    fetch(spec, folder / "f.bin", context=DownloadContext(folder / "downloads", limits=limits))


def by_hub(url: str, folder: Path, _sha256: str) -> None:
    endpoint, _slash, _path = url.removeprefix("http://").partition("/")
    os.environ["HF_HUB_DISABLE_XET"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    from huggingface_hub import hf_hub_download

    hf_hub_download("a/b", "f.bin", endpoint=f"http://{endpoint}", local_dir=folder)


{"foxup": by_foxup, "huggingface_hub": by_hub}[sys.argv[1]](sys.argv[2], Path(sys.argv[3]), sys.argv[4])
