"""Error bodies and authentication.

==========================  ============================================================================================
request                     observed
==========================  ============================================================================================
exception in a handler      500 {"error": class, "detail": "", "body": "", "errors": text}; traceback in the console
                            after "*** API error: POST: URL {...}"
HTTPException               its status, {"error": "HTTPException", "detail": text, "body": "", "errors": ""}
field of a wrong type       422 {"detail": [{"loc": ["body", field], "msg", "type"}]}
broken JSON, no body        422, loc ["body", position] and ["body"]
unknown route               404 {"detail": "Not Found"} (not the shape above)
wrong method                405 {"detail": "Method Not Allowed"}
--api-auth                  401 "Not authenticated" / "Incorrect username or password"; /internal/* stays open;
                            cmd-flags shows user and password in clear
==========================  ============================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .client import API, Client
from .conftest import SMALL

if TYPE_CHECKING:
    from .conftest import Start
    from .targets import Server


def _http_exception(detail: str) -> dict[str, str]:
    return {"error": "HTTPException", "detail": detail, "body": "", "errors": ""}


def test_an_unknown_route(api: Client) -> None:
    response = api.get(API + "nope")
    assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})


def test_a_wrong_method(api: Client) -> None:
    response = api.get(API + "txt2img")
    assert (response.status_code, response.json()) == (405, {"detail": "Method Not Allowed"})


@pytest.mark.parametrize(
    ("field", "value"), [("steps", "many"), ("cfg_scale", "x"), ("width", [1]), ("override_settings", 3)]
)
def test_a_field_of_a_wrong_type(api: Client, field: str, value: object) -> None:
    status, answer = api.refused("txt2img", {field: value})
    assert status == 422
    (problem,) = answer["detail"]
    assert problem["loc"] == ["body", field]
    assert set(problem) >= {"loc", "msg", "type"}


def test_several_wrong_fields_are_all_named(api: Client) -> None:
    _, answer = api.refused("txt2img", {"steps": "many", "height": "tall"})
    assert {problem["loc"][1] for problem in answer["detail"]} == {"steps", "height"}


def test_broken_json(api: Client) -> None:
    response = api.post(API + "txt2img", data=b"{not json", headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", 1]


def test_no_body(api: Client) -> None:
    status, answer = api.refused("txt2img")
    assert (status, answer["detail"][0]["loc"]) == (422, ["body"])


def test_an_unknown_script(api: Client) -> None:
    assert api.refused("txt2img", {**SMALL, "script_name": "nope"}) == (422, _http_exception("Script 'nope' not found"))


def test_clip_skip_beyond_the_layers_of_the_text_encoder(api: Client, shared_server: Server | None) -> None:
    status, answer = api.refused("txt2img", {**SMALL, "override_settings": {"CLIP_stop_at_last_layers": 99}})
    assert (status, answer) == (
        500,
        {"error": "IndexError", "detail": "", "body": "", "errors": "tuple index out of range"},
    )
    if shared_server:
        assert f"*** API error: POST: {api.base}/sdapi/v1/txt2img" in shared_server.console
        assert "IndexError: tuple index out of range" in shared_server.console


def test_after_an_error_the_server_works_and_the_override_is_undone(api: Client) -> None:
    before = api.txt2img(**SMALL)
    api.refused("txt2img", {**SMALL, "override_settings": {"CLIP_stop_at_last_layers": 99}})
    assert api.txt2img(**SMALL).png == before.png


def test_auth(start: Start) -> None:
    server = start("--api-auth", "user:secret")
    server.wait_api()
    client = server.client
    missing = client.get(API + "options")
    assert (missing.status_code, missing.json()) == (401, _http_exception("Not authenticated"))
    assert missing.headers.get("WWW-Authenticate") is None
    for pair in [("user", "wrong"), ("other", "secret")]:
        wrong = client.get(API + "options", auth=pair)
        assert (wrong.status_code, wrong.json()) == (401, _http_exception("Incorrect username or password"))
    flags = client.get(API + "cmd-flags", auth=("user", "secret"))
    assert (flags.status_code, flags.json()["api_auth"]) == (200, "user:secret")
    assert client.get("/internal/ping").status_code == 200
