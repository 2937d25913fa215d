"""The checks on hand-made machines and states: each rule both ways."""

from __future__ import annotations

import dataclasses

import pytest

from foxup.doctor.state import (
    Config,
    Environment,
    Extension,
    LastVerdict,
    LogLine,
    LogState,
    ModelFile,
    Port,
    Program,
    Repository,
    Running,
    State,
)
from foxup.facts import DiskFacts, PythonFacts
from foxup.finding import Outcome
from foxup.installed import FileState
from foxup.receipt import Receipt
from tests.doctor.conftest import GTX_960, RTX_3060, RTX_5070, a1111, codes, judged, machine


def script(arguments: str) -> str:
    return f"@echo off\r\nset COMMANDLINE_ARGS={arguments}\r\ncall webui.bat\r\n"


def packages(**versions) -> Environment:
    base = a1111().environment
    return dataclasses.replace(
        base, packages={**base.packages, **{k.replace("_", "-"): v for k, v in versions.items()}}
    )


# -- machine


def test_a_good_machine_gives_nothing():
    for check in (
        "machine.system",
        "machine.memory",
        "machine.disk",
        "machine.temp",
        "machine.folder",
        "gpu.driver",
        "git.present",
    ):
        assert codes(check, a1111()) == []


def test_an_installed_web_ui_needs_no_room_for_an_install():
    facts = machine(disk=DiskFacts(target_free_gib=5.0, system_free_gib=100.0, target_kind="ssd"))
    assert codes("machine.disk", a1111(), facts) == []
    assert codes("machine.disk", State(root="D:\\x", windows=True), facts) == ["disk-too-small", "free-disk"]
    full = machine(disk=DiskFacts(target_free_gib=0.8, system_free_gib=100.0, target_kind="ssd"))
    assert codes("machine.disk", a1111(), full) == ["disk-nearly-full"]


def test_git_missing():
    assert codes("git.present", a1111(), machine(git=None)) == ["git-missing"]


def test_a_path_in_cyrillic_and_with_blanks():
    found = codes("machine.folder", a1111(), machine(target="C:\\Users\\Вася\\Рабочий стол\\webui"))
    assert found == ["path-non-ascii", "path-has-spaces"]


# -- web UI


def test_a_fork_is_said_to_be_one():
    result = judged("webui.program", a1111(program=Program("forge")))
    assert [item.code for item in result.findings] == ["fork-not-covered"]
    assert result.outcome is Outcome.OK
    assert judged("webui.files", a1111(program=Program("forge"))).outcome is Outcome.NOT_APPLICABLE
    assert codes("launch.script", a1111(program=Program("forge"), launch_script=script("--cuda-malloc"))) == []


@pytest.mark.parametrize("kind", ["forge", "reforge", "sdnext", "unknown"])
def test_nothing_is_put_into_a_web_ui_of_other_rules(kind):
    state = a1111(
        program=Program(kind),
        environment=Environment(),
        logs=(LogState("x.log", healthy=False, codes=("numpy2-abi",)),),
    )
    for check, code in (("environment.python", "environment-missing"), ("models.files", "no-checkpoint")):
        (finding,) = judged(check, state).findings
        assert (finding.code, finding.fixed_by, finding.commands) == (code, None, ())
        assert "by hand" in finding.remedy
        assert judged(check, dataclasses.replace(state, program=Program("a1111"))).findings[0].fixed_by
    (told,) = judged("logs.newest", state).findings
    assert (told.code, told.fixed_by, told.commands) == ("numpy2-abi", None, ())
    assert "numpy" in told.remedy
    assert judged("logs.newest", dataclasses.replace(state, program=Program("a1111"))).findings[0].fixed_by
    owner = Repository(True, True, "a" * 40, False)
    (trust,) = judged("git.ownership", dataclasses.replace(state, repositories={".": owner})).findings
    assert trust.fixed_by


def test_nothing_there():
    assert codes("webui.program", State(root="D:\\x", windows=True)) == ["webui-missing"]
    assert judged("webui.files", State(root="D:\\x")).outcome is Outcome.NOT_APPLICABLE


