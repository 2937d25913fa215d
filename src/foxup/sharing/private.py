"""Taking out what is private, and keeping what findings depend on: a path's shape, not its names."""

from __future__ import annotations

import copy
import getpass
import os
import re
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from foxup.components import launch_script
from foxup.components.launch_script import Options
from foxup.doctor.case import Case
from foxup.redact import Redactor
from foxup.sharing import sentences

PROMPT = "<prompt>"
_SECRET_FLAG = re.compile(r"--(?:api-a(?:u(?:th?)?)?|gradio-a(?:u(?:th?)?)?|ngrok)")
"""Options whose value is a secret, also shortened as argparse allows."""
_PROXY = re.compile(r"(?i)_proxy$")
_CREDENTIALS = re.compile(r"^(?:\w+://)?([^@]*):([^@]*)@")
_SECRET_NAME = re.compile(r"(?i)(?:token|secret|passw|api_?key|credential|_auth)")
_SHORTEST = 8
_PARAMETERS = re.compile(r"\bSteps: \d+, Sampler: ")
_NEGATIVE = re.compile(r"^\s*Negative prompt:")
_LABELLED = re.compile(r"(?i)^(.*\bprompts?\b[\"']?\s*[:=]\s*)(?=\S).*$")
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
    posted["checks"] = [sentences.check(item, worker.redact) for item in own["checks"]]
    posted["findings"] = [sentences.finding(item, worker.redact) for item in own["findings"]]
    _keep_shapes(raw["facts"], posted["facts"])
    _keep_versions(raw, posted, pins)
    _split_anew(posted)
    return posted


def strip_prompts(lines: Iterable[str]) -> list[str]:
    """Return the lines of a log with prompts and generation parameters replaced.

    A picture's parameters are the prompt, then `Negative prompt:`, then `Steps: ..., Sampler: ...`.
    """
    result: list[str] = []
    negative = False
    for line in lines:
        if _NEGATIVE.match(line):
            result[-1:] = [PROMPT] if result else []
            result.append(PROMPT)
            negative = True
        elif _PARAMETERS.search(line):
            if not negative and result:
                result[-1] = PROMPT
            result.append(line[line.index("Steps: ") :])
            negative = False
        elif negative:
            result.append(PROMPT)
        else:
            result.append(_LABELLED.sub(rf"\1{PROMPT}", line))
    return result


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in some containers
        return ""


def _secrets(case: Case) -> Iterable[str]:
    """Give the literal secrets at hand: in variables, in proxies, behind arguments; also each name's password."""
    script = launch_script.all_variables(case.script, windows=case.state.windows)
    for name, value in (*os.environ.items(), *script.items()):
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST:
            yield value
        credentials = _CREDENTIALS.match(value) if _PROXY.search(name) else None
        if credentials:
            yield from (credentials[2], unquote(credentials[2]))
    for group in Options.of(case.arguments).groups:
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
            log["tail"] = strip_prompts(log.get("tail", ()))
            texts = strip_prompts(item["text"] for item in log.get("evidence", ()))
            log["evidence"] = [{**item, "text": text} for item, text in zip(log["evidence"], texts, strict=False)]
    for finding in raw.get("findings", ()):
        finding["message"] = strip_prompts([finding["message"]])[0]


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
    script = state["launch_script"]
    content = script.encode() if isinstance(script, str) else None
    words = launch_script.current_arguments(content, windows=state["windows"])
    variables = launch_script.all_variables(content, windows=state["windows"])
    posted["launch"] = {"arguments": list(words), "variables": variables}


def _keep_versions(raw: Mapping[str, Any], posted: dict[str, Any], pins: Mapping[str, set[str]]) -> None:
    """Give back versions that look like addresses: those that stand in the profile's locks are public."""
    before = raw["state"]["environment"]["packages"]
    after = posted["state"]["environment"]["packages"]
    for name, version in before.items():
        if version in pins.get(name, ()):
            after[name] = version
