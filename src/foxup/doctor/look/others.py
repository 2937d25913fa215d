"""What else bears on an install: extensions, port, running server, tokenizer cache, network."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from foxup import launch
from foxup.components import launch_script
from foxup.components.launch_script import Options
from foxup.doctor.state import Extension, Port, Running
from foxup.doctor.texts import knowledge
from foxup.paths import Layout
from foxup.profile import Profile
from foxup.system import files, network, pip_config
from foxup.system.parallel import gather

_REMOTE = re.compile(r'^\[remote "origin"\]\s*$(?:\n(?!\[).*)*?\n\s*url\s*=\s*(\S+)', re.MULTILINE)
_FLAG = re.compile(r"add_argument\(\s*['\"]--([\w-]+)['\"]")
_STARTED = b"Startup time:"
_WAIT_S = 8.0
_DEFAULT_PORT = 7860
_INDEX = "https://pypi.org/simple"


def extensions(layout: Layout) -> dict[str, Any]:
    """Return the extensions with the address they came from and the options they add."""
    folder = layout.root / "extensions"
    found = [_extension(path) for path in sorted(folder.iterdir()) if path.is_dir()] if folder.is_dir() else []
    return {"extensions": tuple(found)}


def port(layout: Layout) -> dict[str, Any]:
    """Return the port the web UI will ask for and whether another program has it."""
    script = files.read_bytes(layout.launch_script)
    groups = Options.of(launch_script.current_arguments(script, windows=layout.windows)).groups
    asked = next((group[1] for group in groups if group[0] == "--port" and group[1:] and group[1].isdigit()), None)
    number = int(asked) if asked else _DEFAULT_PORT
    server = launch.running_server(layout)
    ours = server is not None and server.port == number
    return {"port": Port(number, asked is not None, not ours and 0 < number < 65536 and network.listening(number))}


def running(layout: Layout) -> dict[str, Any]:
    """Return the web UI that runs. It is asked only after it has started: a request before that would end it."""
    server = launch.running_server(layout)
    if server is None:
        return {"running": None}
    started = _STARTED in (files.read_bytes(server.log) or b"")
    folder = layout.root / "extensions"
    paths = [path for path in sorted(folder.iterdir()) if path.is_dir()] if folder.is_dir() else []
    newer = tuple(path.name for path in paths if path.stat().st_mtime > server.who.started)
    return {"running": Running(server.url, server.api.ping() if started else None, newer)}


def tokenizer(layout: Layout, profile: Profile) -> dict[str, Any]:
    """Return whether the tokenizer lies in Hugging Face's cache, where the web UI would fetch it from the network."""
    if profile.webui.kind == "embedded":
        return {"tokenizer": None}
    script = launch_script.all_variables(files.read_bytes(layout.launch_script), windows=layout.windows)
    home = script.get("HF_HOME") or os.environ.get("HF_HOME") or str(Path.home() / ".cache" / "huggingface")
    folder = Path(home).expanduser() / "hub" / "models--openai--clip-vit-large-patch14"
    if not folder.is_dir():
        return {"tokenizer": "missing"}
    name = (files.read_bytes(folder / "refs" / "main") or b"").decode("ascii", "replace")
    whole = bool(name) and all((folder / "snapshots" / name / item).exists() for item in knowledge().tokenizer_files)
    return {"tokenizer": "ok" if whole else "damaged"}


def network_answers(profile: Profile) -> dict[str, Any]:
    """Return which of the hosts the profile fetches from answer now."""
    index = (pip_config.read().get("index-url") or _INDEX).rstrip("/")
    urls = {_host(index): f"{index}/pip/"}
    sources = [item.sources[0] for item in profile.webui.repositories]
    sources += [item.sources[0] for item in profile.files]
    for source in sources:
        if source.url.startswith("http"):
            urls.setdefault(_host(source.url), f"https://{_host(source.url)}/")
    answers = gather({host: _asks(url) for host, url in urls.items()}, _WAIT_S + 1)
    return {"network": {host: bool(answer.value) for host, answer in answers.items()}}


def _asks(url: str) -> Any:
    return lambda: network.answers(url, _WAIT_S)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _extension(path: Path) -> Extension:
    config = (files.read_bytes(path / ".git" / "config") or b"").decode("utf-8", "replace")
    hit = _REMOTE.search(config)
    code = (files.read_bytes(path / "preload.py") or b"").decode("utf-8", "replace")
    return Extension(path.name, hit[1] if hit else None, tuple(_FLAG.findall(code)))
