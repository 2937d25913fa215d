"""The web UI's own cache of hashes, told beforehand what foxup has already read."""

from __future__ import annotations

import json
from collections.abc import Mapping

from foxup.paths import Layout
from foxup.step import SeedHashes
from foxup.system import files


def seed(action: SeedHashes, layout: Layout, known: Mapping[str, str]) -> str:
    """Write the cache file the web UI imports at its first start; return its hash. Raises FoxupError, OSError.

    `known` holds hashes by the path inside the install. The web UI trusts an entry while the file is not newer than
    `mtime` (modules/hashes.py of v1.10.1), seconds since 1970.
    """
    cache = files.HashCache(layout.state / "hashes.json")
    entries = {}
    for key, path in action.checkpoints:
        if path.is_file():
            sha256 = known.get(path.relative_to(layout.root).as_posix()) or cache.sha256(path)
            entries[key] = {"mtime": path.stat().st_mtime, "sha256": sha256}
    content = json.dumps({"hashes": entries}, indent=4).encode()
    files.write_atomic(action.path, content, scratch=layout.scratch)
    return files.sha256_bytes(content)
