"""The web UI's HTTP interface, on this machine only."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from foxup.errors import FoxupError
from foxup.i18n import _

if TYPE_CHECKING:
    import requests

_SHORT_S = 10.0
_TAG = re.compile(r"<[^>]*>")
_VERSION = re.compile(r"\b(version|python|torch|xformers|gradio|checkpoint): *(\S+)")
_LOOPBACK = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


@dataclass(frozen=True, slots=True)
class Generation:
    """What one generation gave: the PNG files, the infotext of the first picture, the web UI's own record."""

    pictures: tuple[bytes, ...]
    infotext: str
    info: dict[str, Any] = field(default_factory=dict)


class WebuiApi:
    """A client of one running web UI at `http://127.0.0.1:PORT`."""

    def __init__(self, url: str, *, auth: tuple[str, str] | None = None) -> None:
        """Remember the address. Raises FoxupError (`webui-not-local`) for another machine's."""
        if not (url.rstrip("/") + ":").startswith(_LOOPBACK) and not url.startswith(_LOOPBACK):
            raise FoxupError("webui-not-local", _("{url} is not on this machine.").format(url=url))
        self.url = url.rstrip("/")
        self._auth = auth
        self._session: requests.Session | None = None

    def ping(self) -> bool:
        """Whether something answers like a web UI. Never raises."""
        try:
            return self._get("/internal/ping", _SHORT_S).status_code == 200
        except FoxupError:
            return False

    def options(self) -> dict[str, Any]:
        """Return every setting in force. Raises FoxupError."""
        return self._object("/sdapi/v1/options")

    def flags(self) -> dict[str, Any]:
        """Return the parsed command line. Raises FoxupError."""
        return self._object("/sdapi/v1/cmd-flags")

    def checkpoints(self) -> list[dict[str, Any]]:
        """Return the known checkpoints. Raises FoxupError."""
        return self._list("/sdapi/v1/sd-models")

    def vaes(self) -> list[dict[str, Any]]:
        """Return the known VAE files. Raises FoxupError."""
        return self._list("/sdapi/v1/sd-vae")

    def samplers(self) -> list[dict[str, Any]]:
        """Return the known samplers. Raises FoxupError."""
        return self._list("/sdapi/v1/samplers")

    def schedulers(self) -> list[dict[str, Any]]:
        """Return the known noise schedules: `name` and `label`. Raises FoxupError."""
        return self._list("/sdapi/v1/schedulers")

    def upscalers(self) -> list[dict[str, Any]]:
        """Return the known upscalers. Raises FoxupError."""
        return self._list("/sdapi/v1/upscalers")

    def latent_modes(self) -> list[dict[str, Any]]:
        """Return the upscalers of hires fix that work on latents. Raises FoxupError."""
        return self._list("/sdapi/v1/latent-upscale-modes")

    def embeddings(self) -> dict[str, Any]:
        """Return embeddings: `loaded`, and `skipped` ones that do not fit the checkpoint. Raises FoxupError."""
        return self._object("/sdapi/v1/embeddings")

    def scripts(self) -> list[dict[str, Any]]:
        """Return the scripts with their values in order. Raises FoxupError."""
        return self._list("/sdapi/v1/script-info")

    def waiting(self) -> int:
        """Return how many generations wait or run for anybody. Raises FoxupError."""
        pending = int(self._object("/internal/pending-tasks").get("size", 0))
        return pending + int(self.progress().get("state", {}).get("job_count", 0) != 0)

    def footer(self) -> dict[str, str]:
        """Return the versions at the bottom of the page; nothing where there is no such page. Raises FoxupError.

        They come from the page's description, which takes a third of a second; `/internal/sysinfo` takes three, for
        it lists every package. Only the page's own script knows the checkpoint, so that is asked of the settings.
        """
        response = self._get("/config", _SHORT_S * 3)
        page = self._json(response) if response.status_code == 200 else {}
        parts = page.get("components", []) if isinstance(page, dict) else []
        values = [part["props"].get("value", "") for part in parts if part.get("props", {}).get("elem_id") == "footer"]
        found = dict(_VERSION.findall(_TAG.sub("", str(values[0])))) if values else {}
        if found:
            found["checkpoint"] = str(self.options().get("sd_checkpoint_hash") or "N/A")[:10]
        return found

    def progress(self) -> dict[str, Any]:
        """Return the state of the running job, without a preview. Raises FoxupError."""
        return self._object("/sdapi/v1/progress?skip_current_image=true")

    def task(self, task_id: str) -> dict[str, Any]:
        """Return whether a generation is `active`, `queued` or `completed`. Raises FoxupError."""
        value = self._post("/internal/progress", {"id_task": task_id, "live_preview": False}, _SHORT_S)
        return value if isinstance(value, dict) else {}

    def set_options(self, changes: dict[str, Any]) -> None:
        """Change settings; the web UI then writes all of them to config.json. Raises FoxupError."""
        self._post("/sdapi/v1/options", changes, _SHORT_S * 60)

    def interrupt(self) -> None:
        """End the running generation early. Raises FoxupError."""
        self._post("/sdapi/v1/interrupt", {}, _SHORT_S)

    def stop(self) -> None:
        """Ask the server to end; its connection may drop before it has answered."""
        try:
            self._post("/sdapi/v1/server-stop", {}, _SHORT_S)
        except FoxupError:
            return

    def generate(self, mode: str, request: dict[str, Any], *, timeout_s: float) -> Generation:
        """Run `txt2img` or `img2img` and return its pictures. Raises FoxupError (`webui-error`, `webui-no-picture`)."""
        answer = self._post(f"/sdapi/v1/{mode}", request, timeout_s)
        try:
            pictures = tuple(base64.b64decode(image.partition(",")[2] or image) for image in answer["images"])
            info = json.loads(answer["info"])
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
            raise FoxupError("webui-no-picture", _("The web UI answered without a picture.")) from None
        if not pictures:
            raise FoxupError("webui-no-picture", _("The web UI answered without a picture."))
        texts = info.get("infotexts") or [""]
        return Generation(pictures, str(texts[0]), info)

    def _object(self, path: str) -> dict[str, Any]:
        value = self._json(self._get(path, _SHORT_S * 3))
        return value if isinstance(value, dict) else {}

    def _list(self, path: str) -> list[dict[str, Any]]:
        value = self._json(self._get(path, _SHORT_S * 3))
        return value if isinstance(value, list) else []

    def _get(self, path: str, timeout_s: float) -> requests.Response:
        return self._send("GET", path, None, timeout_s)

    def _post(self, path: str, body: dict[str, Any], timeout_s: float) -> Any:
        return self._json(self._send("POST", path, body, timeout_s))

    def _send(self, method: str, path: str, body: dict[str, Any] | None, timeout_s: float) -> requests.Response:
        import requests

        if self._session is None:
            self._session = requests.Session()
            self._session.trust_env = False  # a proxy must never stand between us and this machine
            self._session.auth = self._auth
        try:
            return self._session.request(method, self.url + path, json=body, timeout=(5.0, timeout_s))
        except requests.RequestException as error:
            raise FoxupError(
                "webui-not-reachable",
                _("The web UI at {url} does not answer.").format(url=self.url),
                cause=type(error).__name__,
                hint="foxup status",
            ) from error

    def _json(self, response: requests.Response) -> Any:
        try:
            value = response.json()
        except ValueError:
            value = None
        if response.status_code == 200:
            return value
        raise _error(response.status_code, value)


def _error(status: int, value: Any) -> FoxupError:
    """Turn the web UI's error body into words; its class and text are what the log would say."""
    body = value if isinstance(value, dict) else {}
    name = str(body.get("error") or f"HTTP {status}")
    text = str(body.get("errors") or body.get("detail") or "")
    if status == 401:
        return FoxupError("webui-password", _("The web UI asks for a password."), cause=text)
    return FoxupError("webui-error", _("The web UI reports an error: {name}.").format(name=name), cause=text)
