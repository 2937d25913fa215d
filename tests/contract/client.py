"""A thin HTTP client of the web UI: no retries, no interpretation, so that tests see what was really answered."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import requests
from PIL import Image

API = "/sdapi/v1/"
REQUEST_SECONDS = 120
"""Longest wait for one answer: the longest picture takes about 10 s on two busy cores."""


@dataclass(frozen=True)
class Generation:
    """A 200 answer of txt2img or img2img."""

    answer: dict[str, Any]

    @property
    def pngs(self) -> list[bytes]:
        """The pictures exactly as served."""
        return [base64.b64decode(text) for text in self.answer["images"]]

    @property
    def png(self) -> bytes:
        """The only picture."""
        (only,) = self.pngs
        return only

    @property
    def pixels(self) -> np.ndarray[Any, Any]:
        """The only picture as uint8 (height, width, 3)."""
        return np.asarray(Image.open(BytesIO(self.png)).convert("RGB"))

    @property
    def info(self) -> dict[str, Any]:
        """The JSON text ``info``, decoded."""
        decoded: dict[str, Any] = json.loads(self.answer["info"])
        return decoded

    @property
    def infotext(self) -> str:
        """Generation parameters of the first picture."""
        text: str = self.info["infotexts"][0]
        return text

    @property
    def parameter_line(self) -> str:
        """The last line of the infotext."""
        return self.infotext.splitlines()[-1]

    @property
    def keys(self) -> list[str]:
        """Keys of the parameter line in order; only for values without commas."""
        return [pair.split(": ")[0] for pair in self.parameter_line.split(", ")]


class Client:
    """One running web UI."""

    def __init__(self, base: str, auth: tuple[str, str] | None = None) -> None:
        self.base = base.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = auth

    def close(self) -> None:
        """Give the sockets back."""
        self._session.close()

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        """GET a path below the base address."""
        return self._session.get(self.base + path, timeout=REQUEST_SECONDS, **kwargs)

    def post(self, path: str, body: Any = None, **kwargs: Any) -> requests.Response:
        """POST JSON (nothing if body is None)."""
        return self._session.post(self.base + path, json=body, timeout=REQUEST_SECONDS, **kwargs)

    def read(self, name: str) -> Any:
        """The JSON of GET /sdapi/v1/NAME, which must be 200."""
        response = self.get(API + name)
        assert response.status_code == 200, response.text
        return response.json()

    def set_options(self, **changes: Any) -> None:
        """POST options, which must be 200 with null."""
        response = self.post(API + "options", changes)
        assert (response.status_code, response.json()) == (200, None), response.text

    def txt2img(self, **fields: Any) -> Generation:
        """POST txt2img, which must be 200."""
        response = self.post(API + "txt2img", fields)
        assert response.status_code == 200, response.text
        return Generation(response.json())

    def img2img(self, **fields: Any) -> Generation:
        """POST img2img, which must be 200."""
        response = self.post(API + "img2img", fields)
        assert response.status_code == 200, response.text
        return Generation(response.json())

    def refused(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of a POST that is expected to be refused."""
        response = self.post(API + path, body)
        assert response.status_code >= 400, response.text[:300]
        return response.status_code, response.json()
