"""Make the reference picture of nai-cpu again, after the tiny checkpoint changed.

    FOXUP_CONFIG=… python tests/nai/make_reference.py FOLDER

FOLDER holds (or gets) an install of nai-cpu. The real web UI draws the picture there; it replaces the one that ships
with the profile, and its hash in the profile.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

PROFILES = Path(__file__).parents[2] / "profiles"


def main(folder: str) -> None:
    """Install, generate, store picture and hash."""
    foxup = [sys.executable, "-m", "foxup"]
    install = [*foxup, "install", "--profile", "nai-cpu", "--dir", folder, "--yes", "--no-verify", "--quiet"]
    subprocess.run(install, check=True)
    asked = subprocess.run([*foxup, "verify", "--dir", folder, "--json"], check=False, capture_output=True, text=True)
    generated = json.loads(asked.stdout)["data"]["generated"]
    picture = Path(generated).read_bytes()
    target = PROFILES / "nai-cpu" / "references" / "fox.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(picture)
    profile = PROFILES / "nai-cpu.toml"
    pinned = f'picture_sha256 = "{hashlib.sha256(picture).hexdigest()}"'
    text, count = re.subn(r'^picture_sha256 = ".*"$', pinned, profile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert count == 1, "one reference with a picture is expected"
    profile.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
