"""The page at ``/``: settings at a glance and a txt2img form; works without ``--api``."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from minui import VERSION_TEXT, pictures, requests
from minui.context import WebUi
from minui.flags import DATA
from minui.samplerlist import SAMPLERS
from minui.schedules import SCHEDULERS
from minui.web.answers import Call, Endpoint
from minui.web.jobs import first_picture, run_txt2img

SHOWN = ("sd_model_checkpoint", "sd_vae", "CLIP_stop_at_last_layers", "eta_noise_seed_delta")


def _settings(web: WebUi) -> dict[str, Any]:
    shown = {key: web.options.get(key) for key in SHOWN}
    return {**shown, "model loaded": web.engine.loaded_once, "VAE file in use": web.engine.vae_name or "-"}


def settings(call: Call) -> Any:
    """What the page shows of the settings."""
    return _settings(call.web)


def run(call: Call) -> Any:
    """Generate one picture for the page; files are saved as for any picture made by hand."""
    body = {**requests.as_object(call.body), "save_images": True}
    request, _ = requests.parse("txt2img", body)
    if isinstance(body.get("cfg_scale"), int):
        request["cfg_scale"] = body["cfg_scale"]
    result = run_txt2img(call.web, request)
    return {"image": pictures.encode(first_picture(result), call.web.options), "text": result.texts[-1]}


def _filled(web: WebUi) -> str:
    names = {
        "version": VERSION_TEXT,
        "samplers": [one.name for one in SAMPLERS],
        "schedulers": [one.label for one in SCHEDULERS],
        "settings": _settings(web),
    }
    text = json.dumps(names, ensure_ascii=False).replace("<", "\\u003c")
    return (DATA / "page.html").read_text(encoding="utf-8").replace("/*START*/null", text)


def index(web: WebUi) -> Endpoint:
    """The page itself, open to everybody."""

    async def endpoint(_request: Request) -> Response:
        return HTMLResponse(_filled(web))

    return endpoint
