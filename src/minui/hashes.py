"""sha256 of model files with A1111's cache rule: reused while the file is not newer than when it was hashed.

Kept in cache/hashes.json. A cache.json beside it is taken over once, when cache/ does not exist yet (modules/cache.py).
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BLOCK = 1 << 20


def sha256_of(file: str | Path) -> str:
    """Hex digest of a whole file."""
    digest = hashlib.sha256()
    with open(file, "rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def old_hash(file: str | Path) -> str:
    """The former eight-digit model hash: 64 KiB at 1 MiB; ``NOFILE`` when there is no file."""
    try:
        with open(file, "rb") as stream:
            stream.seek(0x100000)
            return hashlib.sha256(stream.read(0x10000)).hexdigest()[:8]
    except FileNotFoundError:
        return "NOFILE"


class HashCache:
    """Digests by title such as ``checkpoint/name.safetensors``; all VAEs share the title ``vae``."""

    def __init__(self, data: Path, environ: Mapping[str, str], *, hashing: bool = True) -> None:
        self._folder = Path(environ.get("SD_WEBUI_CACHE_DIR", str(data / "cache")))
        self._import = Path(environ.get("SD_WEBUI_CACHE_FILE", str(data / "cache.json")))
        self._hashing = hashing
        self._lock = threading.Lock()
        self._entries: dict[str, dict[str, Any]] | None = None

    @property
    def _file(self) -> Path:
        return self._folder / "hashes.json"

    def _load(self) -> dict[str, dict[str, Any]]:
        if self._entries is None:
            first_time = not self._folder.exists()
            self._entries = self._imported() if first_time else self._read(self._file)
            if first_time and self._entries:
                self._save()
        return self._entries

    def _imported(self) -> dict[str, dict[str, Any]]:
        found = self._read(self._import).get("hashes", {})
        return found if isinstance(found, dict) else {}

    @staticmethod
    def _read(file: Path) -> dict[str, Any]:
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _save(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(self._entries, indent=1), encoding="utf-8")
        temporary.replace(self._file)

    def cached(self, file: str | Path, title: str) -> str | None:
        """Digest known under ``title`` if the file is not newer than it; None otherwise."""
        with self._lock:
            entry = self._load().get(title)
        try:
            changed = os.path.getmtime(file)
        except FileNotFoundError:
            return None
        if entry is None or changed > entry.get("mtime", 0):
            return None
        return entry.get("sha256")

    def sha256(self, file: str | Path, title: str) -> str | None:
        """Digest from the cache, else computed and stored; None with ``--no-hashing`` and nothing cached."""
        known = self.cached(file, title)
        if known is not None or not self._hashing:
            return known
        digest = sha256_of(file)
        print(f"Calculating sha256 for {file}: {digest}", flush=True)
        with self._lock:
            self._load()[title] = {"mtime": os.path.getmtime(file), "sha256": digest}
            self._save()
        return digest
