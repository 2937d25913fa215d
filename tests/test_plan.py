"""Planning is pure: facts and an install's state in, steps out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from foxup import plan, profile, survey
from foxup.facts import DiskFacts, Facts, OsFacts, PythonFacts
from foxup.installed import EnvironmentState, FileState, Installed, PackageSources
from foxup.paths import Layout

LINUX = Facts(
    os=OsFacts(family="linux", name="Debian", version="12", arch="x86_64"),
    python=(PythonFacts("3.11.2", 64, "/usr/bin/python3"),),
    ram_mib=16000,
    disk=DiskFacts(target_free_gib=50.0),
)
KEYS = {
    "profile", "verdict", "proceed", "selected_gpu", "effective_vram_mib", "torch", "launch_args", "python", "env",
    "steps", "download_bytes", "disk_bytes",
}  # fmt: skip


def made(facts=LINUX, installed=None, windows=False):
    smoke = profile.load("smoke")
    state = installed or Installed(embedded=survey.embedded(smoke))
    return plan.make(smoke, facts, state, Layout(Path("/srv/webui"), windows=windows))


def codes(made_plan):
    return [finding.code for finding in made_plan.findings]


def test_a_bare_folder_needs_everything_in_order():
    steps = [step.id for step in made().steps]
    assert steps[:4] == ["webui.files", "folders", "environment.create", "packages.install"]
    assert steps[-3:] == ["launch-script", "settings", "proof.fox"]
    assert {"models.tinyfox", "models.clearfox"} <= set(steps)


def test_the_document_keeps_the_contract():
    document = made().to_document()
    assert set(document) >= KEYS
    assert json.loads(json.dumps(document)) == document
    for step in document["steps"]:
        assert set(step) >= {"id", "title", "why", "bytes", "sources", "sha256"}
        assert step["why"]
    assert document["python"] == "use:/usr/bin/python3"
    assert document["verdict"] == "recommended"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (replace(LINUX, disk=DiskFacts(target_free_gib=1.0)), "disk-too-small"),
        (replace(LINUX, os=OsFacts(family="linux", name="old", arch="i686")), "os-unsupported"),
        (replace(LINUX, os=OsFacts(family="freebsd", name="FreeBSD", arch="amd64")), "os-unsupported"),
    ],
)
def test_what_stands_in_the_way_blocks(facts, code):
    blocked = made(facts)
    assert code in codes(blocked)
    assert not blocked.proceed


def test_little_memory_only_warns():
    assert codes(made(replace(LINUX, ram_mib=1000))) == ["ram-low"]
    assert made(replace(LINUX, ram_mib=1000)).proceed


@pytest.mark.parametrize(
    ("pythons", "choice"),
    [
        ((), "provision"),
        ((PythonFacts("3.12.1", 64, "/usr/bin/python3.12"),), "provision"),
        ((PythonFacts("3.11.2", 32, "/usr/bin/python3"),), "provision"),
        ((PythonFacts("3.11.2", 64, "/home/Вася/python"),), "provision"),
        (
            (PythonFacts("3.11.2", 64, "/a"), PythonFacts("3.11.10", 64, "/b"), PythonFacts("3.11.9", 64, "/c")),
            "use:/b",
        ),
        ((PythonFacts("3.11.5", 64, "/pypy", implementation="PyPy"),), "provision"),
        ((PythonFacts("3.11.0rc1", 64, "/rc"),), "provision"),
    ],
)
def test_the_interpreter_is_chosen_or_brought(pythons, choice):
    assert made(replace(LINUX, python=pythons)).to_document()["python"] == choice


@pytest.mark.parametrize(
    ("family", "arch", "sources", "index"),
    [
        ("linux", "x86_64", PackageSources(wheels=("torch-2.13.0+cpu-cp311-cp311-manylinux.whl",)), "pypi"),
        ("linux", "x86_64", PackageSources(cpu_index=True), "https://download.pytorch.org/whl/cpu"),
        ("linux", "x86_64", PackageSources(cpu_index=False), "pypi"),
        ("linux", "aarch64", PackageSources(cpu_index=True), "pypi"),
        ("windows", "AMD64", PackageSources(cpu_index=True), "pypi"),
        ("macos", "arm64", PackageSources(cpu_index=True), "pypi"),
    ],
)
def test_torch_comes_from_the_smallest_place_that_has_it(family, arch, sources, index):
    facts = replace(LINUX, os=OsFacts(family=family, name=family, arch=arch))
    installed = Installed(embedded=survey.embedded(profile.load("smoke")), package_sources=sources)
    assert made(facts, installed).machine["torch"]["index"] == index


def test_windows_gets_its_own_launch_script():
    ids = {step.id: step for step in made(windows=True).steps}
    assert "webui-user.bat" in ids["launch-script"].title


def test_a_finished_environment_of_any_torch_choice_is_left_alone():
    first = made()
    smoke = profile.load("smoke")
    done = EnvironmentState(present=True, python="3.11.2", digest=first.environment_digest, begun=True)
    other = Installed(embedded=survey.embedded(smoke), environment=done, package_sources=PackageSources(cpu_index=True))
    ids = [step.id for step in made(installed=other).steps]
    assert "environment.create" not in ids
    assert "packages.install" not in ids
    stale = replace(other, environment=replace(done, digest="0" * 64))
    assert "packages.install" in [step.id for step in made(installed=stale).steps]


def test_a_wrong_model_file_is_planned_again():
    smoke = profile.load("smoke")
    files = {file.destination: FileState(file.size or 0, file.sha256 or "") for file in smoke.files}
    good = Installed(embedded=survey.embedded(smoke), files=files)
    assert not [step for step in made(installed=good).steps if step.id.startswith("models.")]
    vae = next(file.destination for file in smoke.files if file.id == "clearfox")
    spoiled = replace(good, files={**files, vae: FileState(1, "0" * 64)})
    assert [step.id for step in made(installed=spoiled).steps if step.id.startswith("models.")] == ["models.clearfox"]
