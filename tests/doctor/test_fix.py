"""Really broken installs: the doctor names the cause, repairs it, and nothing of the person's is touched."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.doctor.conftest import git, own_things
from tests.e2e.conftest import foxup

pytestmark = pytest.mark.slow
EVERY = os.environ.get("FOXUP_TEST_STARTS", "0")
CHECKPOINT = "models/Stable-diffusion/tinyfox.safetensors"


def codes(ran) -> set[str]:
    return {item["code"] for item in ran.document["findings"] if item["severity"] in ("error", "blocker", "warning")}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def bom(folder):
    path = folder / "config.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def corrupt(folder):
    path = folder / "config.json"
    path.write_bytes(path.read_bytes()[:40])


def vae_typo(folder):
    edit(folder / "config.json", "clearfox.safetensors", "clearvae_nanlesstest.safetensor")


def wrong_kind(folder):
    edit(folder / "config.json", '"CLIP_stop_at_last_layers": 2', '"CLIP_stop_at_last_layers": "2"')


def truncated(folder):
    os.truncate(folder / CHECKPOINT, (folder / CHECKPOINT).stat().st_size // 2)


def vae_missing(folder):
    (folder / "models" / "VAE" / "clearfox.safetensors").unlink()


def tokenizer_missing(folder):
    shutil.rmtree(folder / "models" / "Stable-diffusion" / "tinyfox-clip")


def tmp_missing(folder):
    shutil.rmtree(folder / "tmp")


def launcher_missing(folder):
    (folder / "launch.py").unlink()


def line_spoiled(folder):
    edit(folder / "webui-user.sh", "\nexport COMMANDLINE_ARGS", "\nexport COMANDLINE_ARGS")


def line_open_quote(folder):
    edit(folder / "webui-user.sh", '\nexport COMMANDLINE_ARGS="', '\nexport COMMANDLINE_ARGS="--theme \\"dark ')


def line_unknown(folder):
    edit(folder / "webui-user.sh", '\nexport COMMANDLINE_ARGS="', '\nexport COMMANDLINE_ARGS="--xformer --theme dark ')


def venv_missing(folder):
    shutil.rmtree(folder / "venv")


def venv_python_gone(folder):
    edit(folder / "venv" / "pyvenv.cfg", "home = ", "home = /gone")
    (folder / "venv" / "bin" / "python").unlink()


def venv_other_python(folder):
    others = [
        item["path"]
        for item in foxup("probe", "--json").data["python"]
        if item["version"].startswith(("3.10", "3.12", "3.13")) and item["venv"]
    ]
    if not others:
        pytest.skip("no other Python on this machine")
    shutil.rmtree(folder / "venv")
    subprocess.run([others[0], "-m", "venv", "--without-pip", folder / "venv"], check=True)


def venv_moved(folder):
    edit(folder / "venv" / "bin" / "activate", str(folder), "/another/place/webui")


def package(folder, wanted):
    from uv import find_uv_bin

    command = [find_uv_bin(), "pip", "install", "--python", folder / "venv" / "bin" / "python", "--no-deps", wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the package index does not give {wanted}: {done.stderr[-200:]}")


def other_numpy(folder):
    package(folder, "numpy==1.26.4")


def other_setuptools(folder):
    package(folder, "setuptools==69.5.1")


def package_removed(folder):
    shutil.rmtree(next((folder / "venv").glob("lib/python*/site-packages/einops-*.dist-info"), None)
                  or next((folder / "venv").glob("lib/python*/site-packages/regex-*.dist-info")))  # fmt: skip


BROKEN = [
    (bom, "config-json-bom"),
    (corrupt, "config-json-corrupt"),
    (vae_typo, "settings-vae-missing"),
    (wrong_kind, "settings-wrong-type"),
    (truncated, "model-truncated"),
    (vae_missing, "model-missing"),
    (tokenizer_missing, "model-missing"),
    (tmp_missing, "folders-missing"),
    (launcher_missing, "webui-missing-launcher"),
    (line_spoiled, "launch-arguments-missing"),
    (line_open_quote, "launch-arguments-unreadable"),
    (line_unknown, "unrecognized-arguments"),
    (venv_missing, "environment-missing"),
    (venv_python_gone, "venv-python-gone"),
    (venv_other_python, "python-incompatible-version"),
    (venv_moved, "venv-moved"),
    (other_numpy, "numpy2-abi"),
    (other_setuptools, "setuptools-wrong"),
    (package_removed, "packages-differ"),
]


def repository_removed(folder):
    shutil.rmtree(folder / "repositories" / "part")


def half_clone(folder):
    shutil.rmtree(folder / "repositories" / "part")
    (folder / "repositories" / "part").mkdir()
    git("init", "-q", cwd=folder / "repositories" / "part")


def unpacked_without_git(folder):
    shutil.rmtree(folder / "repositories" / "part" / ".git")


def other_commit(folder):
    part = folder / "repositories" / "part"
    (part / "part.py").write_text("# changed\n")
    git("commit", "-q", "-a", "-m", "other", cwd=part)


def webui_without_git(folder):
    shutil.rmtree(folder / ".git")


STARTED = {corrupt, line_open_quote, venv_python_gone, other_numpy, half_clone} if EVERY == "0" else None
"""After these it is really started; a start takes many seconds. FOXUP_TEST_STARTS=1: after each."""


def works(folder, spoil=None):
    """It really starts and loads its checkpoint, at a port that nobody else tries."""
    if spoil is None or STARTED is None or spoil in STARTED:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        foxup("start", "--dir", folder, "--port", str(port), "--quiet")
        foxup("stop", "--dir", folder, "--quiet")


@pytest.mark.parametrize(("spoil", "code"), BROKEN, ids=[spoil.__name__ for spoil, _code in BROKEN])
def test_a_broken_install_is_repaired(install, spoil, code):
    mine = own_things(install)
    spoil(install)
    assert code in codes(foxup("doctor", "--dir", install, "--offline", "--json", code=1))
    ran = foxup("doctor", "--dir", install, "--fix", "--yes", "--json")
    assert code in ran.data["fixed"]
    assert codes(foxup("doctor", "--dir", install, "--offline", "--json")) == set()
    assert own_things(install) == mine
    works(install, spoil)


def test_a_taken_port_is_taken_out_of_the_script(install):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        edit(install / "webui-user.sh", '\nexport COMMANDLINE_ARGS="', f'\nexport COMMANDLINE_ARGS="--port {port} ')
        assert "port-in-use" in codes(foxup("doctor", "port", "--dir", install, "--json", code=1))
        foxup("doctor", "port", "--dir", install, "--fix", "--yes")
        assert (
            "--port"
            not in (install / "webui-user.sh").read_text().split("\nexport COMMANDLINE_ARGS=")[1].split("\n")[0]
        )
        works(install)


def test_what_was_edited_can_be_had_back(install):
    original = install / ".foxup" / "originals" / "config.json"
    bom(install)
    foxup("doctor", "settings", "--dir", install, "--fix", "--yes", "--offline")
    assert original.is_file()


# -- as A1111 comes, from git


CLONES = [
    (repository_removed, "repository-missing"),
    (half_clone, "repository-not-own"),
    (unpacked_without_git, "repository-not-own"),
    (other_commit, "repository-other-commit"),
    (webui_without_git, "not-a-git-repository"),
]


@pytest.mark.parametrize(("spoil", "code"), CLONES, ids=[spoil.__name__ for spoil, _code in CLONES])
def test_broken_repositories_are_repaired(cloned, spoil, code):
    mine = own_things(cloned)
    spoil(cloned)
    assert code in codes(foxup("doctor", "--dir", cloned, "--offline", "--json", code=None))
    ran = foxup("doctor", "--dir", cloned, "--fix", "--yes", "--json")
    assert code in ran.data["fixed"]
    assert codes(foxup("doctor", "--dir", cloned, "--offline", "--json")) == set()
    assert own_things(cloned) == mine
    works(cloned, spoil)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give files away")
def test_folders_of_another_user_are_trusted(cloned, tmp_path):
    part = cloned / "repositories" / "part"
    own = {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"), "HOME": str(tmp_path)}
    paths = [part, *part.rglob("*")]
    for path in paths:
        os.chown(path, 12345, 12345)
    try:
        ran = foxup("doctor", "git", "--dir", cloned, "--json", code=1, env=own)
        assert codes(ran) == {"git-dubious-ownership"}
        assert str(part) in ran.document["findings"][0]["commands"][0]
        foxup("doctor", "git", "--dir", cloned, "--fix", "--yes", env=own)
        assert str(part) in (tmp_path / "gitconfig").read_text()
    finally:
        for path in paths:
            os.chown(path, os.geteuid(), os.getegid())


# -- manners


def test_without_a_terminal_and_without_yes_nothing_is_repaired(install):
    tmp_missing(install)
    assert foxup("doctor", "--dir", install, "--fix", "--offline", code=2).err.count("--yes")
    assert not (install / "tmp").exists()
    foxup("doctor", "webui", "--dir", install, "--fix", "--yes", "--offline")


def test_nothing_is_repaired_under_a_running_web_ui(install):
    foxup("start", "--dir", install, "--quiet")
    try:
        tmp_missing(install)
        ran = foxup("doctor", "--dir", install, "--fix", "--yes", "--json", "--offline", code=1)
        assert ran.document["error"]["code"] == "webui-running"
    finally:
        foxup("stop", "--dir", install, "--quiet")
    foxup("doctor", "webui", "--dir", install, "--fix", "--yes", "--offline")


def test_a_repair_that_does_not_help_is_our_failure():
    from types import SimpleNamespace

    from foxup.doctor.fix import left_out, refuse_if_broken, still_broken
    from foxup.doctor.run import Result, checks
    from foxup.doctor.texts import say
    from foxup.errors import FoxupError
    from foxup.finding import Outcome
    from foxup.step import Step

    result = Result(checks()[0], Outcome.PROBLEM, (say("folders-missing", names="tmp"),))
    repair = SimpleNamespace(steps=(Step("folders", "", ""),))
    with pytest.raises(FoxupError) as caught:
        refuse_if_broken(still_broken(repair, [result], [result]))
    assert caught.value.code == "repair-failed"
    assert caught.value.exit_code == 3
    refuse_if_broken(still_broken(repair, [result], []))
    taken = Result(checks()[0], Outcome.PROBLEM, (say("port-in-use", port=7900, script="webui-user.sh"),))
    default = Result(checks()[0], Outcome.OK, (say("port-in-use/default", port=7860),))
    line = SimpleNamespace(steps=(Step("launch-script.arguments", "", ""),))
    refuse_if_broken(still_broken(line, [taken], [default]))  # the default port is taken too, which harms nobody
    assert still_broken(line, [taken], [taken])
    other = SimpleNamespace(steps=(Step("settings", "", ""),))
    assert still_broken(other, [result], [result]) == []
    assert left_out(other, [result]) == ["folders"]


def test_the_document_is_the_contract(install):
    document = foxup("doctor", "--dir", install, "--offline", "--json").document
    assert list(document) == ["schema", "command", "ok", "exit_code", "data", "findings", "error"]
    assert {"path", "profile", "program", "made_by_foxup", "checks"} <= document["data"].keys()
    for check in document["data"]["checks"]:
        assert list(check) == ["id", "title", "outcome", "slow", "reason", "findings"]
        assert check["outcome"] in {"ok", "problem", "not applicable", "skipped", "could not check"}
    skipped = [check["id"] for check in document["data"]["checks"] if check["outcome"] == "skipped"]
    assert skipped == ["network.reach"]
    assert json.dumps(document)
