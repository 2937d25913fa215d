"""A small world with everything an install takes: a repository, an index of packages, a server with model files."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from tests.wheels import wheel

MODEL = b"weights " * 60_000
PICTURE = Image.effect_noise((64, 64), 40).convert("RGB")
EXTRA = b"a file whose publisher names no hash\n" * 500


@dataclass
class World:
    """The folder of it, its profile and its server; `close` takes the network away."""

    root: Path
    profile: Path
    commit: str
    server: http.server.ThreadingHTTPServer
    said: dict = field(default_factory=dict)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.root / "remote")

    def foxup(self, *arguments: str | Path, code: int = 0, netless: bool = False) -> dict:
        """Run the real command and return its JSON document."""
        command = [sys.executable, "-m", "foxup", *map(str, arguments), "--json"]
        if netless:
            command = ["unshare", "--net", "--map-root-user", *command]
        environ = {**os.environ, "FOXUP_CONFIG": str(self.root / "config.toml"), "PIP_CONFIG_FILE": os.devnull}
        environ.pop("PIP_FIND_LINKS", None)
        done = subprocess.run(command, env=environ, cwd=self.root, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def world(tmp_path: Path):
    yield from build(tmp_path)


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory) -> Iterator[World]:
    """A bundle, its world without a network any more, and what making it said."""
    for made in build(tmp_path_factory.mktemp("world")):
        made.said = made.foxup("bundle", "--profile", made.profile, "--out", made.root / "all.foxup")
        made.close()
        yield made


def build(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "served").mkdir()
    handler = functools.partial(Quiet, directory=str(tmp_path / "served"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "served" / "model.bin").write_bytes(MODEL)
    (tmp_path / "served" / "extra.bin").write_bytes(EXTRA)
    PICTURE.save(tmp_path / "served" / "fox.png")
    commit = remote(tmp_path / "remote")
    profile = write_profile(tmp_path, f"http://127.0.0.1:{server.server_port}", commit)
    made = World(tmp_path, profile, commit, server)
    yield made
    server.shutdown()
    server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files and, as package indexes, listings of folders."""

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def remote(path: Path) -> str:
    """Make a repository of three commits and return the second."""
    path.mkdir()
    git(path, "init", "-q", "-b", "master")
    commits = []
    for number in range(3):
        (path / "launch.py").write_text(f"print({number})\n")
        (path / "pictures").mkdir(exist_ok=True)
        (path / "pictures" / "demo.bin").write_bytes(os.urandom(1000))
        git(path, "add", "-A")
        git(path, "commit", "-qm", str(number))
        commits.append(git(path, "rev-parse", "HEAD"))
    git(path, "tag", "v1.0", commits[1])
    git(path, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(path, "config", "uploadpack.allowFilter", "true")
    return commits[1]


def git(path: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    return subprocess.run(
        ["git", *who, *arguments], cwd=path, check=True, capture_output=True, text=True
    ).stdout.strip()


def write_profile(root: Path, address: str, commit: str) -> Path:
    """Write a profile with a repository, two packages and two files; the index and the repository are mirrored."""
    plain = wheel(root / "served" / "simple", "plain", "1.0")
    wheel(root / "served" / "special", "torch", "9.9+test")
    (root / "packages.txt").write_text(f"plain==1.0 \\\n    --hash=sha256:{plain}\n")
    (root / "torch.txt").write_text("# No hashes: only the index below has it\ntorch==9.9+test\n")
    (root / "config.toml").write_text(
        f'[mirrors]\npackage_index = "{address}/simple"\nfiles = {{ "https://models.example" = "{address}" }}\n'
        f'git = {{ "https://git.example/webui.git" = "{root / "remote"}" }}\n'
    )
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    profile = root / "small.toml"
    profile.write_text(
        f"""schema = 1
name = "small"
title.en = "A small world"
title.ru = "Маленький мир"
[requirements]
hardware = "none"
disk_gib = 0.1
ram_mib = 100
[webui]
kind = "git"
name = "webui"
version = "1.0"
[[webui.repositories]]
name = "webui"
commit = "{commit}"
tag = "v1.0"
leave_out = ["pictures"]
sources = [{{url = "https://git.example/webui.git", name = "Example"}}]
[python]
requires = "=={version}.*"
provision = "{version}"
[packages]
requirements = "packages.txt"
lock = "packages.txt"
torch_lock = "torch.txt"
torch_version = "9.9"
download_bytes = 1000
disk_bytes = 1000
[[packages.torch]]
when = "always"
lock = "torch.txt"
index = "{address}/special"
title.en = "torch"
title.ru = "torch"
download_bytes = 1000
[[files]]
id = "model"
kind = "other"
title.en = "Model"
title.ru = "Модель"
destination = "models/Stable-diffusion/model.bin"
sources = [{{url = "https://models.example/model.bin"}}]
size = {len(MODEL)}
sha256 = "{hashlib.sha256(MODEL).hexdigest()}"
[[files]]
id = "extra"
kind = "other"
title.en = "Extra"
title.ru = "Ещё"
destination = "models/VAE/extra.bin"
sources = [{{url = "https://models.example/extra.bin"}}]
unpinned_reason = "the publisher names no hash"
[[references]]
id = "fox"
title.en = "Fox"
title.ru = "Лиса"
prompt = "fox"
steps = 1
sampler = "Euler"
cfg_scale = 7.0
seed = 1
width = 64
height = 64
checkpoint = "model.bin"
vae = "extra.bin"
picture = "https://models.example/fox.png"
""",
        encoding="utf-8",
    )
    return profile