def test_repositories_by_hand():
    own = Repository(True, True, "a" * 40, True)
    inside = Repository(True, False, None, True)
    assert "repository-not-own" in codes("repositories.state", a1111(repositories={"repositories/BLIP": inside}))
    found = codes("repositories.state", a1111(repositories={"repositories/BLIP": own}))
    assert "repository-other-commit" in found
    assert "repository-missing" in found


def test_dubious_ownership_names_the_command():
    state = a1111(repositories={".": Repository(True, True, "a" * 40, False)})
    (finding,) = judged("git.ownership", state).findings
    assert finding.commands == ('git config --global --add safe.directory "D:/ai/webui"',)
    assert codes("git.ownership", a1111(repositories={".": Repository(True, True, "a" * 40, True)})) == []


# -- environment


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"present": False}, "environment-missing"),
        ({"home_exists": False, "python": None}, "venv-python-gone"),
        ({"python": None}, "environment-python-broken"),
        ({"python": "3.12.4"}, "python-incompatible-version"),
        ({"made_for": "E:\\old\\webui\\venv"}, "venv-moved"),
    ],
)
def test_environment(changes, code):
    state = a1111(environment=dataclasses.replace(a1111().environment, **changes))
    assert codes("environment.python", state)[:1] == [code]


def test_a_good_environment():
    state = a1111(environment=dataclasses.replace(a1111().environment, made_for="d:/ai/webui/venv/"))
    assert codes("environment.python", state) == []
    assert codes("packages.set", state) == []
    assert codes("pytorch.version", state) == []


@pytest.mark.parametrize(
    ("versions", "code"),
    [
        ({"numpy": "2.1.0"}, "numpy2-abi"),
        ({"setuptools": "84.2.1"}, "setuptools-wrong"),
        ({"pydantic": "2.7.0"}, "pydantic-v2-config"),
        ({"gradio": "4.44.0"}, "gradio-version-mismatch"),
        ({"httpx": "0.28.1"}, "httpx-socket-options"),
        ({"pytorch_lightning": "2.4.0"}, "pytorch-lightning-too-new"),
        ({"huggingface_hub": "0.26.1"}, "hf-hub-cached-download"),
    ],
)
def test_packages_that_break_a_web_ui_made_by_hand(versions, code):
    assert codes("packages.set", a1111(environment=packages(**versions))) == [code]


def test_no_pip():
    env = packages()
    without = {name: version for name, version in env.packages.items() if name != "pip"}
    assert codes("packages.set", a1111(environment=dataclasses.replace(env, packages=without))) == [
        "pip-missing-in-venv"
    ]


def test_torch_for_the_processor_beside_a_card():
    env = dataclasses.replace(packages(torch="2.1.2+cpu"), torch_cuda=None)
    (finding,) = judged("pytorch.version", a1111(environment=env)).findings
    assert (finding.code, finding.fixed_by) == ("torch-cpu-build", "packages.install")


def test_the_same_torch_on_three_cards():
    """“No kernel image” has two causes; the card tells which."""
    new = packages(torch="2.7.0+cu128", xformers="0.0.30")
    assert codes("pytorch.version", a1111()) == []
    assert codes("pytorch.version", a1111(), machine(RTX_5070)) == ["gpu-blackwell-sm120-old-torch"]
    assert codes("pytorch.version", a1111(environment=new), machine(RTX_5070)) == []
    assert codes("pytorch.version", a1111(environment=new), machine(GTX_960)) == ["gpu-too-old-for-new-torch"]
    assert codes("pytorch.version", a1111(), machine(GTX_960)) == []


def test_xformers_of_another_torch():
    assert codes("pytorch.version", a1111(environment=packages(xformers="0.0.23.post1"))) == []
    env = packages(torch="2.7.0+cu128", xformers="0.0.23.post1")
    assert codes("pytorch.version", a1111(environment=env), machine(RTX_5070)) == ["xformers-torch-mismatch"]


# -- models


def model(path: str, folder: str = "checkpoint", **more) -> ModelFile:
    return ModelFile(path, folder, 1000, **{"content": folder, **more})


