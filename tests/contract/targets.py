"""The web UIs under test: minui from this repository, and a real AUTOMATIC1111 where one is named in the environment."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from .client import Client

REPOSITORY = Path(__file__).resolve().parents[2]
FLAGS = (
    "--skip-torch-cuda-test",
    "--skip-prepare-environment",
    "--no-download-sd-model",
    "--no-half",
    "--use-cpu",
    "all",
    "--api",
)
START_SECONDS = 180
"""A1111 needs 12 to 15 s on two idle cores, most of it importing torch."""
CALLERS = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "COMMANDLINE_ARGS")
"""Variables of the caller that must not leak into a web UI."""
OWN = {"HF_HUB_OFFLINE": "1", "SD_WEBUI_RESTARTING": "1", "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
"""No network, no browser, console lines at once; one thread, since a tiny model gains nothing from more and a busy machine
loses minutes when threads wait for one another."""


@dataclass(frozen=True)
class Models:
    """The checkpoint and the separate VAE every target gets."""

    folder: Path

    @property
    def checkpoint(self) -> Path:
        """The only checkpoint."""
        (found,) = (self.folder / "Stable-diffusion").glob("*.safetensors")
        return found

    @property
    def vae(self) -> Path:
        """The only separate VAE."""
        (found,) = (self.folder / "VAE").glob("*.safetensors")
        return found


def find_models() -> Models | None:
    """FOXUP_CONTRACT_MODELS, else the models of the smoke profile."""
    named = os.environ.get("FOXUP_CONTRACT_MODELS")
    if named:
        return Models(Path(named))
    found = sorted((REPOSITORY / "profiles" / "smoke").glob("**/Stable-diffusion"))
    return Models(found[0].parent) if found else None


@dataclass(frozen=True)
class Target:
    """One web UI that can be laid out and started.

    ``source`` is the folder to lay out from (A1111) or None (minui), ``python`` the interpreter of its environment.
    """

    name: str
    python: Path
    source: Path | None = None

    def lay_out(self, folder: Path, models: Models) -> None:
        """Make an install of its own in folder: code, tmp/, models, no config.json."""
        if self.source is None:
            code = REPOSITORY / "src" / "minui"
            shutil.copytree(code / "templates", folder)
            shutil.copytree(code, folder / "minui", ignore=shutil.ignore_patterns("templates", "__pycache__"))
        else:
            _clone(self.source, folder)
        (folder / "tmp").mkdir(exist_ok=True)
        shutil.copytree(models.folder, folder / "models", dirs_exist_ok=True)


def _clone(source: Path, folder: Path) -> None:
    """The code at the source's commit; environment and repositories are shared by links."""
    subprocess.run(
        ["git", "-c", "advice.detachedHead=false", "clone", "--quiet", "--shared", source, folder],
        check=True,
        timeout=60,
    )
    for shared in ("venv", "repositories"):
        (folder / shared).symlink_to((source / shared).resolve())


def minui_target() -> Target | None:
    """minui with FOXUP_MINUI_PYTHON, else with this interpreter if it has torch."""
    named = os.environ.get("FOXUP_MINUI_PYTHON")
    if named:
        return Target("minui", Path(named))
    return Target("minui", Path(sys.executable)) if find_spec("torch") else None


def a1111_target() -> Target | None:
    """The install in FOXUP_A1111_DIR."""
    named = os.environ.get("FOXUP_A1111_DIR")
    if not named:
        return None
    scripts = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
    return Target("a1111", Path(named) / "venv" / scripts, Path(named))


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A started web UI: its process, console and folder."""

    def __init__(self, target: Target, folder: Path, *arguments: str, environ: Mapping[str, str] | None = None) -> None:
        self.target, self.folder, self.port = target, folder, free_port()
        self.console_path = folder / "console.log"
        flags = arguments if "--port" in arguments else (*arguments, "--port", str(self.port))
        inherited = {key: value for key, value in os.environ.items() if key not in CALLERS}
        with self.console_path.open("wb") as console:
            self.process = subprocess.Popen(
                [target.python, "launch.py", *FLAGS, *flags],
                cwd=folder,
                env={**inherited, **OWN, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.client = Client(f"http://127.0.0.1:{self.port}")

    @property
    def console(self) -> str:
        """Everything printed so far."""
        return self.console_path.read_text(encoding="utf-8", errors="replace")

    def wait_api(self) -> None:
        """Wait until the API routes exist.

        Only the console is watched: a request that reaches v1.10.1 before it prints "Startup time:" makes it crash
        (RuntimeError "Cannot add middleware after an application has started", observed at 10 polls a second).
        """
        deadline = time.monotonic() + START_SECONDS
        while "\nStartup time: " not in self.console:
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.console[-3000:]}"
            assert time.monotonic() < deadline, f"not started within {START_SECONDS} s:\n{self.console[-3000:]}"
            time.sleep(0.1)

    def wait_end(self, seconds: float = START_SECONDS) -> int:
        """Exit code of a process that is expected to end by itself."""
        return self.process.wait(timeout=seconds)

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(timeout=10)
