"""Start the web UI, know when it is really ready, stop it without orphans.

It is started by its environment's own Python, not through its shell scripts: those wait for a key at their end and
give no usable exit code. Arguments and variables come from the launch script, so that it runs as when started by hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from foxup.apply import end_orphan
from foxup.components import launch_script
from foxup.components.launch_script import Options
from foxup.errors import FoxupError
from foxup.i18n import _
from foxup.paths import Layout
from foxup.system import commands, files, network, processes, text
from foxup.system.processes import Identity
from foxup.system.webui_api import WebuiApi

if TYPE_CHECKING:
    from foxup.system.commands import Process

_POLL_S = 0.25
_READY_TIMEOUT_S = 600.0
_NOT_ON_PRIVATE = {
    "--port", "--listen", "--share", "--server-name", "--nowebui", "--autolaunch", "--api-auth", "--gradio-auth",
    "--gradio-auth-path", "--ngrok", "--ui-settings-file", "--tls-keyfile", "--tls-certfile", "--subpath",
}  # fmt: skip
_STARTED = b"Startup time:"
_started: list[Process] = []
"""Kept so that an ended server is reaped and one that outlives foxup is left in peace."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running web UI of one install. `private` ones were started by foxup for itself."""

    url: str
    port: int
    who: Identity
    log: Path
    private: bool = False

    @property
    def api(self) -> WebuiApi:
        """A client for it."""
        return WebuiApi(self.url)


@dataclass(frozen=True, slots=True)
class Start:
    """How to start: `settings` is another settings file than the install's own, `extra` are further arguments."""

    port: int | None = None
    private: bool = False
    settings: Path | None = None
    extra: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def start(layout: Layout, how: Start) -> Server:
    """Start the web UI and return at once. Raises FoxupError (`not-installed`, `port-taken`, `already-running`)."""
    if not (layout.root / "launch.py").is_file() or not layout.environment_python.exists():
        raise not_installed(layout)
    running = None if how.private else running_server(layout)
    if running:
        raise FoxupError(
            "already-running", _("The web UI already runs at {url}.").format(url=running.url), hint="foxup stop"
        )
    script = files.read_bytes(layout.launch_script)
    written = launch_script.current_arguments(script, windows=layout.windows)
    port = _port(written, how)
    log = layout.logs / ("webui-private.log" if how.private else "webui.log")
    _rotate(log)
    process = commands.start(
        [layout.environment_python, "launch.py", *_arguments(how, port)],
        output=log,
        cwd=layout.root,
        env=_environment(script, written, layout, how),
    )
    _started.append(process)
    who = processes.identity(process.pid) or Identity(process.pid, 0.0)
    server = Server(f"http://127.0.0.1:{port}", port, who, log, how.private)
    _remember(layout, server)
    return server


def wait_answering(
    server: Server, *, timeout_s: float = _READY_TIMEOUT_S, tell: Callable[[str], None] | None = None
) -> None:
    """Wait for the log's word that it started, then for the API. Nothing is generated: others may be using it.

    Nothing is asked over HTTP before the line `Startup time:`: measured on v1.10.1, a request between binding the port
    and adding the API's routes ends the start with "Cannot add middleware after an application has started".
    Raises FoxupError: `webui-crashed` with the log's last words, `webui-not-ready`.
    """
    deadline = time.monotonic() + timeout_s
    _until(server, deadline, lambda: _STARTED in (files.read_bytes(server.log) or b""), tell, _("starting the web UI"))
    _until(server, deadline, server.api.ping, None, "")
    _until(server, deadline, lambda: _answers(server.api), None, "")


def wait_ready(
    server: Server, *, timeout_s: float = _READY_TIMEOUT_S, tell: Callable[[str], None] | None = None
) -> None:
    """Wait until it answers and has really loaded a model, shown by a tiny generation.

    Raises FoxupError: those of `wait_answering`, `model-not-loaded`.
    """
    deadline = time.monotonic() + timeout_s
    wait_answering(server, timeout_s=timeout_s, tell=tell)
    if tell:
        tell(_("waiting for the checkpoint to load"))
    request = {"prompt": "", "steps": 1, "width": 64, "height": 64, "seed": 1, "save_images": False}
    try:
        server.api.generate("txt2img", request, timeout_s=max(1.0, deadline - time.monotonic()))
    except FoxupError as error:
        if not processes.alive(server.who):
            raise crashed(server) from None
        raise _not_loaded(server, error) from None


def stop(layout: Layout, server: Server, *, grace_s: float = 10.0) -> None:
    """End the web UI: by its own route, then by force with everything it started."""
    server.api.stop()
    deadline = time.monotonic() + grace_s
    while processes.alive(server.who) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    processes.kill_tree(server.who)
    _started[:] = [process for process in _started if process.poll() is None]
    files.remove(_record(layout, private=server.private))


def running_server(layout: Layout) -> Server | None:
    """Return the web UI that `start` left running in this install, if it still does."""
    known = files.read_json(_record(layout, private=False))
    if not isinstance(known, dict):
        return None
    who = Identity(int(known["pid"]), float(known["started"]))
    if not processes.alive(who):
        files.remove(_record(layout, private=False))
        return None
    return Server(f"http://127.0.0.1:{known['port']}", int(known["port"]), who, Path(known["log"]))