GOOD = model("models/Stable-diffusion/meina.safetensors")
VAE = model("models/VAE/clear.safetensors", "vae")


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (model("models/Stable-diffusion/a.safetensors", problem="safetensors-incomplete"), "safetensors-incomplete"),
        (model("models/Stable-diffusion/a.safetensors", problem="safetensors-not-a-model"), "model-damaged"),
        (model("models/Stable-diffusion/a.safetensors", content="vae"), "vae-among-checkpoints"),
        (model("models/Stable-diffusion/a.safetensors", content="lora"), "not-a-checkpoint"),
        (model("models/VAE/a.safetensors", "vae", content="checkpoint"), "checkpoint-among-vaes"),
    ],
)
def test_content_of_models(file, code):
    assert codes("models.content", a1111(models=(GOOD, VAE, file))) == [code]
    assert codes("models.content", a1111(models=(GOOD, VAE))) == []


def test_no_checkpoint_at_all():
    assert codes("models.files", a1111()) == ["no-checkpoint"]
    assert codes("models.files", a1111(models=(GOOD,))) == ["model-guide-missing"]


def test_names():
    state = a1111(
        models=(GOOD, model("models/VAE/meina-vae.safetensors", "vae")), yamls=("models/Stable-diffusion/x.yaml",)
    )
    automatic = dataclasses.replace(state, config=Config("ok", {"sd_vae": "Automatic"}))
    assert codes("models.names", automatic) == ["yaml-beside-checkpoint", "vae-by-name"]
    chosen = dataclasses.replace(state, config=Config("ok", {"sd_vae": "meina-vae.safetensors"}))
    assert codes("models.names", chosen) == ["yaml-beside-checkpoint"]


@pytest.mark.parametrize(
    ("state", "found"),
    [("ok", []), ("missing", ["tokenizer-cache-missing"]), ("damaged", ["clip-tokenizer-load-failed"])],
)
def test_tokenizer(state, found):
    assert codes("tokenizer.cache", a1111(tokenizer=state)) == found


def test_a_model_of_the_profile_with_its_own_tokenizer_needs_no_cache():
    assert codes("tokenizer.cache", a1111(tokenizer="missing", made=True), profile="nai-cpu") == []
    assert codes("tokenizer.cache", a1111(tokenizer="missing", made=True)) == ["tokenizer-cache-missing"]


# -- settings


def test_settings():
    models = (GOOD, VAE)
    right = {"CLIP_stop_at_last_layers": 2, "eta_noise_seed_delta": 31337}
    typo = a1111(models=models, config=Config("ok", {**right, "sd_vae": "clear.safetensor"}))
    assert codes("settings.values", typo)[0] == "settings-vae-missing"
    gone = a1111(models=models, config=Config("ok", {**right, "sd_model_checkpoint": "other.ckpt [1234567890]"}))
    assert "checkpoint-fallback" in codes("settings.values", gone)
    there = a1111(
        models=models,
        config=Config("ok", {**right, "sd_model_checkpoint": "meina.safetensors [1234567890]", "sd_vae": "clear"}),
    )
    assert not {"settings-vae-missing", "checkpoint-fallback"} & set(codes("settings.values", there))
    text = a1111(models=models, config=Config("ok", {**right, "eta_noise_seed_delta": "31337"}))
    assert "settings-wrong-type" in codes("settings.values", text)


@pytest.mark.parametrize(
    ("state", "found"),
    [("ok", []), ("bom", ["config-json-bom"]), ("corrupt", ["config-json-corrupt"]), ("missing", [])],
)
def test_settings_file(state, found):
    assert codes("settings.file", a1111(config=Config(state, {"a": 1}))) == found


# -- launch script, port, server


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ("--xformers --no-half-vae", []),
        ("--xformers --no-half-vae --theme dark", []),
        ("--xformers --no-half-vae --them dark", []),  # argparse takes an unambiguous beginning
        ("--xformers --no-half-vae --xfromers", ["unrecognized-arguments"]),
        ('--xformers --no-half-vae --ckpt-dir "D:/x', ["launch-arguments-unreadable"]),
        ("--xformers", ["launch-arguments-missing"]),
    ],
)
def test_launch_arguments(arguments, found):
    assert codes("launch.script", a1111(launch_script=script(arguments))) == found


