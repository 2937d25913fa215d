"""Ask the web UI's own Python what torch it has and whether it computes. foxup itself never imports torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foxup.system import commands

_TIMEOUT_S = 300.0
_SCRIPT = """
import json, sys

said = {"errors": {}}


def ask(name, question):
    try:
        said[name] = question()
    except Exception as error:
        said["errors"][name] = f"{type(error).__name__}: {error}"


def version():
    import torch

    said["cuda"], said["hip"] = torch.version.cuda, getattr(torch.version, "hip", None)
    return str(torch.__version__)


def device():
    import torch

    if sys.argv[1] == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        said["name"], said["capability"] = torch.cuda.get_device_name(0), list(torch.cuda.get_device_capability(0))
        return "cuda"
    if getattr(torch.backends, "mps", None) and torch.backends.mps.is_available():
        return "mps"
    import intel_extension_for_pytorch

    torch.xpu.current_device()
    return "xpu"


def product():
    \"\"\"Small whole numbers: every format that holds them must give exactly the same.\"\"\"
    import torch

    one = (torch.arange(64 * 64) % 3).reshape(64, 64)
    for kind in (torch.float32,) if said["device"] == "cpu" else (torch.float32, torch.float16):
        there = one.to(said["device"], kind)
        if not torch.equal((there @ there).cpu().long(), one @ one):
            return False
    return True


def xformers():
    import xformers.ops

    return xformers.__version__


ask("torch", version)
if "torch" in said:
    ask("device", device)
    if "device" in said:
        ask("product", product)
    if sys.argv[2] == "xformers":
        ask("xformers", xformers)
print(json.dumps(said))
"""


def ask(python: Path, *, cpu: bool, xformers: bool, environment: Mapping[str, str], cwd: Path) -> dict[str, Any]:
    """Return `torch`, `cuda`, `hip`, `device`, `name`, `capability`, `product`, `xformers`; `errors` by the same names.

    `product` tells whether a multiplication of matrices gave the right numbers there. Raises FoxupError.
    """
    words: list[str | Path] = [python, "-I", "-c", _SCRIPT, "cpu" if cpu else "gpu", "xformers" if xformers else "-"]
    done = commands.run(words, cwd=cwd, env=commands.clean_environment(environment), timeout=_TIMEOUT_S)
    try:
        said = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        said = None
    return said if isinstance(said, dict) else {"errors": {"torch": done.stderr.strip() or f"exit code {done.rc}"}}
