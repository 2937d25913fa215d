"""png-info: what the web UI reads out of a picture.

``info`` is the infotext as written, ``items`` is empty for the web UI's own pictures, ``parameters`` holds every pair as text plus
defaults for keys that are absent ("Clip skip" "1", "RNG" "GPU", "Hires resize-1" 0, ...). "Size: 64x96" becomes "Size-1" and "Size-2".
A picture without parameters gives info "" and "Schedule type" "Automatic".
"""

from __future__ import annotations

import base64
from io import BytesIO

import pytest
from PIL import Image

from .client import API, Client
from .conftest import SMALL


def _read(api: Client, png: bytes, prefix: str = "") -> dict[str, object]:
    response = api.post(API + "png-info", {"image": prefix + base64.b64encode(png).decode()})
    assert response.status_code == 200, response.text
    answer: dict[str, object] = response.json()
    return answer


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_an_own_picture(api: Client, prefix: str) -> None:
    made = api.txt2img(**SMALL)
    answer = _read(api, made.png, prefix)
    assert set(answer) == {"info", "items", "parameters"}
    assert (answer["info"], answer["items"]) == (made.infotext, {})
    parameters = answer["parameters"]
    assert isinstance(parameters, dict)
    expected = {
        "Prompt": SMALL["prompt"],
        "Negative prompt": "blurry",
        "Steps": "6",
        "Sampler": "DPM++ 2M",
        "Schedule type": "Karras",
        "CFG scale": "7.0",
        "Seed": "3287962209",
        "Size-1": "64",
        "Size-2": "96",
        "Clip skip": "1",
        "RNG": "GPU",
        "Hires resize-1": 0,
    }
    assert {key: parameters[key] for key in expected} == expected


def test_a_picture_without_parameters(api: Client) -> None:
    stream = BytesIO()
    Image.new("RGB", (16, 16)).save(stream, "PNG")
    answer = _read(api, stream.getvalue())
    assert (answer["info"], answer["items"]) == ("", {})
    parameters = answer["parameters"]
    assert isinstance(parameters, dict)
    assert (parameters["Prompt"], parameters["Schedule type"], parameters["Clip skip"]) == ("", "Automatic", "1")


def test_not_a_picture(api: Client) -> None:
    assert api.refused("png-info", {"image": "AAAA"}) == (
        500,
        {"error": "HTTPException", "detail": "Invalid encoded image", "body": "", "errors": ""},
    )
