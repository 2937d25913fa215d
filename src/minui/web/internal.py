"""Ping, system information, memory, and stopping the server."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse, Response

from minui import VERSION_TEXT, errors
from minui.context import WebUi
from minui.startup import commit_hash
from minui.web.answers import Call

SHOWN_ENVIRONMENT = frozenset(
    {
        "GIT",
        "INDEX_URL",
        "WEBUI_LAUNCH_LIVE_OUTPUT",
        "GRADIO_ANALYTICS_ENABLED",
        "PYTHONPATH",
        "TORCH_INDEX_URL",
        "TORCH_COMMAND",
        "REQS_FILE",
        "XFORMERS_PACKAGE",
        "COMMANDLINE_ARGS",
        "CUDA_VISIBLE_DEVICES",
        "IGNORE_CMD_ARGS_ERRORS",
    }
)
"""Variables that the system information shows (upstream shows COMMANDLINE_ARGS with passwords in clear)."""
SECRET_OPTIONS = ("--api-auth", "--gradio-auth")


def ping(_call: Call) -> Any:
    """The server is up; says nothing about the model."""
    return {}


def _hidden(words: list[str]) -> list[str]:
    """Arguments with passwords replaced; those from COMMANDLINE_ARGS are cut off by the caller."""
    shown, hide = [], False
    for word in words:
        name, sign, _ = word.partition("=")
        shown.append("<hidden>" if hide else f"{name}=<hidden>" if name in SECRET_OPTIONS and sign else word)
        hide = word in SECRET_OPTIONS
    return shown


def _cpu() -> dict[str, Any]:
    count = os.cpu_count()
    return {"model": platform.processor(), "count logical": count, "count physical": count}


def sysinfo(call: Call) -> Any:
    """Short system information under upstream's keys."""
    web = call.web
    packages = sorted({f"{one.metadata['Name']}=={one.version}" for one in importlib.metadata.distributions()})
    return {
        "Platform": platform.platform(),
        "Python": platform.python_version(),
        "Version": VERSION_TEXT,
        "Commit": commit_hash(web.paths.code),
        "Script path": str(web.paths.code),
        "Data path": str(web.paths.data),
        "Extensions dir": str(web.paths.extensions),
        "Commandline": _hidden(sys.argv),
        "Exceptions": errors.records(),
        "CPU": _cpu(),
        "RAM": memory_of_this_process(),
        "Extensions": [],
        "Inactive extensions": [],
        "Environment": {key: os.environ[key] for key in sorted(os.environ) if key in SHOWN_ENVIRONMENT},
        "Config": web.options.data,
        "Packages": packages,
    }


def memory_of_this_process() -> dict[str, Any]:
    """Bytes used by this process, and the machine's total."""
    try:
        import psutil

        process = psutil.Process(os.getpid())
        used = process.memory_info().rss
        total = 100 * used / process.memory_percent()
    except (ImportError, OSError, ZeroDivisionError) as error:
        return {"error": str(error)}
    return {"free": total - used, "used": used, "total": total}


def memory(_call: Call) -> Any:
    """GET /sdapi/v1/memory."""
    return {"ram": memory_of_this_process(), "cuda": {"error": "unavailable"}}


def server_kill(_call: Call) -> Any:
    """End the process at once."""
    os._exit(0)


def server_stop(call: Call) -> Any:
    """Ask the main thread to end."""
    call.web.state.command("stop")
    return Response("Stopping.")


def request_restart(web: WebUi) -> bool:
    """Leave the mark that webui.sh/.bat start again for; False if none of them started this process."""
    if not os.environ.get("SD_WEBUI_RESTART"):
        return False
    web.paths.temporary.mkdir(parents=True, exist_ok=True)
    Path(web.paths.temporary / "restart").touch()
    return True


def server_restart(call: Call) -> Any:
    """Start again through webui.sh/.bat; 501 when they are not there."""
    if request_restart(call.web):
        os._exit(0)
    return JSONResponse(None, 501)
