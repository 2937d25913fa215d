"""The application, and running it beside a main thread that waits for commands."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from minui.context import WebUi
from minui.timer import Timer
from minui.web import internal, jobs, lists, page, settings
from minui.web.answers import Handler, accounts_of, route
from minui.web.ports import API_ONLY_PORT, LOCALHOST, first_free

GET: dict[str, Handler] = {
    "progress": jobs.progress,
    "options": settings.get_options,
    "cmd-flags": settings.get_flags,
    "samplers": lists.samplers,
    "schedulers": lists.schedulers,
    "upscalers": lists.upscalers,
    "latent-upscale-modes": lists.latent_modes,
    "sd-models": lists.sd_models,
    "sd-vae": lists.sd_vaes,
    "hypernetworks": lists.nothing,
    "face-restorers": lists.nothing,
    "realesrgan-models": lists.realesrgan_models,
    "prompt-styles": lists.nothing,
    "embeddings": lists.embeddings,
    "memory": internal.memory,
    "scripts": lists.scripts,
    "script-info": lists.script_info,
    "extensions": lists.extensions,
}
POST: dict[str, Handler] = {
    "interrupt": jobs.interrupt,
    "skip": jobs.skip,
    "refresh-embeddings": lists.refresh_embeddings,
    "refresh-checkpoints": lists.refresh_checkpoints,
    "refresh-vae": lists.refresh_vaes,
}
POST_WITH_BODY: dict[str, Handler] = {
    "txt2img": jobs.txt2img,
    "img2img": jobs.img2img,
    "png-info": jobs.png_info,
    "options": settings.set_options,
}
SERVER: dict[str, Handler] = {
    "server-kill": internal.server_kill,
    "server-restart": internal.server_restart,
    "server-stop": internal.server_stop,
}
WAIT = 5.0
"""Seconds between looks for a command."""


def api_routes(web: WebUi) -> list[Route]:
    """/sdapi/v1/*, behind HTTP Basic with ``--api-auth``."""
    accounts = accounts_of(web.flags.api_auth)
    post = POST | (SERVER if web.flags.api_server_stop else {})
    table = [("GET", GET, False), ("POST", post, False), ("POST", POST_WITH_BODY, True)]
    return [
        Route(f"/sdapi/v1/{name}", route(web, handler, body=body, accounts=accounts), methods=[method])
        for method, handlers, body in table
        for name, handler in handlers.items()
    ]


def page_routes(web: WebUi) -> list[Route]:
    """The page, its own calls and /internal/*; only the page's calls ask for ``--gradio-auth``."""
    accounts = accounts_of(web.flags.gradio_auth)
    return [
        Route("/", page.index(web)),
        Route("/run/txt2img", route(web, page.run, body=True, accounts=accounts), methods=["POST"]),
        Route("/run/settings", route(web, page.settings, accounts=accounts)),
        Route("/internal/ping", route(web, internal.ping)),
        Route("/internal/sysinfo", route(web, internal.sysinfo)),
        Route("/internal/pending-tasks", route(web, jobs.pending_tasks)),
        Route("/internal/progress", route(web, jobs.internal_progress, body=True), methods=["POST"]),
    ]


async def _plain_error(_request: Request, error: Exception) -> Response:
    """404 and 405 as upstream's framework words them."""
    return JSONResponse({"detail": getattr(error, "detail", "")}, getattr(error, "status_code", 500))


def application(web: WebUi) -> Starlette:
    """All routes that the command line asks for."""
    flags = web.flags
    routes = [*([] if flags.nowebui else page_routes(web)), *(api_routes(web) if flags.api or flags.nowebui else [])]
    handlers = {404: _plain_error, 405: _plain_error}
    return Starlette(
        routes=routes, middleware=[Middleware(GZipMiddleware, minimum_size=1000)], exception_handlers=handlers
    )


def host_of(web: WebUi) -> str:
    """Address to bind: this machine only, unless asked otherwise."""
    if web.flags.server_name:
        return str(web.flags.server_name)
    return "0.0.0.0" if web.flags.listen else LOCALHOST


def _leave(number: int, frame: FrameType | None) -> None:
    print(f"Interrupted with signal {number} in {frame}", flush=True)
    os._exit(0)


def _start(web: WebUi, bound: socket.socket) -> uvicorn.Server:
    """Serve on ``bound`` in a thread; returns once requests are taken. Raises RuntimeError when that fails."""
    config = uvicorn.Config(
        application(web), log_level="warning", lifespan="off", timeout_keep_alive=web.flags.timeout_keep_alive
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the web server ended while starting")
        time.sleep(0.01)
    return server


def serve(web: WebUi, timer: Timer) -> None:
    """Bind, announce, load the model beside, and wait for the command to stop."""
    flags = web.flags
    if flags.share:
        print("minui does not open tunnels: --share is ignored, the page stays on this machine.")
    signal.signal(signal.SIGINT, _leave)
    host = host_of(web)
    bound = first_free(host, flags.port or (API_ONLY_PORT if flags.nowebui else None))
    loader = threading.Thread(target=web.engine.try_first_load, daemon=True)
    if not flags.skip_load_model_at_start:
        loader.start()
    server = _start(web, bound)
    shown = LOCALHOST if host == "0.0.0.0" else host
    what = "Uvicorn running on" if flags.nowebui else "Running on local URL: "
    print(f"{what} http://{shown}:{bound.getsockname()[1]}", flush=True)
    timer.record("add APIs")
    print(f"Startup time: {timer.summary()}.", flush=True)
    _wait(web, server)


def _wait(web: WebUi, server: uvicorn.Server) -> None:
    while True:
        word = web.state.wait_for_command(WAIT)
        if word == "stop" and not web.flags.nowebui:
            print("Stopping server...", flush=True)
            server.should_exit = True
            time.sleep(0.3)
            return