def test_an_extension_may_bring_options():
    extension = Extension("controlnet", "https://github.com/x/controlnet", ("controlnet-dir",))
    line = script("--xformers --no-half-vae --controlnet-dir D:/cn")
    assert codes("launch.script", a1111(launch_script=line, extensions=(extension,))) == []
    assert codes("launch.script", a1111(launch_script=line)) == ["unrecognized-arguments"]


def test_the_other_script_wins():
    assert codes("launch.script", a1111(settings_script="set COMMANDLINE_ARGS=--api\r\n")) == ["settings-bat-shadows"]
    assert codes("launch.script", a1111(settings_script="rem set COMMANDLINE_ARGS=--api\r\n")) == []


def test_port():
    assert codes("port.free", a1111(port=Port(7861, True, True))) == ["port-in-use"]
    assert judged("port.free", a1111(port=Port(7860, False, True))).outcome is Outcome.OK
    assert codes("port.free", a1111(port=Port(7860, True, False))) == []


def test_server():
    url = "http://127.0.0.1:7860"
    assert codes("server.running", a1111(running=Running(url, False)))[0] == "webui-not-answering"
    assert codes("server.running", a1111(running=Running(url, True))) == []
    assert codes("server.running", a1111(running=Running(url, None))) == []  # still starting


# -- logs and verdict


def log(**more) -> LogState:
    return LogState(**{"name": "webui.log", "healthy": False, **more})


def test_logs():
    assert codes("logs.newest", a1111(logs=(log(codes=("cuda-oom",)),))) == ["cuda-oom"]
    assert codes("logs.newest", a1111(logs=(log(codes=("cuda-oom",), stale=True), log(healthy=True)))) == []
    assert judged("logs.newest", a1111(logs=(log(codes=("cuda-oom",), stale=True),))).outcome is Outcome.NOT_APPLICABLE
    unknown = log(known=False, evidence=(LogLine(3, "FlurbError: no flurb"),))
    assert codes("logs.newest", a1111(logs=(unknown,))) == ["log-unexplained"]


def test_verdict():
    assert codes("verdict.last", a1111(verdict=LastVerdict("fox", "different", False))) == ["last-proof-failed"]
    assert codes("verdict.last", a1111(verdict=LastVerdict("fox", "same", True))) == []
    assert judged("verdict.last", a1111(verdict=LastVerdict("fox", "unconfirmed", False))).outcome is Outcome.OK


# -- security


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ("", []),
        ("--api", []),
        ("--listen", ["security-open"]),
        ("--listen --gradio-auth-path users.txt", []),
        ("--server-name 0.0.0.0", ["security-open"]),
        ("--server-name 127.0.0.1", []),
        ("--listen --api --gradio-auth-path users.txt", ["security-api-open"]),
        ("--listen --api --api-auth a:b --gradio-auth-path users.txt", []),
        ("--share", ["security-share"]),
        ("--ngrok token123", ["security-share"]),
        ("--nowebui", ["security-nowebui-everywhere"]),
        ("--nowebui --server-name 127.0.0.1", []),
        ("--nowebui --api-auth a:b", []),
        ("--enable-insecure-extension-access", ["security-extension-access"]),
        ("--disable-safe-unpickle", ["security-code"]),
    ],
)
def test_who_can_reach_it(arguments, found):
    assert codes("security.access", a1111(launch_script=script(arguments))) == found


def test_strangers_installing_extensions_is_an_error():
    result = judged("security.access", a1111(launch_script=script("--listen --enable-insecure-extension-access")))
    assert [item.code for item in result.findings] == ["security-open", "security-extension-access"]
    assert result.broken
    assert not judged("security.access", a1111(launch_script=script("--enable-insecure-extension-access"))).broken


def test_a_password_in_the_line_is_public():
    assert codes("security.password", a1111(launch_script=script("--api --api-auth me:secret"))) == [
        "security-password-public"
    ]
    assert codes("security.password", a1111(launch_script=script("--gradio-auth-path users.txt"))) == []


