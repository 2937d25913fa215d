"""The real AUTOMATIC1111 v1.10.1, installed by the profile nai-cpu from local stand-ins for the internet's repositories.

Needs FOXUP_TEST_MIRROR: a folder with bare git repositories OWNER+NAME/repo. Takes minutes and 6 GB of disk.
FOXUP_TEST_NAI_PROFILE names another profile file, FOXUP_TEST_NAI a folder to keep between runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from foxup import profile
from foxup.components import launch_script
from tests.e2e.conftest import Ran, foxup

MIRROR = os.environ.get("FOXUP_TEST_MIRROR")
PROFILE = os.environ.get("FOXUP_TEST_NAI_PROFILE", "nai-cpu")
STANDS_IN = {  # whose copy is there for which address
    "AUTOMATIC1111/stable-diffusion-webui": "kaindoggo-code+stable-diffusion-webui",
    "w-e-w/stablediffusion": "Stability-AI+stablediffusion",
}
CUT = ["unshare", "--net", "--map-root-user", "sh", "-c", 'ip link set lo up; exec "$@"', "-"]
BY_HAND = {"PATH": "/usr/local/bin:/usr/bin:/bin"}

pytestmark = [
    pytest.mark.skipif(not MIRROR, reason="FOXUP_TEST_MIRROR names no folder with repositories"),
    pytest.mark.timeout(1800),
]


@dataclass(frozen=True)
class Place:
    folder: Path
    config: Path

    def foxup(self, command: str, *arguments: str | Path, code: int | None = 0) -> Ran:
        return foxup(
            *command.split(), "--dir", self.folder, *arguments, code=code, env={"FOXUP_CONFIG": str(self.config)}
        )


@pytest.fixture(scope="session")
def nai(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An install of nai-cpu with its proof."""
    base = Path(os.environ.get("FOXUP_TEST_NAI") or tmp_path_factory.mktemp("nai"))
    base.mkdir(parents=True, exist_ok=True)
    place = Place(base / "webui", stand_ins(base / "remotes", base / "config.toml"))
    place.foxup("install", "--profile", PROFILE, "--yes")

    return place


def stand_ins(folder: Path, config: Path) -> Path:
    """Serve the mirror's objects as a host would: any commit, partial clones; return a configuration that goes there."""
    lines = ["[mirrors.git]"]
    chosen = profile.load(PROFILE)
    for repository in (*chosen.webui.repositories, *chosen.extensions):
        url = repository.sources[0].url
        name = url.removeprefix("https://github.com/").removesuffix(".git")
        source = Path(MIRROR or "") / STANDS_IN.get(name, name.replace("/", "+")) / "repo"
        if not source.exists() and repository in chosen.extensions:
            continue
        bare = folder / source.parent.name
        if not bare.exists():
            git = ["git", f"--git-dir={bare}"]
            subprocess.run(["git", "init", "-q", "--bare", bare], check=True)
            (bare / "objects" / "info" / "alternates").write_text(f"{source / 'objects'}\n")
            for key in ("allowFilter", "allowAnySHA1InWant"):
                subprocess.run([*git, "config", f"uploadpack.{key}", "true"], check=True)
            subprocess.run([*git, "update-ref", "refs/heads/pinned", repository.commit], check=True)
        lines.append(f'"{url}" = "{bare}"')
    config.write_text("\n".join(lines) + "\n")
    return config


def cut_off() -> list[str]:
    """Return what runs a command without any network but the loopback; skips where the system forbids it."""
    if subprocess.run([*CUT, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network namespaces here")
    return CUT


@contextlib.contextmanager
def started(command: list[str], folder: Path, port: int) -> Iterator[str]:
    """Run a command that starts the web UI; give its log once it is up, end everything it started."""
    log = folder.parent / "by-hand.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--api"], cwd=folder, stdout=stream, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, env={**BY_HAND, "HOME": str(folder.parent)}, start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 300
        while b"Startup time" not in log.read_bytes():
            assert process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.5)
        yield log.read_text()
    finally:
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_the_first_start_had_nothing_left_to_do(nai):
    """The proof's own server was the first start after the install."""
    log = (nai.folder / ".foxup" / "logs" / "webui-private.log").read_text()
    assert "Version: v1.10.1" in log
    assert "Commit hash: 82a973c04367123ae98bd9abdf80d9eda9b910e2" in log
    assert not re.search(r"Installing|Cloning|Fetching|Downloading", log)
    assert not re.search(r"Calculating sha256 for \S*Stable-diffusion", log)


