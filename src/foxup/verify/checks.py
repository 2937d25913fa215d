"""What the web UI would pass over in silence: upscalers, samplers and embeddings that it does not know."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from foxup.errors import UsageError
from foxup.finding import Finding
from foxup.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foxup.launch import Server
    from foxup.profile import Profile, ReferenceModel
    from foxup.system.webui_api import WebuiApi


def refuse_unknown(changes: Mapping[str, Any], api: WebuiApi) -> None:
    """Refuse a sampler or schedule that the web UI does not know. Raises FoxupError (`parameter-invalid`).

    It takes its first sampler and the automatic schedule for such a name and says nothing (modules/sd_samplers.py of
    v1.10.1, get_sampler_and_scheduler), so the picture would prove another request. Names are compared as there: with
    capitals, a schedule may stand behind the sampler.
    """
    if not {"sampler", "scheduler"} & changes.keys():
        return
    schedules = [str(item.get(key)) for item in api.schedulers() for key in ("label", "name")]
    samplers = [str(item.get("name")) for item in api.samplers()]
    sampler = str(changes.get("sampler", samplers[0]))
    behind = next((f" {name}" for name in schedules if sampler.endswith(f" {name}")), "")
    for name, value, known in (
        ("sampler", sampler.removesuffix(behind), samplers),
        ("scheduler", str(changes.get("scheduler", schedules[0])), schedules),
    ):
        if value not in known:
            message = _("{text} is no value for {name}.").format(text=value, name=name)
            hint = f"foxup verify --set {name}='{known[0]}'"
            raise UsageError("parameter-invalid", message, cause=", ".join(dict.fromkeys(known)), hint=hint)


def unlisted(profile: Profile, reference: ReferenceModel, server: Server) -> tuple[Finding, ...]:
    """Return what the reference names and the running web UI does not know. Raises FoxupError.

    Values of a script are checked against the script's own choices when the request is made.
    """
    from foxup.pictures.data import finding
    from foxup.pictures.scripts import same_name

    found = []
    if reference.hires:
        api = server.api
        names = [str(item.get("name")) for item in (*api.upscalers(), *api.latent_modes())]
        if same_name(reference.hires.upscaler, names) is None:
            found.append(finding("upscaler-unknown", name=reference.hires.upscaler))
    wanted = [file for file in profile.files if file.kind == "embedding" and file.id in reference.needs]
    loaded = server.api.embeddings().get("loaded", {}) if wanted else {}
    names = [PurePosixPath(file.destination).stem for file in wanted]
    return (*found, *(finding("embedding-not-loaded", name=name) for name in names if name not in loaded))
