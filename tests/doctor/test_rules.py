"""Entries of the failure catalogue that show outside a log, and the findings of security: each goes with its rule."""

from __future__ import annotations

import dataclasses

import pytest

from foxup.doctor.state import Environment, Extension, ModelFile, Repository, Running
from foxup.doctor.texts import findings
from foxup.signatures import load
from tests.doctor.answers import ANSWERS, Answer, check, env, gpu, models, script
from tests.doctor.conftest import a1111, machine

LINUX = machine(os=dataclasses.replace(machine().os, family="linux", version="22.04"))
SILENT = a1111(running=Running("http://127.0.0.1:7860", False))
OF_GUIDE = {answer.code: answer for answers in ANSWERS.values() for answer in answers if answer.check}
PROBES = {
    **{code: item for code, item in OF_GUIDE.items() if code in load().signatures},
    "path-has-spaces": check("machine.folder", "path-has-spaces", facts=machine(target="C:\\my webui")),
    "linux-ran-user-sh": check(
        "environment.python",
        "linux-ran-user-sh",
        a1111(environment=Environment(), windows=False, root="/srv/webui"),
        LINUX,
    ),
    "ui-stuck-loading": check("server.running", "ui-stuck-loading", SILENT),
    "console-selected-freeze": check("server.running", "console-selected-freeze", SILENT),
    "versions-na-on-page": check("pytorch.version", "versions-na-on-page", env(xformers=None)),
    "gpu-sysmem-fallback-slow": check("gpu.driver", "gpu-sysmem-fallback-slow", facts=gpu(vram_mib=4096)),
}
SAW = [code for code, item in load().signatures.items() if item.input == "probe"]
OLD = ModelFile("models/Stable-diffusion/old.ckpt", "checkpoint", 9, content="checkpoint", pickle=True)


def extension(remote: str | None) -> Answer:
    code = "extension-unknown-remote" if remote else "extension-without-origin"
    return check("security.extensions", code, a1111(extensions=(Extension("y", remote),)))


def access(code: str, arguments: str) -> Answer:
    return check("security.access", code, script(arguments))


SECURITY = {
    "reachable without a password": access("security-open", "--listen"),
    "reachable by an address": access("security-open", "--server-name 0.0.0.0"),
    "share": access("security-share", "--share"),
    "ngrok": access("security-share", "--ngrok token"),
    "the API beside a password for the page": access(
        "security-api-open", "--listen --api --gradio-auth-path users.txt"
    ),
    "nowebui listens everywhere": access("security-nowebui-everywhere", "--nowebui"),
    "extensions by strangers": access("security-extension-access", "--enable-insecure-extension-access"),
    "code in models": access("security-code", "--disable-safe-unpickle"),
    "password of the API through sysinfo": check(
        "security.password", "security-password-public", script("--api --api-auth a:b")
    ),
    "password of the page through sysinfo": check(
        "security.password", "security-password-public", script("--gradio-auth a:b")
    ),
    "pickles": check("security.pickles", "pickles-among-models", models(OLD)),
    "a pickle that runs code": check(
        "security.pickles", "pickle-dangerous", models(dataclasses.replace(OLD, danger="os.system"))
    ),
    "an extension from an unknown remote": extension("https://evil.example/x/y.git"),
    "an extension without a remote": extension(None),
    "a repository that is not its own": check(
        "repositories.state",
        "repository-not-own",
        a1111(repositories={"repositories/BLIP": Repository(True, False, None, True)}),
    ),
}


@pytest.mark.parametrize("code", SAW)
def test_what_only_a_look_can_tell(code):
    assert code in PROBES[code].ask(False)
    assert code not in PROBES[code].ask(True)


@pytest.mark.parametrize("name", SECURITY)
def test_each_danger_is_named_by_its_check_alone(name):
    answer = SECURITY[name]
    assert answer.code in answer.ask(False)
    assert answer.code not in answer.ask(True)
    assert answer.code not in check(str(answer.check), answer.code).ask(False)  # an ordinary web UI


def test_no_danger_is_left_out():
    own = {code.partition("/")[0] for code in findings()}
    told = {code for code in own if code.startswith(("security-", "pickle"))}
    assert told <= {answer.code for answer in SECURITY.values()}