def test_the_footer_has_no_gap_and_torch_computes(nai):
    """What the guide has a person compare at the page's bottom, and torch in the web UI's own environment."""
    checks = nai.foxup("status", "--json").data["checks"]
    assert checks["codes"] == []
    assert checks["footer"]["version"] == "v1.10.1"
    assert checks["footer"]["python"].startswith("3.10.")
    assert checks["footer"]["torch"] == checks["torch"]["torch"]
    assert checks["footer"]["gradio"] == "3.41.2"
    assert re.fullmatch("[0-9a-f]{10}", checks["footer"]["checkpoint"])
    assert checks["footer"]["xformers"] == "N/A"  # which the arguments do not ask for without a card
    assert checks["torch"]["product"] is True


def test_each_repository_is_its_own_top_level(nai):
    for repository in profile.load(PROFILE).webui.repositories:
        path = nai.folder / repository.destination
        asked = ["git", "-C", str(path), "rev-parse", "--show-toplevel", "HEAD"]
        answer = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
        assert answer == [str(path.resolve()), repository.commit]


def test_a_second_install_finds_nothing_to_do(nai):
    assert nai.foxup("plan", "--profile", PROFILE, "--json").data["steps"] == []


def test_with_the_network_cut_off_it_still_starts_generates_and_verifies(nai):
    import sys

    command = [*cut_off(), sys.executable, "-m", "foxup", "verify", "--dir", str(nai.folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    data = json.loads(done.stdout)["data"]
    assert data["verdict"] in {"identical", "same"}, done.stdout
    assert "Version: v1.10.1" in data["infotext"]
    assert done.returncode == 0


def test_started_by_hand_it_comes_up_as_prescribed(nai):
    """webui.sh with no foxup in sight and no network: the script's arguments, variables and settings are in force."""
    port = 17977
    with started([*cut_off(), "bash", "webui.sh", "-f"], nai.folder, port) as log:
        assert "--skip-torch-cuda-test --no-half --disable-opt-split-attention --use-cpu all" in log
        assert not re.search(r"Installing|Cloning|Fetching", log)
        server = next(
            p for p in psutil.process_iter() if f"--port {port}" in " ".join(words(p)) and "launch" in str(words(p))
        )
        question = f"http://127.0.0.1:{port}/sdapi/v1/options"
        inside = ["nsenter", "--target", str(server.pid), "--net", "--user", "--preserve-credentials"]
        code = f"import urllib.request as u; print(u.urlopen('{question}', timeout=60).read().decode())"
        asked = [*inside, str(nai.folder / "venv" / "bin" / "python"), "-c", code]
        options = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
        variables = server.environ()
    for key, value in profile.load(PROFILE).settings.items():
        got = options[key].split(" [")[0] if key == "sd_model_checkpoint" else options[key]  # with its hash once known
        assert got == (list(value) if isinstance(value, tuple) else value), key
    assert variables["STABLE_DIFFUSION_REPO"] == "https://github.com/w-e-w/stablediffusion.git"


def test_settings_of_a_running_web_ui_are_changed_through_it(nai):
    """It writes its file whole from memory at every change: what was put into the file behind its back would be lost."""
    config = nai.folder / "config.json"
    before = json.loads(config.read_text())
    url = nai.foxup("start", "--json").data["url"]
    try:
        spoiled = {"CLIP_stop_at_last_layers": 1, "eta_noise_seed_delta": 0, "sd_vae": "None", "samples_format": "jpg"}
        requests.post(f"{url}/sdapi/v1/options", json=spoiled, timeout=120).raise_for_status()
        differing = nai.foxup("settings diff", "--json", code=1).data["differing"]
        assert set(differing) == set(spoiled) - {"samples_format"}
        assert nai.foxup("settings apply", "--json").data["changed"] == sorted(differing)
        live = requests.get(f"{url}/sdapi/v1/options", timeout=60).json()
        for key, values in differing.items():
            assert live[key] == values["prescribed"], key
        assert live["samples_format"] == "jpg", "what the profile does not prescribe is the person's"
        refused = nai.foxup("settings undo", "--json", code=None).document
        assert (refused["ok"], refused["error"]["code"]) == (False, "webui-running")
        requests.post(f"{url}/sdapi/v1/options", json={"samples_format": "png"}, timeout=60).raise_for_status()
    finally:
        nai.foxup("stop")
    after = json.loads(config.read_text())
    by_itself = {"sd_checkpoint_hash", "sd_model_checkpoint"}  # the web UI writes the hash to both
    assert {key: after.get(key) for key in before.keys() - by_itself} == {
        key: before[key] for key in before.keys() - by_itself
    }
    nai.foxup("settings diff")


def test_extensions_come_by_name_and_the_web_ui_lists_them(nai):
    """Pinned on a branch: the web UI leaves a checkout without one out of its list."""
    chosen = [item for item in profile.load(PROFILE).extensions if (item.sources[0].url in nai.config.read_text())]
    if not chosen:
        pytest.skip("the mirror has none of them")
    names = [item.id for item in chosen]
    nai.foxup("start")
    try:
        document = nai.foxup("fetch", *names, "--json").document
        assert [row["ok"] for row in document["data"]["extensions"]] == [True] * len(names)
        assert [finding["code"] for finding in document["findings"]] == ["restart-needed-after-extension"]
        nai.foxup("stop")
        url = nai.foxup("start", "--json").data["url"]
        listed = {item["name"]: item for item in requests.get(f"{url}/sdapi/v1/extensions", timeout=60).json()}
        for item in chosen:
            assert listed[item.name]["commit_hash"] == item.commit
            assert listed[item.name]["branch"]
        scripts = requests.get(f"{url}/sdapi/v1/scripts", timeout=60).json()
        assert {"ultimate-upscale": "ultimate sd upscale", "tiled-diffusion": "tiled diffusion"}[names[0]] in scripts[
            "img2img"
        ]
        log = (nai.folder / ".foxup" / "logs" / "webui.log").read_text()
        assert "Traceback" not in log
        assert "*** Error" not in log
        steps = nai.foxup("plan", "--json").data
        assert {f"extensions.{name}" for name in names} <= {step["id"] for step in steps["satisfied"]}
        assert nai.foxup("doctor", "extensions.state", "--json").document["findings"] == []
    finally:
        nai.foxup("stop")
        nai.foxup("fetch", *names, "--forget")
        for item in chosen:
            shutil.rmtree(nai.folder / item.destination, ignore_errors=True)
    assert nai.foxup("plan", "--json").data["steps"] == []


def test_the_batch_file_passes_the_same_on(nai, tmp_path):
    """The repository's own webui-user.bat, merged like on Windows, run by a real cmd.exe (wine's)."""
    if shutil.which("wine") is None:
        pytest.skip("wine is not installed")
    script = (nai.folder / "webui-user.sh").read_bytes()
    arguments = launch_script.current_arguments(script, windows=False)
    variables = {"STABLE_DIFFUSION_REPO": "", "TORCH_COMMAND": ""}
    variables = {name: launch_script.all_variables(script, windows=False)[name] for name in variables}
    original = (nai.folder / "webui-user.bat").read_bytes()
    merged = launch_script.merge(original, arguments, variables, windows=True)
    (tmp_path / "webui-user.bat").write_bytes(merged)
    (tmp_path / "webui.bat").write_bytes(b"@echo off\r\nset>all.txt\r\n")
    env = {**os.environ, "WINEPREFIX": str(tmp_path / "wine"), "WINEDEBUG": "-all", "DISPLAY": ""}
    subprocess.run(["wine", "cmd", "/c", "webui-user.bat"], cwd=tmp_path, env=env, check=True, timeout=180,
                   stdin=subprocess.DEVNULL, capture_output=True)  # fmt: skip
    passed = dict(line.partition("=")[::2] for line in (tmp_path / "all.txt").read_text(errors="replace").splitlines())
    assert passed["COMMANDLINE_ARGS"].split() == list(arguments)
    assert {name: passed[name] for name in variables} == variables


def test_a_web_ui_made_by_hand_is_adopted(nai, tmp_path):
    """Without foxup's records: only what differs is planned, and nothing of the person's is touched."""
    state, kept = nai.folder / ".foxup", nai.folder.parent / "foxup-state"
    marker = nai.folder / "venv" / "foxup-environment.json"
    config = nai.folder / "config.json"
    saved = {path: path.read_bytes() for path in (marker, config, nai.folder / "webui-user.sh")}
    mine = [
        nai.folder / name for name in ("models/Stable-diffusion/mine.safetensors", "extensions/x/y.py", "outputs/a.png")
    ]
    state.rename(kept)
    marker.unlink()
    config.write_text(json.dumps({**json.loads(saved[config]), "samples_format": "jpg", "CLIP_stop_at_last_layers": 1}))
    (nai.folder / "webui-user.sh").write_text('export COMMANDLINE_ARGS="--theme dark"\n')
    try:
        for path in mine:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("mine")
        plan = nai.foxup("plan", "--profile", PROFILE, "--json", code=None).data
        steps = {step["id"]: step for step in plan["steps"]}
        assert set(steps) == {"packages.install", "launch-script", "settings", "proof.fox"}
        assert (steps["packages.install"]["bytes"], steps["packages.install"]["details"]) == (0, [])
        assert steps["settings"]["details"] == ["CLIP_stop_at_last_layers = 2"]
        nai.foxup("install", "--profile", PROFILE, "--yes", "--no-verify")
        assert json.loads(config.read_text())["samples_format"] == "jpg"
        assert "--theme dark --skip-torch-cuda-test" in (nai.folder / "webui-user.sh").read_text()
        assert [path.read_text() for path in mine] == ["mine"] * 3
    finally:
        shutil.rmtree(state, ignore_errors=True)
        kept.rename(state)
        for path in mine:
            path.unlink(missing_ok=True)
        shutil.rmtree(nai.folder / "extensions" / "x", ignore_errors=True)
        for path, content in saved.items():
            path.write_bytes(content)


def words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_the_tokenizer_of_nai_needs_no_hub(nai, tmp_path):
    """The files that the profile nai lays into the install, read as the web UI asks for them first (local files only)."""
    guide = profile.load("nai")
    for file in (item for item in guide.files if item.kind == "tokenizer"):
        target = tmp_path / file.destination
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((guide.folder / file.sources[0].url.removeprefix("package:")).read_bytes())
    code = (
        "from transformers import CLIPTokenizer, CLIPTextConfig; name = 'openai/clip-vit-large-patch14';"
        "t = CLIPTokenizer.from_pretrained(name, local_files_only=True);"
        "c = CLIPTextConfig.from_pretrained(name, local_files_only=True);"
        "print(t('a photo of a cat').input_ids, t.model_max_length, c.hidden_size, c.num_hidden_layers)"
    )
    command = [*cut_off(), str(nai.folder / "venv" / "bin" / "python"), "-c", code]
    done = subprocess.run(
        command, cwd=tmp_path, env={**BY_HAND, "HOME": str(tmp_path), **guide.launch.environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[49406, 320, 1125, 539, 320, 2368, 49407] 77 768 12"
    assert "Retrying" not in done.stderr


@pytest.mark.parametrize("damage", ["without its git folder", "at another commit", "empty", "gone"])
def test_a_part_that_would_make_the_launcher_overwrite_the_web_ui_is_repaired(nai, damage):
    """In a folder without its own `.git`, git answers for the web UI around it, and its launcher resets that instead."""
    part = nai.folder / "repositories" / "k-diffusion"
    if damage == "at another commit":
        commit = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"]
        subprocess.run(["git", "-C", str(part), *commit], check=True)
    else:
        shutil.rmtree(part / ".git" if damage == "without its git folder" else part)
        if damage == "empty":
            part.mkdir()
    steps = [step["id"] for step in nai.foxup("plan", "--profile", PROFILE, "--json").data["steps"]]
    assert steps == ["repositories.k-diffusion", "proof.fox"]
    nai.foxup("repair", "--yes")
    test_each_repository_is_its_own_top_level(nai)
    assert nai.foxup("plan", "--profile", PROFILE, "--json").data["steps"] in ([], steps[1:])


@pytest.mark.parametrize("moment_s", [1.5, 3.0, 4.5, 6.0])
def test_killed_at_any_moment_it_goes_on(nai, tmp_path, moment_s):
    """SIGKILL in the middle of clones or packages; the same command again ends like an undisturbed install."""
    import sys

    folder = tmp_path / "webui"
    command = [sys.executable, "-m", "foxup", "install", "--profile", PROFILE, "--yes", "--quiet", "--no-verify"]
    process = subprocess.Popen([*command, "--dir", folder], env={**os.environ, "FOXUP_CONFIG": str(nai.config)})
    time.sleep(moment_s)
    process.kill()
    process.wait()
    again = Place(folder, nai.config)
    again.foxup("install", "--profile", PROFILE, "--yes", "--quiet", "--no-verify")
    left = again.foxup("plan", "--profile", PROFILE, "--json").data["steps"]
    assert [step["id"] for step in left] == ["proof.fox"]
    test_each_repository_is_its_own_top_level(again)
    assert not list((folder / ".foxup" / "tmp").iterdir())
    shutil.rmtree(folder)
