"""What happens before the server: identity lines, checks, settings file (A1111 v1.10.1 modules/launch_utils.py).

minui's environment is made by the installer; nothing is installed or cloned here.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from minui import VERSION_TEXT, paths
from minui.flags import INSTALL_ONLY
from minui.options import read_or_set_aside

OLDEST_PYTHON = (3, 11)
UNKNOWN_COMMIT = "<none>"


@cache
def commit_hash(code: Path) -> str:
    """Commit of the folder, ``<none>`` where git does not answer."""
    command = [os.environ.get("GIT") or "git", "-C", str(code), "rev-parse", "HEAD"]
    try:
        return subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL, timeout=20).strip()
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN_COMMIT


def check_python() -> None:
    """Warn when this Python is older than what minui is written for."""
    if sys.version_info < OLDEST_PYTHON:
        print(
            "INCOMPATIBLE PYTHON VERSION\n"
            f"minui needs Python 3.11 or newer, but you have {platform.python_version()}.\n"
            "Use --skip-python-version-check to suppress this warning.",
            file=sys.stderr,
        )


def check_torch() -> None:
    """Ask a child process whether torch can use a GPU. Raises RuntimeError in upstream's words."""
    code = "import torch; assert torch.cuda.is_available()"
    if subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode != 0:
        raise RuntimeError(
            "Torch is not able to use GPU; "
            "add --skip-torch-cuda-test to COMMANDLINE_ARGS variable to disable this check"
        )


def prepare(code: Path, flags: argparse.Namespace, argv: Sequence[str]) -> None:
    """Identity lines and checks; ends the process after them when ``--exit`` is among the arguments."""
    restarting = code / "tmp" / "restart"
    if restarting.exists():
        with contextlib.suppress(OSError):
            restarting.unlink()
        os.environ.setdefault("SD_WEBUI_RESTARTING", "1")
    if not flags.skip_python_version_check:
        check_python()
    print(f"Python {sys.version}")
    print(f"Version: {VERSION_TEXT}")
    print(f"Commit hash: {commit_hash(code)}", flush=True)
    if not flags.skip_torch_cuda_test:
        check_torch()
    if INSTALL_ONLY in argv:
        print("Exiting because of --exit argument")
        sys.exit(0)


def list_extensions(code: Path, flags: argparse.Namespace) -> None:
    """Read the settings file first of all, as listing extensions does upstream: a broken one is noticed here."""
    read_or_set_aside(flags.ui_settings_file, paths.from_flags(code, flags))


def announce(argv: Sequence[str]) -> None:
    """The line that says with which arguments the server starts."""
    what = "API server" if "--nowebui" in argv else "Web UI"
    print(f"Launching {what} with arguments: {shlex.join(argv)}", flush=True)