def refuse_while_open(layout: Layout) -> None:
    """Raise FoxupError (`webui-running`) while a web UI of this install runs, whoever started it.

    It writes its settings whole at every change of one of them, and on Windows its packages cannot be replaced. The
    caller holds the install's lock: one that a killed foxup left behind for itself is ended.
    """
    end_orphan(layout)
    ours = running_server(layout)
    if ours or processes.at_work_in(layout.root, "launch.py"):
        raise FoxupError(
            "webui-running",
            _("The web UI runs in {path}; what is changed under its hands it would write over.").format(
                path=layout.root
            ),
            hint=f"foxup stop --dir {layout.root}"
            if ours
            else _("Close its console window, then run the same command again."),
        )


def not_installed(layout: Layout) -> FoxupError:
    """Say that there is no web UI in the folder."""
    return FoxupError(
        "not-installed",
        _("There is no complete web UI in {path}.").format(path=layout.root),
        hint=f"foxup install --dir {layout.root}",
    )


def crashed(server: Server) -> FoxupError:
    """Say that the web UI ended by itself: why, when the log tells of known trouble, else the log's last words."""
    from foxup import signatures

    known = signatures.explain_log(server.log).findings if server.log.is_file() else ()
    cause = f"{known[0].message} {known[0].cause}".strip() if known else last_words(server.log)
    return FoxupError(
        "webui-crashed",
        _("The web UI ended while it was starting."),
        cause=cause,
        hint=f"foxup explain {server.log}",
    )


def last_words(log: Path) -> str:
    """Return the last meaningful line of a console log: the error line of a traceback, or the last line."""
    content = files.read_bytes(log) or b""
    lines = [line.strip() for line in content.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _until(
    server: Server, deadline: float, holds: Callable[[], bool], tell: Callable[[str], None] | None, text: str
) -> None:
    if tell:
        tell(text)
    while not holds():
        if not processes.alive(server.who):
            raise crashed(server)
        if time.monotonic() > deadline:
            raise FoxupError(
                "webui-not-ready",
                _("The web UI did not become ready in time."),
                cause=last_words(server.log),
                hint=f"foxup explain {server.log}",
            )
        time.sleep(_POLL_S)


def _answers(api: WebuiApi) -> bool:
    try:
        return bool(api.options())
    except FoxupError as error:
        if error.code == "webui-password":
            raise
        return False


def _not_loaded(server: Server, error: FoxupError) -> FoxupError:
    return FoxupError(
        "model-not-loaded",
        _("The web UI runs, but it could not load the checkpoint."),
        cause=error.cause or error.message,
        hint=f"foxup explain {server.log}",
    )


def _port(written: Sequence[str], how: Start) -> int:
    """Choose the port: the one asked for, the one in the launch script, or a free one."""
    asked = how.port
    for group in Options.of(written).groups:
        if asked is None and not how.private and group[0] == "--port" and group[1:]:
            asked = int(group[1])
    if asked is None:
        return network.any_port() if how.private else network.free_port()
    if network.listening(asked):
        raise FoxupError(
            "port-taken",
            _("Port {port} is taken by another program.").format(port=asked),
            cause=processes.listener(asked),
            hint="foxup start --port PORT",
        )
    return asked


def _arguments(how: Start, port: int) -> list[str]:
    arguments = ["--api", "--api-server-stop", "--port", str(port), *how.extra]
    return [*arguments, "--ui-settings-file", str(how.settings)] if how.settings else arguments


def _environment(script: bytes | None, written: Sequence[str], layout: Layout, how: Start) -> dict[str, str]:
    """Return the child's environment: cleaned, then what the launch script sets, then what this start needs."""
    groups = Options.of(written).groups
    dropped = _NOT_ON_PRIVATE if how.private else {"--port"}
    kept = [word for group in groups if group[0].partition("=")[0] not in dropped for word in group]
    kept = [_in_letters(word, layout) for word in kept]
    found = launch_script.all_variables(script, windows=layout.windows)
    variables = {name: _in_letters(value, layout) for name, value in found.items() if name != launch_script.NAME}
    import shlex

    own = {"COMMANDLINE_ARGS": shlex.join(kept), "SD_WEBUI_RESTARTING": "1", "PYTHONUNBUFFERED": "1"}
    return commands.clean_environment({**variables, **own, **how.environment})


def _in_letters(value: str, layout: Layout) -> str:
    """Return what the launch script sets, read byte for byte, in the letters that its shell takes these bytes for."""
    raw = value.encode("latin-1")
    return text.decode(raw) if layout.windows else raw.decode("utf-8", "surrogateescape")


def _rotate(log: Path) -> None:
    """Keep the log of the start before this one beside it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        files.replace(log, log.with_suffix(".previous.log"))


def _record(layout: Layout, *, private: bool) -> Path:
    return layout.state / ("child.json" if private else layout.process.name)


def _remember(layout: Layout, server: Server) -> None:
    record = {"pid": server.who.pid, "started": server.who.started, "port": server.port, "log": str(server.log)}
    files.write_json(_record(layout, private=server.private), record)