def test_pickles():
    quiet = ModelFile("models/Stable-diffusion/old.ckpt", "checkpoint", 9, pickle=True)
    loud = dataclasses.replace(quiet, path="models/VAE/bad.pt", danger="os.system")
    assert codes("security.pickles", a1111(models=(quiet,))) == ["pickles-among-models"]
    assert codes("security.pickles", a1111(models=(loud,))) == ["pickle-dangerous"]
    assert codes("security.pickles", a1111(models=(GOOD,))) == []


@pytest.mark.parametrize(
    ("remote", "found"),
    [
        ("https://github.com/x/y.git", []),
        ("git@github.com:x/y.git", []),
        ("https://evil.example/x/y.git", ["extension-unknown-remote"]),
        ("https://github.com.evil.example/x/y.git", ["extension-unknown-remote"]),
        (None, ["extension-without-origin"]),
    ],
)
def test_extensions(remote, found):
    assert codes("security.extensions", a1111(extensions=(Extension("y", remote),))) == found


def test_network():
    assert codes("network.reach", a1111(network={"github.com": False, "pypi.org": True})) == ["network-unreachable"]
    assert codes("network.reach", a1111(network={"pypi.org": True})) == []


# -- entries of the failure catalogue that show in the machine or the person, not in a log


def test_versions_na_on_the_page():
    whole = packages()
    without = {name: version for name, version in whole.packages.items() if name != "xformers"}
    env = dataclasses.replace(whole, packages=without)
    assert codes("pytorch.version", a1111(environment=env)) == ["versions-na-on-page"]
    assert codes("pytorch.version", a1111(environment=packages(xformers="0.0.23.post1"))) == []
    assert codes("pytorch.version", a1111(environment=env, launch_script=script("--no-half-vae"))) == []


def test_the_window_closes_at_once():
    env = Environment()
    store = PythonFacts(
        "3.11.9", path="C:\\Users\\x\\AppData\\Local\\Microsoft\\WindowsApps\\python.exe", store_stub=True
    )
    good = PythonFacts("3.10.11", path="C:\\Python310\\python.exe")
    assert codes("environment.python", a1111(environment=env), machine(python=(store, good)))[1:] == [
        "bat-closes-at-once"
    ]
    assert codes("environment.python", a1111(environment=env), machine(python=(good,)))[1:] == []
    named = f"set PYTHON={good.path}\r\n" + script("")
    assert (
        codes("environment.python", a1111(environment=env, launch_script=named), machine(python=(store, good)))[1:]
        == []
    )


def test_the_script_of_settings_was_started():
    linux = dataclasses.replace(machine(), os=dataclasses.replace(machine().os, family="linux"))
    state = a1111(environment=Environment(), windows=False, root="/srv/webui")
    assert codes("environment.python", state, linux)[1:] == ["linux-ran-user-sh"]
    assert codes("environment.python", dataclasses.replace(state, logs=(LogState("x.log"),)), linux)[1:] == []


def test_a_silent_web_ui_and_why():
    silent = Running("http://127.0.0.1:7860", False)
    assert codes("server.running", a1111(running=silent))[1:] == ["ui-stuck-loading", "console-selected-freeze"]
    assert codes("server.running", a1111(running=silent, windows=False))[1:] == ["ui-stuck-loading"]


def test_a_page_that_answers_while_the_console_tells_of_an_error():
    there = Running("http://127.0.0.1:7860", True)
    failed = log(codes=("cuda-oom",))
    assert codes("server.running", a1111(running=there, logs=(failed,))) == ["nothing-happens-on-generate"]
    past = dataclasses.replace(failed, stale=True)
    assert codes("server.running", a1111(running=there, logs=(past, log(healthy=True)))) == []


@pytest.mark.parametrize(
    ("changes", "below"),
    [
        ({}, False),
        ({"gpus": (dataclasses.replace(RTX_3060, vram_mib=4096),)}, False),
        ({"gpus": (dataclasses.replace(RTX_3060, vram_mib=2048),)}, True),
        ({"gpus": (GTX_960,)}, True),
        ({"gpus": ()}, True),
        ({"os": dataclasses.replace(machine().os, name="Windows 7", version="6.1.7601")}, True),
    ],
)
def test_below_the_guides_minimum(changes, below):
    assert ("hardware-below-minimum" in codes("gpu.card", a1111(), machine(**changes))) is below
    assert "hardware-below-minimum" not in codes("gpu.card", a1111(), machine(**changes), profile="smoke")


