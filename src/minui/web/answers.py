"""From a plain function to a route: body parsing, errors in upstream's shape, HTTP Basic for the API."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from minui import errors
from minui.context import WebUi
from minui.errors import HTTPException
from minui.requests import Unprocessable, parse_json

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Call:
    """What a handler gets: the web UI, the parsed body (POST with one) and the query."""

    web: WebUi
    body: Any
    query: dict[str, str]


Handler = Callable[[Call], Any]


def error_body(error: BaseException) -> dict[str, Any]:
    """The JSON of a failed request."""
    detail = error.detail if isinstance(error, HTTPException) else ""
    return {"error": type(error).__name__, "detail": detail, "body": "", "errors": str(error)}


def answer_error(request: Request, error: Exception) -> Response:
    """Response for an exception; unexpected ones are printed with their traceback."""
    if isinstance(error, Unprocessable):
        return JSONResponse({"detail": error.problems}, 422)
    body = error_body(error)
    if isinstance(error, HTTPException):
        # The page's own calls make the browser ask; the API answers without this header, as upstream does.
        ask = error.status_code == 401 and request.url.path.startswith("/run/")
        return JSONResponse(body, error.status_code, headers={"WWW-Authenticate": "Basic"} if ask else None)
    errors.report(f"API error: {request.method}: {request.url} {body}", error)
    return JSONResponse(body, 500)


def check_password(request: Request, accounts: dict[str, str]) -> None:
    """HTTP Basic against ``accounts``. Raises HTTPException 401."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic" or not encoded:
        raise HTTPException(401, "Not authenticated")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise HTTPException(401, "Invalid authentication credentials") from error
    if not secrets.compare_digest(password.encode(), accounts.get(user, secrets.token_hex()).encode()):
        raise HTTPException(401, "Incorrect username or password")


def accounts_of(text: str | None) -> dict[str, str]:
    """``user:password,user:password`` as a table."""
    pairs = (part.strip().split(":", 1) for part in (text or "").split(",") if part.strip())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def route(web: WebUi, handler: Handler, *, body: bool = False, accounts: dict[str, str] | None = None) -> Endpoint:
    """An endpoint that runs ``handler`` in a thread and answers with its JSON."""

    async def endpoint(request: Request) -> Response:
        started = time.perf_counter()
        try:
            if accounts:
                check_password(request, accounts)
            parsed = parse_json(await request.body()) if body else None
            found = await run_in_threadpool(handler, Call(web, parsed, dict(request.query_params)))
            response = found if isinstance(found, Response) else JSONResponse(found)
        except Exception as error:  # noqa: BLE001 - every failure becomes an answer
            response = answer_error(request, error)
        spent = time.perf_counter() - started
        response.headers["X-Process-Time"] = str(round(spent, 4))
        _log(web, request, response, spent)
        return response

    return endpoint


def _log(web: WebUi, request: Request, response: Response, spent: float) -> None:
    if not web.flags.api_log or not request.url.path.startswith("/sdapi"):
        return
    now = dt.datetime.now().strftime("%Y-%m-%d %H:%M:%S.%f")
    version, client = request.scope.get("http_version"), request.client.host if request.client else "0:0.0.0"
    where = f"http/{version} {request.method} {request.url.path} {client}"
    print(f"API {now} {response.status_code} {where} {round(spent, 4)}", flush=True)
