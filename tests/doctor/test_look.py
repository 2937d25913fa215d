"""Looking at folders that nobody but the test made: forks, half files, logs older than a repair."""

from __future__ import annotations

import json
import os
import struct
import zipfile
from pathlib import Path

import pytest

from foxup import profile
from foxup.doctor.look import environment, install, logs, models, others
from foxup.facts import Facts
from foxup.paths import Layout
from foxup.system.journal import Journal


def put(root: Path, name: str, content: bytes | str = b"") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def safetensors(*names: str) -> bytes:
    header = {name: {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]} for i, name in enumerate(names)}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(4 * len(names))


CHECKPOINT = safetensors("model.diffusion_model.input_blocks.0.0.weight", "first_stage_model.decoder.conv_in.weight")
VAE = safetensors("decoder.conv_in.weight", "encoder.conv_in.weight")


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ([], "none"),
        (["launch.py"], "unknown"),
        (["launch.py", "modules/launch_utils.py"], "a1111"),
        (["launch.py", "modules/launch_utils.py", "modules_forge/config.py"], "forge"),
        (["launch.py", "modules/launch_utils.py", "modules_forge/x.py", "ldm_patched/modules/y.py"], "reforge"),
        (["launch.py", "installer.py", "modules/loader.py"], "sdnext"),
        (["launch.py", "minui/main.py"], "minui"),
    ],
)
def test_which_web_ui(tmp_path, files, kind):
    for name in files:
        put(tmp_path, name)
    assert install.program(Layout(tmp_path))["program"].kind == kind


def test_model_files_by_content(tmp_path):
    folder = "models/Stable-diffusion/"
    put(tmp_path, folder + "good.safetensors", CHECKPOINT)
    put(tmp_path, folder + "cut.safetensors", CHECKPOINT[:-2])
    put(tmp_path, folder + "page.safetensors", "<!doctype html><html>log in</html>" * 9)
    put(tmp_path, folder + "empty.safetensors")
    put(tmp_path, folder + "vae.safetensors", VAE)
    put(tmp_path, "models/VAE/whole.safetensors", CHECKPOINT)
    put(tmp_path, "models/Lora/l.safetensors", safetensors("lora_unet_x.lora_down.weight"))
    put(tmp_path, folder + "good.yaml")
    put(tmp_path, folder + "alone.yaml")
    seen = models.read(Layout(tmp_path))
    found = {Path(item.path).name: (item.folder, item.problem, item.content) for item in seen["models"]}
    assert found == {
        "good.safetensors": ("checkpoint", None, "checkpoint"),
        "cut.safetensors": ("checkpoint", "safetensors-incomplete", "unknown"),
        "page.safetensors": ("checkpoint", "safetensors-not-a-model", "unknown"),
        "empty.safetensors": ("checkpoint", "safetensors-empty-file", "unknown"),
        "vae.safetensors": ("checkpoint", None, "vae"),
        "whole.safetensors": ("vae", None, "checkpoint"),
        "l.safetensors": ("lora", None, "lora"),
    }
    assert seen["yamls"] == (folder + "good.yaml",)


def test_a_dangerous_pickle_is_named(tmp_path):
    import pickle

    class Evil:
        def __reduce__(self):
            return os.system, ("true",)

    path = tmp_path / "models" / "VAE" / "bad.pt"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Evil(), protocol=2))
    (seen,) = models.read(Layout(tmp_path))["models"]
    assert seen.pickle
    assert "system" in (seen.danger or "")


def test_an_environment_is_read_without_its_interpreter(tmp_path):
    for name in ("venv/lib/python3.10/site-packages/", "venv/Lib/site-packages/"):
        put(tmp_path, name + "torch-2.1.2+cu121.dist-info/METADATA")
        put(tmp_path, name + "Pillow-9.5.0.dist-info/METADATA")
        put(tmp_path, name + "torch/version.py", "__version__ = '2.1.2+cu121'\ncuda: Optional[str] = '12.1'\n")
    put(tmp_path, "venv/pyvenv.cfg", "home = /gone/bin\nversion = 3.10.6\n")
    put(tmp_path, "venv/bin/activate", 'VIRTUAL_ENV="/old/place/venv"\nexport VIRTUAL_ENV\n')
    seen = environment.read(Layout(tmp_path))["environment"]
    assert dict(seen.packages) == {"torch": "2.1.2+cu121", "pillow": "9.5.0"}
    assert (seen.torch_cuda, seen.home, seen.home_exists, seen.made_for) == (
        "12.1",
        "/gone/bin",
        False,
        "/old/place/venv",
    )
    assert seen.python is None