def test_an_extension_newer_than_the_running_web_ui():
    newer = Running("http://127.0.0.1:7860", True, ("controlnet",))
    assert codes("server.running", a1111(running=newer)) == ["restart-needed-after-extension"]


def test_slow_instead_of_out_of_memory():
    small = dataclasses.replace(GTX_960, vram_mib=4096)
    assert "gpu-sysmem-fallback-slow" in codes("gpu.driver", a1111(), machine(small))
    assert "gpu-sysmem-fallback-slow" not in codes("gpu.driver", a1111(), machine())
    linux = dataclasses.replace(machine(small), os=dataclasses.replace(machine().os, family="linux", version="22.04"))
    assert "gpu-sysmem-fallback-slow" not in codes("gpu.driver", a1111(), linux)


# -- each group of the hardware rules reaches its check


@pytest.mark.parametrize(
    ("check", "changes", "code"),
    [
        (
            "machine.system",
            {"os": dataclasses.replace(machine().os, name="Windows 7", version="6.1.7601")},
            "os-unsupported",
        ),
        ("machine.memory", {"ram_mib": 6000}, "ram-low"),
        ("machine.temp", {"temp": "C:\\Users\\Вася\\Temp"}, "temp-path-non-ascii"),
        ("gpu.card", {"gpus": ()}, "no-supported-gpu"),
        (
            "python.interpreter",
            {"python": (PythonFacts("3.10.11", path="C:\\Вася\\python.exe"),)},
            "python-path-non-ascii",
        ),
    ],
)
def test_the_machine(check, changes, code):
    assert code in codes(check, a1111(), machine(**changes))
    fine = machine(python=(PythonFacts("3.10.11", path="C:\\Python310\\python.exe"),))
    assert code not in codes(check, a1111(), fine)


def test_folders():
    assert codes("webui.folders", a1111()) == ["folders-missing"]
    assert codes("webui.folders", a1111(files={"tmp": FileState(0, "folder")})) == []
    made = a1111(files={"tmp": FileState(0, "folder")}, made=True)
    (finding,) = judged("webui.folders", made).findings
    assert "models/VAE" in finding.message


# -- extensions that were asked for

ULTIMATE = "extensions/ultimate-upscale-for-automatic1111"
PINNED = "2322caa480535b1011a1f9c18126d85ea444f146"


def asked(**changes):
    receipt = Receipt("0", "nai", extensions=("ultimate-upscale",)).to_document()
    return a1111(**{"receipt": receipt, "repositories": {ULTIMATE: whole_repository()}, **changes})


def whole_repository(**changes):
    return dataclasses.replace(Repository(True, True, PINNED, branch="master"), **changes)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"repositories": {}}, ["extension-missing"]),
        ({"repositories": {ULTIMATE: whole_repository(own=False)}}, ["extension-damaged"]),
        ({"repositories": {ULTIMATE: whole_repository(commit="1" * 40)}}, ["extension-other-commit"]),
        ({"repositories": {ULTIMATE: whole_repository(branch=None)}}, ["extension-detached"]),
        (
            {"config": Config("ok", {"disabled_extensions": ["ultimate-upscale-for-automatic1111"]})},
            ["extension-disabled"],
        ),
        ({"config": Config("ok", {"disable_all_extensions": "extra"})}, ["extension-disabled"]),
        ({"launch_script": script("--disable-all-extensions")}, ["extension-disabled"]),
    ],
)
def test_an_extension_that_was_asked_for(changes, found):
    assert codes("extensions.state", asked(**changes)) == found


def test_an_extension_unpacked_by_hand_is_no_danger_to_the_web_ui():
    state = a1111(repositories={ULTIMATE: whole_repository(own=False)})
    assert "repository-not-own" not in codes("repositories.state", state)
    assert judged("extensions.state", state).findings == ()
