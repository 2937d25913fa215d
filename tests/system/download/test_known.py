"""Files that are here already: found by hash, proved again, given a second name instead of being fetched."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from servers import content, sha256

from foxup.errors import FoxupError
from foxup.system.download import fetch, make_context
from foxup.system.download.known import hub_caches
from foxup.system.download.place import copy, duplicate

BODY = content(300_000)
HASH = sha256(BODY)


@pytest.fixture
def elsewhere(tmp_path):
    path = tmp_path / "another install" / "other name.bin"
    path.parent.mkdir()
    path.write_bytes(BODY)
    return path


def one_file(first, second) -> bool:
    return os.path.samestat(first.stat(), second.stat())


def test_a_file_of_another_install_is_linked(context, destination, specify, elsewhere):
    fetched = fetch(specify(body=BODY), destination, context=replace(context, known={HASH: [elsewhere]}))
    assert fetched.source == str(elsewhere.parent)
    assert not fetched.pinned
    assert destination.read_bytes() == BODY
    assert (
        one_file(elsewhere, destination) or destination.stat().st_blocks
    )  # a link, or shared blocks where those exist


def test_an_index_that_lies_is_not_believed(server, context, destination, specify, elsewhere):
    elsewhere.write_bytes(content(300_000, seed=4))
    server.add("/f", BODY)
    fetch(specify(server.url + "/f", body=BODY), destination, context=replace(context, known={HASH: [elsewhere]}))
    assert destination.read_bytes() == BODY
    assert len(server.asked) == 1


@pytest.mark.parametrize("pinned", [True, False])
def test_shared_folders_are_searched(context, destination, specify, elsewhere, pinned):
    spec = specify(body=BODY) if pinned else specify(sha256_prefix=HASH[:10], name="other name.bin")
    fetched = fetch(spec, destination, context=replace(context, shared_folders=(elsewhere.parent,)))
    assert fetched.sha256 == HASH
    assert fetched.pinned is not pinned


def test_the_cache_of_hugging_face_s_tools_is_used(context, destination, specify, tmp_path):
    blobs = tmp_path / "hf" / "hub" / "models--a--b" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / HASH).write_bytes(BODY)
    caches = hub_caches({"HF_HOME": str(tmp_path / "hf")})
    fetch(specify(body=BODY), destination, context=replace(context, hub_caches=caches))
    assert destination.read_bytes() == BODY


def test_a_dangerous_pickle_is_refused_from_here_too(context, destination, specify, tmp_path):
    import pickle

    class Evil:
        def __reduce__(self):
            return os.system, ("true",)

    body = pickle.dumps(Evil())
    (tmp_path / "evil.ckpt").write_bytes(body)
    spec = specify(body=body, kind="pickle", name="evil.ckpt")
    with pytest.raises(FoxupError) as caught:
        fetch(spec, destination, context=replace(context, known={spec.sha256: [tmp_path / "evil.ckpt"]}))
    assert caught.value.code == "pickle-dangerous"
    assert not destination.exists()
    assert list(destination.parent.iterdir()) == []


def test_without_hard_links_it_is_copied(context, destination, elsewhere, monkeypatch):
    monkeypatch.setattr("foxup.system.download.place._clone", lambda *_args: False)
    monkeypatch.setattr("foxup.system.download.place._link", lambda *_args: False)
    duplicate(elsewhere, destination, HASH, link=True, check=lambda _path: None)
    assert destination.read_bytes() == BODY
    assert not one_file(elsewhere, destination)


def test_a_copy_that_differs_from_what_was_hashed_gets_no_name(destination, elsewhere):
    with pytest.raises(FoxupError) as caught:
        duplicate(elsewhere, destination, "0" * 64, link=True, check=lambda _path: None)
    assert caught.value.code == "download-hash-mismatch"
    assert not destination.exists()
    with pytest.raises(FoxupError):
        copy(elsewhere, destination, "0" * 64)


def test_the_environment_makes_a_context(tmp_path):
    environ = {"HF_HOME": str(tmp_path), "HF_TOKEN": "t", "HF_ENDPOINT": "https://mirror"}
    (tmp_path / "hub").mkdir()
    made = make_context(tmp_path, environ, mirrors={"https://civitai.com": "http://127.0.0.1:1"})
    assert made.mirrors == {"https://huggingface.co": "https://mirror", "https://civitai.com": "http://127.0.0.1:1"}
    assert made.hub_caches == (tmp_path / "hub",)
    assert [token.service for token in made.tokens] == ["huggingface"]
