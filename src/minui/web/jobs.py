"""Generation routes and what belongs to them: progress, interrupt, png-info."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PIL import Image

from minui import infotext, pictures, requests, samplerlist, sdupscale
from minui.context import WebUi
from minui.errors import HTTPException
from minui.generate import process
from minui.img2img import Img2Img
from minui.job import Result
from minui.txt2img import Txt2Img
from minui.web.answers import Call


def _choose_sampler(request: dict[str, Any]) -> None:
    """Settle sampler and schedule type of a request, as the API does before processing does it again."""
    wanted = request["sampler_name"] or request["sampler_index"]
    name, scheduler = samplerlist.read_names(wanted, request["scheduler"])
    request["sampler_name"] = name
    if not request["scheduler"] and scheduler != "Automatic":
        request["scheduler"] = scheduler


UNSUPPORTED = {
    "mask": (None, ""),
    "latent_mask": (None, ""),
    "firstpass_image": (None, ""),
    "refiner_checkpoint": (None, "", "None", "none"),
    "restore_faces": (None, False),
}
"""Fields whose work minui does not do, with the values that ask for nothing."""


def _refuse(request: dict[str, Any]) -> None:
    """Raise HTTPException 501 rather than leave out silently what a request asks for."""
    for name, harmless in UNSUPPORTED.items():
        if request.get(name) not in harmless:
            raise HTTPException(501, f"minui does not support {name}")


def _check_scripts(request: dict[str, Any], known: tuple[str, ...]) -> str | None:
    """The script's title in lower case. Raises HTTPException 422 for an unknown one."""
    for name in request["alwayson_scripts"] or {}:
        raise HTTPException(422, f"always on script {name} not found")
    name = request["script_name"]
    if not name:
        return None
    if name.lower() not in known:
        raise HTTPException(422, f"Script '{name}' not found")
    return str(name.lower())


Work = Callable[[], Result]


def _queued(web: WebUi, kind: str, request: dict[str, Any], make: Callable[[dict[str, Any]], Work]) -> Result:
    """Wait for the turn, then do what ``make`` makes of a copy of the request.

    A request that ``make`` refuses stays in the list of waiting tasks (upstream's habit).
    """
    task = request["force_task_id"] or web.tasks.new_id(kind)
    web.tasks.wait(task)
    with web.queue:
        web.engine.try_first_load()
        keep = request["save_images"]
        work = make({**request, "do_not_save_samples": not keep, "do_not_save_grid": not keep})
        try:
            web.state.begin(f"scripts_{kind}")
            web.tasks.start(task)
            result = work()
            web.tasks.finish(task)
        finally:
            web.state.end()
    return result


def _answer(web: WebUi, request: dict[str, Any], result: Result) -> dict[str, Any]:
    images = [pictures.encode(picture, web.options) for picture in result.pictures] if request["send_images"] else []
    return {"images": images, "parameters": request, "info": result.info}


def run_txt2img(web: WebUi, request: dict[str, Any]) -> Result:
    """Generate from a parsed request."""
    work = dict(request)
    _choose_sampler(work)
    return _queued(web, "txt2img", work, lambda asked: lambda: process(web, Txt2Img(), asked))


def txt2img(call: Call) -> Any:
    """POST /sdapi/v1/txt2img."""
    request, given = requests.parse("txt2img", call.body)
    requests.apply_infotext(request, given, call.web.options)
    _refuse(request)
    _check_scripts(request, ())
    return _answer(call.web, request, run_txt2img(call.web, request))


def img2img(call: Call) -> Any:
    """POST /sdapi/v1/img2img, also with the script SD upscale."""
    web = call.web
    request, given = requests.parse("img2img", call.body)
    if request["init_images"] is None:
        raise HTTPException(404, "Init image not found")
    _refuse(request)
    requests.apply_infotext(request, given, web.options)
    script = _check_scripts(request, (sdupscale.TITLE.lower(),))
    work = dict(request)
    _choose_sampler(work)

    def make(asked: dict[str, Any]) -> Work:
        starts = [pictures.decode(text) for text in asked["init_images"]]
        if script:
            return lambda: sdupscale.run(web, starts[0], asked)
        return lambda: process(web, Img2Img(starts), asked)

    result = _queued(web, "img2img", work, make)
    if not request["include_init_images"]:
        request["init_images"] = request["mask"] = None
    return _answer(web, request, result)


