"""Package indexes that fail in every way indexes fail, through the real uv: the next one, nothing left, no question."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foxup.errors import FoxupError
from foxup.step import Indexes
from foxup.system import uv
from tests.nai.index_server import IndexHost
from tests.wheels import wheel

FAULTS = {
    "gone": ("package-not-offered", "does not have"),
    "login": ("package-not-offered", "sign-in page"),
    "loop": ("package-not-offered", "does not have"),
    "private": ("package-not-offered", "wants a password"),
    "forbidden": ("package-not-offered", "turns this network away"),
    "no-file": ("package-not-offered", "does not have"),
    "page-for-file": ("package-not-offered", "a web page came instead"),
    "down": ("package-index-unreachable", "out of order"),
    "silent": ("package-index-unreachable", "cannot be reached"),
    "cut": ("package-not-whole", "broke off"),
    "reset": ("package-not-whole", "broke off"),
    "stall": ("package-not-whole", "broke off"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "venv"
    uv.create_environment(folder, sys.executable, ">=3.11", log=print, started=print)
    return folder / "bin" / "python"


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexHost]:
    """An index with `plain` (for locks with hashes) and `special` (for locks without); uv without patience."""
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("UV_HTTP_TIMEOUT", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    with IndexHost(tmp_path / "index") as served:
        yield served


def install(made: Path, tmp_path: Path, indexes: list[Indexes], names: tuple[str, ...] = ("plain",)) -> dict[str, str]:
    """Install the packages fresh and return what the environment holds then."""
    locks = []
    for name in names:
        digest = wheel(tmp_path / "index", name, "1.0")
        locks.append(tmp_path / f"{name}.txt")
        locks[-1].write_text(f"{name}==1.0" + (f" --hash=sha256:{digest}\n" if name == "plain" else "\n"))
    said: list[str] = []
    uv.install(made, locks, uv.Places(indexes), log=said.append, started=lambda _pid: None)
    return uv.packages(made)


@pytest.fixture(autouse=True)
def empty(made: Path) -> Iterator[None]:
    yield
    for name in uv.packages(made):
        for path in (made.parents[1] / "lib").glob(f"python*/site-packages/{name}*"):
            for file in path.iterdir() if path.is_dir() else ():
                file.unlink()
            path.rmdir() if path.is_dir() else path.unlink()


@pytest.mark.parametrize("way", FAULTS)
def test_an_index_that_fails_is_a_clear_error_and_leaves_nothing(tmp_path, made, host, way):
    code, words = FAULTS[way]
    with pytest.raises(FoxupError) as caught:
        install(made, tmp_path, [Indexes(default=host.index(way))])
    error = caught.value
    assert error.code == code
    assert words in f"{error.message} {error.cause}"
    assert error.hint
    assert uv.packages(made) == {}
    assert host.secrets == []


@pytest.mark.parametrize("way", FAULTS)
def test_a_mirror_that_fails_gives_way_to_the_original(tmp_path, made, host, way):
    mirror = Indexes(host.index(way), host.index(way))
    original = Indexes(host.index("good"), host.index("good"))
    assert install(made, tmp_path, [mirror, original], ("special", "plain")) == {"special": "1.0", "plain": "1.0"}


def test_an_index_may_redirect_to_another_host(tmp_path, made, host):
    assert install(made, tmp_path, [Indexes(default=host.index("elsewhere"))]) == {"plain": "1.0"}


def test_when_all_fail_each_is_named_with_what_it_did(tmp_path, made, host):
    with pytest.raises(FoxupError) as caught:
        install(made, tmp_path, [Indexes(default=host.index("gone")), Indexes(default=host.index("cut"))])
    assert caught.value.code == "package-not-whole"
    first, second = caught.value.cause.split("\n", 1)
    assert first.startswith(host.index("gone"))
    assert "incomplete mirror" in first
    assert second.startswith(host.index("cut"))


def test_an_interpreter_comes_from_the_original_when_the_mirror_has_none(tmp_path, host, monkeypatch):
    """The mirror is asked first; what it fails to give is asked of uv's own source, to which the way is blocked here."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "interpreters"))
    asked: list[str] = []
    with pytest.raises(FoxupError) as caught:
        uv.create_environment(
            tmp_path / "venv", None, "3.10", mirror=host.index("gone"), log=asked.append, started=print
        )
    assert caught.value.code == "python-not-provided"
    assert any(path.startswith("/gone/") for path in host.asked)
    assert sum(line.startswith("$ ") for line in asked) == 2
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize(("own", "expected"), [(None, "60"), ("7", "7")])
def test_uv_waits_a_minute_unless_the_person_says_otherwise(monkeypatch, own, expected):
    monkeypatch.delenv("UV_HTTP_TIMEOUT", raising=False)
    if own:
        monkeypatch.setenv("UV_HTTP_TIMEOUT", own)
    assert uv.environment()["UV_HTTP_TIMEOUT"] == expected