def test_extensions(tmp_path):
    put(
        tmp_path,
        "extensions/a/.git/config",
        '[core]\n\tbare = false\n[remote "origin"]\n\turl = https://x.example/a\n\tfetch = +\n',
    )
    put(tmp_path, "extensions/a/preload.py", 'parser.add_argument("--a-dir", type=str)\n')
    put(tmp_path, "extensions/b/readme.md")
    seen = others.extensions(Layout(tmp_path))["extensions"]
    assert [(item.name, item.remote, item.flags) for item in seen] == [
        ("a", "https://x.example/a", ("a-dir",)),
        ("b", None, ()),
    ]


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (None, "missing"),
        (b"{}", "ok"),
        (b"\xef\xbb\xbf{}", "bom"),
        (b"{", "corrupt"),
        (b"", "corrupt"),
        (b"[]", "corrupt"),
    ],
)
def test_settings_file(tmp_path, content, state):
    if content is not None:
        put(tmp_path, "config.json", content)
    assert install.scripts(Layout(tmp_path))["config"].state == state


def no_cache(_root: Path) -> None:
    """Nothing was ever fetched."""


def half_cache(root: Path) -> None:
    put(root, "hub/models--openai--clip-vit-large-patch14/refs/main", "abc")
    put(root, "hub/models--openai--clip-vit-large-patch14/snapshots/abc/vocab.json", "{}")


def cache(root: Path) -> None:
    half_cache(root)
    put(root, "hub/models--openai--clip-vit-large-patch14/snapshots/abc/merges.txt")


@pytest.mark.parametrize(("make", "state"), [(no_cache, "missing"), (half_cache, "damaged"), (cache, "ok")])
def test_tokenizer_cache(tmp_path, monkeypatch, make, state):
    make(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert others.tokenizer(Layout(tmp_path / "webui"), profile.load("nai"))["tokenizer"] == state


CRASH = 'Traceback (most recent call last):\n  File "webui.py", line 1\ntorch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB\n'


def test_a_log_from_before_a_repair_tells_of_the_past(tmp_path):
    layout = Layout(tmp_path)
    layout.logs.mkdir(parents=True)
    log = put(tmp_path, ".foxup/logs/webui.log", CRASH)
    (fresh,) = logs.read(layout, Facts())["logs"]
    assert (fresh.codes, fresh.stale) == (("cuda-oom",), False)
    Journal(layout.journal).write("end", "launch-script")
    os.utime(log, (1, 1))
    (old,) = logs.read(layout, Facts())["logs"]
    assert (old.stale, old.since) == (True, ("launch-script",))


def test_a_failed_install_is_not_the_past(tmp_path):
    layout = Layout(tmp_path)
    put(tmp_path, ".foxup/logs/install.log", CRASH)
    journal = Journal(layout.journal)
    journal.write("end", "folders")
    journal.write("fail", "packages.install")
    assert not logs.read(layout, Facts())["logs"][0].stale
    journal.write("end", "packages.install")
    assert logs.read(layout, Facts())["logs"][0].stale


def test_the_last_verdict(tmp_path):
    layout = Layout(tmp_path)
    picture = tmp_path / ".foxup" / "reports" / "1" / "fox.png"
    report = {"reference": "fox", "verdict": "different", "proven": False, "generated": str(picture), "explanation": [{"code": "img-clip-skip", "severity": "error"}, {"code": "ruled-out", "severity": "info"}]}  # fmt: skip
    put(tmp_path, ".foxup/reports/1/report.json", json.dumps(report))
    last = logs.verdict(layout)["verdict"]
    assert (last.verdict, last.codes, last.picture) == ("different", ("img-clip-skip",), ".foxup/reports/1/fox.png")
    put(tmp_path, ".foxup/reports/1/report.json", "[]")
    assert logs.verdict(layout)["verdict"] is None
