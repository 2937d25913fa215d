"""Extensions come by name to their pinned commits, on a branch; what was asked for once is watched by every plan."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from foxup import console, plan, profile, survey
from foxup.__main__ import run
from foxup.facts import DiskFacts, Facts, OsFacts
from foxup.paths import Layout
from foxup.receipt import Receipt, from_document

ID = "ultimate-upscale"
LINUX = Facts(OsFacts("linux", "Debian", "12", "x86_64"), ram_mib=16000, disk=DiskFacts(target_free_gib=50.0))


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    return subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@dataclass(frozen=True)
class Place:
    layout: Layout
    chosen: profile.Profile
    folder: Path
    commit: str
    capture: pytest.CaptureFixture[str]

    def fetch(self, *arguments: str) -> tuple[int, dict]:
        self.capture.readouterr()
        console.out = type(console.out)()
        code = run(["fetch", *arguments, "--dir", str(self.layout.root), "--profile", self.chosen.address, "--json"])
        return code, json.loads(self.capture.readouterr().out)

    def steps(self) -> dict[str, bool]:
        """Whether each extension's step would act."""
        made = plan.make(self.chosen, LINUX, survey.look(self.layout, self.chosen), self.layout, prove=False)
        everything = [*((step, True) for step in made.steps), *((step, False) for step in made.satisfied)]
        return {step.id: acts for step, acts in everything if step.id.startswith("extensions.")}


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    """A web UI of which only the launcher is there, and a real remote of the extension, one commit ahead of the pin."""
    remote = tmp_path / "remote"
    git(tmp_path, "init", "-q", "-b", "main", str(remote))
    git(remote, "config", "uploadpack.allowAnySHA1InWant", "true")
    (remote / "script.py").write_text("1")
    git(remote, "add", "-A")
    git(remote, "commit", "-qm", "1")
    commit = git(remote, "rev-parse", "HEAD")
    (remote / "script.py").write_text("2")
    git(remote, "commit", "-qam", "2")
    root = tmp_path / "webui"
    root.mkdir()
    (root / "launch.py").write_text("")
    layout = Layout(root)
    layout.state.mkdir()
    layout.receipt.write_text(json.dumps(Receipt("0", "smoke").to_document()))
    smoke = profile.load("smoke")
    text = f"""
[[extensions]]
id = "{ID}"
name = "upscale"
title.en = "Upscale"
title.ru = "Upscale"
destination = "extensions/upscale"
commit = "{commit}"
sources = [{{url = "file:///nowhere"}}, {{url = "{remote.as_uri()}"}}]
"""
    path = smoke.folder / "smoke.toml"
    mine = tmp_path / "mine.toml"
    mine.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    for name in ("smoke", "minui"):
        if (smoke.folder / name).exists():
            (tmp_path / name).symlink_to(smoke.folder / name)
    return Place(layout, profile.load(str(mine)), root / "extensions" / "upscale", commit, capsys)


def test_one_that_nobody_asked_for_is_no_step(place):
    place.folder.mkdir(parents=True)
    (place.folder / "mine.py").write_text("put here by hand")
    assert place.steps() == {}


def test_asked_for_once_it_is_there_on_a_branch_and_watched(place):
    code, document = place.fetch(ID)
    assert code == 0
    assert document["data"]["extensions"][0] | {"path": ""} == {
        "id": ID, "path": "", "ok": True, "commit": place.commit, "fresh": True,
    }  # fmt: skip
    assert git(place.folder, "symbolic-ref", "--short", "HEAD") == "master"
    assert git(place.folder, "rev-parse", "HEAD") == place.commit
    assert git(place.folder, "rev-parse", "--show-toplevel") == str(place.folder.resolve())
    assert place.steps() == {f"extensions.{ID}": False}
    assert place.fetch("upscale")[1]["data"]["extensions"][0]["fresh"] is False


def test_without_the_network_only_a_copy_on_this_machine_is_taken(place):
    text = Path(place.chosen.address).read_text(encoding="utf-8")
    (place.layout.root.parent / "far.toml").write_text(text.replace("file:///", "https://nowhere.invalid/"))
    far = replace(place, chosen=profile.load(str(place.layout.root.parent / "far.toml")))
    code, document = far.fetch(ID, "--offline")
    assert (code, document["data"]["extensions"][0]["error"]) == (1, "git-offline")
    assert not place.folder.exists()
    assert place.fetch(ID, "--offline")[0] == 0


@pytest.mark.parametrize("damage", ["detached", "newer", "no git folder", "gone"])
def test_what_happened_to_it_is_put_right(place, damage):
    place.fetch(ID)
    if damage == "detached":  # the web UI leaves it out of its list then
        git(place.folder, "checkout", "-q", "--detach")
    elif damage == "newer":
        git(place.folder, "commit", "-q", "--allow-empty", "-m", "newer")
    else:
        shutil.rmtree(place.folder / ".git" if damage == "no git folder" else place.folder)
    assert place.steps() == {f"extensions.{ID}": True}
    assert place.fetch(ID)[0] == 0
    assert place.steps() == {f"extensions.{ID}": False}


def test_forgotten_it_stays_and_is_no_longer_looked_at(place):
    place.fetch(ID)
    assert place.fetch(ID, "--forget")[0] == 0
    assert place.folder.is_dir()
    assert place.steps() == {}


def test_from_no_source_nothing_is_left_and_nothing_is_remembered(place):
    shutil.rmtree(place.layout.root.parent / "remote")
    code, document = place.fetch(ID)
    assert code == 1
    assert document["data"]["extensions"][0]["error"] == "git-sources-failed"
    assert not place.folder.exists()
    assert from_document(json.loads(place.layout.receipt.read_text())).extensions == ()


def test_without_a_web_ui_it_has_no_place(place):
    (place.layout.root / "launch.py").unlink()
    assert place.fetch(ID)[1]["error"]["code"] == "not-installed"


def test_an_older_receipt_asked_for_none():
    old = replace(Receipt("0", "nai")).to_document()
    del old["extensions"]
    assert from_document(old).extensions == ()


def test_both_profiles_of_the_guide_name_the_same_ones():
    assert profile.load("nai").extensions == profile.load("nai-cpu").extensions
    assert {item.id for item in profile.load("nai").extensions} == {"ultimate-upscale", "tiled-diffusion"}
