"""Taking out what is private, and keeping what findings depend on: a path's shape, not its names."""

from __future__ import annotations

import copy
import getpass
import os
import re
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from foxup.components.launch_script import Options
from foxup.doctor.case import Case
from foxup.redact import Redactor
from foxup.sharing import prompts, script, sentences
from foxup.sharing.prompts import PROMPT

_SECRET_FLAG = re.compile(r"--(?:api-a(?:u(?:th?)?)?|gradio-a(?:u(?:th?)?)?|ngrok)")
"""Options whose value is a secret, also shortened as argparse allows."""
_PROXY = re.compile(r"(?i)_proxy$")
_CREDENTIALS = re.compile(r"^(?:\w+://)?([^@]*):([^@]*)@")
_SECRET_NAME = re.compile(r"(?i)(?:token|secret|passw|api_?key|credential|_auth)")
_SHORTEST = 8
_SHARE = re.compile(r"(?<![\\\w:])\\\\(\w[\w.-]*)\\(\w[\w.$-]*)")
_PLACEHOLDERS = ("~", "<user>", "<host>")


def redactor(case: Case) -> Redactor:
    """Return a redactor that knows this machine, this person and the secrets at hand."""
    home = str(Path.home())
    return Redactor(home, _user(), socket.gethostname(), (*_secrets(case), *mangled(home)))


def mangled(home: str) -> tuple[str, ...]:
    """Return how a Windows home folder reads after the web UI has split its arguments: without backslashes."""
    return (home.replace("\\", ""),) if "\\" in home else ()


def clean(
    document: Mapping[str, Any], worker: Redactor, *, with_prompts: bool, pins: Mapping[str, set[str]]
) -> dict[str, Any]:
    """Return the document as it may be posted."""
    raw = copy.deepcopy(dict(document))
    if not with_prompts:
        _without_prompts(raw)
    own = {"checks": raw.pop("checks", ()), "findings": raw.pop("findings", ())}
    posted = worker.redact_document(raw)
    assert isinstance(posted, dict)
    values = _values(worker, with_prompts=with_prompts)
    posted["checks"] = [sentences.check(item, values) for item in own["checks"]]
    posted["findings"] = [sentences.finding(item, values) for item in own["findings"]]
    _keep_shapes(raw["facts"], posted["facts"])
    _keep_versions(raw, posted, pins)
    _split_anew(posted)
    return posted


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in some containers
        return ""


def _secrets(case: Case) -> Iterable[str]:
    """Give the literal secrets at hand: in variables, in proxies, behind arguments; also each name's password."""
    text, windows = case.state.launch_script, case.state.windows
    for name, value in (*os.environ.items(), *script.variables(text, windows=windows).items()):
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST:
            yield value
        credentials = _CREDENTIALS.match(value) if _PROXY.search(name) else None
        if credentials:
            yield from (credentials[2], unquote(credentials[2]))
    for share in _SHARE.findall(text or ""):  # as the web UI shows it after splitting: without backslashes
        yield "".join(share)
    for group in Options.of(script.arguments(text, windows=windows)).groups:
        flag, _sign, joined = group[0].partition("=")
        if _SECRET_FLAG.fullmatch(flag):
            for value in (joined, *group[1:]):
                yield from (value, *(pair.partition(":")[2] for pair in value.split(",")), *value.split(":", 1)[1:])


def _without_prompts(raw: dict[str, Any]) -> None:
    for verdict in (raw.get("verdict"), raw["state"].get("verdict")):
        if verdict:
            verdict["infotext"] = PROMPT if verdict.get("infotext") else ""
    for log in (raw.get("log"), *raw["state"].get("logs", ())):
        if log:
            log["tail"] = prompts.strip(log.get("tail", ()))
            log["evidence"] = _evidence(log.get("evidence", ()))


def _evidence(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return lines picked out of a log without prompts; only what stood together is read together."""
    found: list[dict[str, Any]] = []
    begin = 0
    for end in range(1, len(items) + 1):
        if end == len(items) or items[end]["line"] != items[end - 1]["line"] + 1:
            texts = prompts.strip(item["text"] for item in items[begin:end])
            found += [{**item, "text": text} for item, text in zip(items[begin:end], texts, strict=True)]
            begin = end
    return found


def _values(worker: Redactor, *, with_prompts: bool) -> Callable[[str], str]:
    """Return what takes private things out of the values in a sentence, one of which may be a line of a log."""
    if with_prompts:
        return worker.redact
    return lambda text: worker.redact("\n".join(prompts.strip(text.split("\n"))))


def _keep_shapes(raw: dict[str, Any], posted: dict[str, Any]) -> None:
    """Give redacted paths back what findings rest on."""
    for key in ("target", "temp"):
        if isinstance(raw.get(key), str):
            posted[key] = shaped(raw[key], posted[key])
    for before, after in zip(raw.get("python", ()), posted.get("python", ()), strict=False):
        after["path"] = shaped(before["path"], after["path"])


def shaped(before: str, after: str) -> str:
    """Return the redacted path with the drive, a blank or a foreign letter where the whole one had them."""
    place = next((word for word in _PLACEHOLDERS if word in after), None)
    if place is None:
        return after
    marks = "имя" if not before.isascii() and after.isascii() else ""
    marks += " " if re.search(r"\s", before) and not re.search(r"\s", after) else ""
    after = after.replace(place, place + marks + ("x" if marks.endswith(" ") else ""), 1)
    drive = re.match(r"[A-Za-z]:[\\/]|/mnt/[a-z]/", before)
    return drive[0] + after if drive and after.startswith("~") else after


def _split_anew(posted: dict[str, Any]) -> None:
    """Split arguments and variables out of the redacted script: splitting loses marks by which a path is known."""
    state = posted["state"]
    text = state["launch_script"] if isinstance(state["launch_script"], str) else None
    posted["launch"] = {
        "arguments": script.arguments(text, windows=state["windows"]),
        "variables": script.variables(text, windows=state["windows"]),
    }


def _keep_versions(raw: Mapping[str, Any], posted: dict[str, Any], pins: Mapping[str, set[str]]) -> None:
    """Give back versions that look like addresses: those that stand in the profile's locks are public."""
    before = raw["state"]["environment"]["packages"]
    after = posted["state"]["environment"]["packages"]
    for name, version in before.items():
        if version in pins.get(name, ()):
            after[name] = version
