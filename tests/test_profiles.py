"""Every profile that ships is whole: files, hashes, locks, pages."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from foxup import profile
from foxup.errors import UsageError
from foxup.locking import split
from foxup.profile import document

ROOT = Path(__file__).parents[1]
PROFILES = [profile.load(name) for name in profile.names()]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def by_name(value):
    return getattr(value, "name", None)


@pytest.mark.parametrize("shipped", PROFILES, ids=by_name)
def test_shipped_files_are_the_pinned_ones(shipped):
    for file in shipped.files:
        for source in file.sources:
            if source.url.startswith("package:"):
                content = (shipped.folder / source.url.removeprefix("package:")).read_bytes()
                assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256), file.id
    for reference in shipped.references:
        if reference.picture and reference.picture.startswith("package:"):
            content = (shipped.folder / reference.picture.removeprefix("package:")).read_bytes()
            assert hashlib.sha256(content).hexdigest() == reference.picture_sha256


@pytest.mark.parametrize("shipped", PROFILES, ids=by_name)
def test_ids_are_unique_and_point_somewhere(shipped):
    ids = [file.id for file in shipped.files]
    assert len(ids) == len(set(ids))
    assert {file.part_of for file in shipped.files} - {None} <= set(ids)
    names = [reference.id for reference in shipped.references]
    assert len(names) == len(set(names))
    assert not shipped.fallback or profile.load(shipped.fallback)


@pytest.mark.parametrize("shipped", PROFILES, ids=by_name)
def test_locked_packages_have_hashes_or_a_written_reason(shipped):
    packages = shipped.packages
    for name in {packages.lock, packages.torch_lock, *(choice.lock for choice in packages.torch)}:
        text = (shipped.folder / name).read_text(encoding="utf-8")
        entries = re.findall(r"^[A-Za-z0-9][^\n]*(?:\n[ \t]+[^\n]*)*", text, re.MULTILINE)
        assert entries, name
        bare = [entry for entry in entries if not HASH.search(entry)]
        assert not bare or text.startswith("# No hashes: "), (name, bare[:2])


def test_the_smoke_packages_are_the_optional_extra():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = (ROOT / "profiles/smoke/packages/requirements.in").read_text(encoding="utf-8")
    lines = [line for line in wanted.splitlines() if line and not line.startswith("#")]
    assert pyproject["project"]["optional-dependencies"]["minui"] == lines


def test_a_lock_is_parted_into_torch_and_the_rest():
    entries = [
        "numpy==2.4.6 \\\n    --hash=sha256:a\n",
        "torch==2.13.0 ; x\n",
        "nvidia-nccl-cu13==1\n",
        "torchmetrics==1\n",
    ]
    torch, rest = split(entries)
    assert torch == entries[1:3]
    assert rest == [entries[0], entries[3]]


@pytest.mark.parametrize(
    ("change", "where"),
    [('nonsense = 1\nname = "x"', "nonsense"), ("name = 1", "name"), ('name = "x', "line 2")],
)  # fmt: skip
def test_a_wrong_profile_names_the_key(tmp_path, change, where):
    path = tmp_path / "mine.toml"
    text = (ROOT / "profiles/smoke.toml").read_text(encoding="utf-8")
    path.write_text(re.sub(r'^name = "smoke"$', change, text, count=1, flags=re.MULTILINE), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        profile.load(str(path))
    assert caught.value.code == "profile-invalid"
    if where != "line 2":
        assert where in caught.value.message


def test_a_file_without_pin_needs_a_reason(tmp_path):
    text = (ROOT / "profiles/smoke.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(re.sub(r"^size = \d+$", "", text, count=1, flags=re.MULTILINE), encoding="utf-8")
    with pytest.raises(UsageError, match="unpinned_reason"):
        profile.load(str(path))


@pytest.mark.parametrize(
    ("page", "made"), [("profiles.md", document.markdown), ("profile.schema.json", document.schema)]
)
def test_the_reference_pages_are_current(page, made):
    assert (ROOT / "docs/reference" / page).read_text(encoding="utf-8") == made()