def png_info(call: Call) -> Any:
    """POST /sdapi/v1/png-info."""
    body = requests.as_object(call.body)
    if "image" not in body:
        missing = {"loc": ["body", "image"], "msg": "field required", "type": "value_error.missing"}
        raise requests.Unprocessable([missing])
    text, items = pictures.read_info(pictures.decode(str(body["image"]).strip()))
    skip = call.web.options.infotext_skip_pasting
    shown = {key: value for key, value in items.items() if isinstance(value, str | int | float)}
    return {"info": text or "", "items": shown, "parameters": infotext.read(text or "", skip)}


def progress(call: Call) -> Any:
    """GET /sdapi/v1/progress, with a live preview unless ``skip_current_image`` is given."""
    state = call.web.state
    told: dict[str, Any] = {"current_image": None, "textinfo": state.textinfo}
    if state.job_count == 0:
        return {"progress": 0.0, "eta_relative": 0.0, "state": state.snapshot(), **told}
    done = 0.01 + state.fraction()
    spent = time.time() - state.time_start
    if call.query.get("skip_current_image", "").lower() not in ("1", "true", "yes", "on"):
        told["current_image"] = preview(call.web)
    return {"progress": min(done, 1.0), "eta_relative": spent / done - spent, "state": state.snapshot(), **told}


def preview(web: WebUi) -> str | None:
    """The unfinished picture as base64 PNG, made anew every few steps; None while there is none."""
    options, state = web.options, web.state
    every = options.show_progress_every_n_steps
    source = state.preview_source
    if not options.live_previews_enable or every < 1 or source is None:
        return None
    if state.preview is None or abs(state.sampling_step - state.preview_step) >= every:
        state.preview_step = state.sampling_step
        picture = source()
        if picture is not None:
            state.preview, state.preview_number = pictures.encode_plain(picture), state.preview_number + 1
    return state.preview


def internal_progress(call: Call) -> Any:
    """POST /internal/progress: how a task is doing."""
    body, tasks, state = requests.as_object(call.body), call.web.tasks, call.web.state
    task = body.get("id_task")
    active, queued, completed = task == tasks.current, task in tasks.pending, task in tasks.finished
    told = {"active": active, "queued": queued, "completed": completed}
    if not active:
        place = tasks.place(task) if queued and isinstance(task, str) else None
        text = f"In queue: {place[0]}/{place[1]}" if place else "Waiting..."
        none = {"progress": None, "eta": None, "live_preview": None}
        return {**told, **none, "id_live_preview": -1, "textinfo": text}
    done, spent = min(state.fraction(), 1.0), time.time() - state.time_start
    eta = spent / done - spent if done > 0 else None
    seen = body.get("id_live_preview", -1)
    image = preview(call.web) if body.get("live_preview", True) else None
    fresh = image is not None and state.preview_number != seen
    shown = {
        "live_preview": f"data:image/png;base64,{image}" if fresh else None,
        "id_live_preview": state.preview_number if fresh else seen,
    }
    return {**told, "progress": done, "eta": eta, **shown, "textinfo": state.textinfo}


def pending_tasks(call: Call) -> Any:
    """GET /internal/pending-tasks."""
    waiting = list(call.web.tasks.pending)
    return {"size": len(waiting), "tasks": waiting}


def interrupt(call: Call) -> Any:
    """Stop the running job; it answers with what it has."""
    call.web.state.interrupted = True
    return {}


def skip(call: Call) -> Any:
    """Leave the present batch."""
    call.web.state.skipped = True


def first_picture(result: Result) -> Image.Image:
    """The first single picture of a result."""
    return result.pictures[result.first_picture]
