from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foxup.system import interpreters

POSIX = pytest.mark.skipif(os.name == "nt", reason="stand-ins are shell scripts")

LAUNCHER_NEW = """ -V:3.12 *        C:\\Users\\Вася Пупкин\\AppData\\Local\\Programs\\Python\\Python312\\python.exe
 -V:3.10          C:\\Python310\\python.exe
 -V:3.10-32       C:\\Python310-32\\python.exe
 -V:Astral/CPython3.11.9 C:\\Users\\u\\AppData\\Roaming\\uv\\python\\cpython-3.11.9-windows-x86_64-none\\python.exe
"""
LAUNCHER_OLD = """Installed Pythons found by C:\\Windows\\py.exe Launcher for Windows
 -3.10-64\tC:\\Python310\\python.exe *
 -3.7-32\tC:\\Program Files (x86)\\Python37-32\\python.exe
"""
LAUNCHER_NONE = "No Installed Pythons Found!\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            LAUNCHER_NEW,
            [
                r"C:\Users\Вася Пупкин\AppData\Local\Programs\Python\Python312\python.exe",
                r"C:\Python310\python.exe",
                r"C:\Python310-32\python.exe",
                r"C:\Users\u\AppData\Roaming\uv\python\cpython-3.11.9-windows-x86_64-none\python.exe",
            ],
        ),
        (LAUNCHER_OLD, [r"C:\Python310\python.exe", r"C:\Program Files (x86)\Python37-32\python.exe"]),
        (LAUNCHER_NONE, []),
    ],
)
def test_the_launchers_lists_are_read(text: str, expected: list[str]) -> None:
    assert [str(path) for path in interpreters.parse_launcher(text)] == expected


def test_uvs_list_is_read() -> None:
    entry = {
        "key": "cpython-3.10.16-linux-x86_64-gnu",
        "version": "3.10.16",
        "path": "/u/cpython-3.10.16/bin/python3.10",
        "symlink": None,
    }
    assert interpreters.parse_uv(json.dumps([entry, {"path": None}])) == [Path("/u/cpython-3.10.16/bin/python3.10")]
    assert interpreters.parse_uv("error: no such option") == []


@given(st.text())
def test_no_list_breaks_the_readers(text: str) -> None:
    interpreters.parse_launcher(text)
    interpreters.parse_uv(text)
    interpreters.parse_answer(text)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["path", "version", "bits"]), inner),
        max_leaves=8,
    )
)
def test_no_json_breaks_the_readers(value: object) -> None:
    interpreters.parse_uv(json.dumps(value))
    interpreters.parse_answer(json.dumps(value))


def _script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def _answer(version: str, path: Path, bits: int = 64) -> str:
    values = {"version": version, "bits": bits, "path": str(path), "implementation": "CPython", "venv": True}
    return f"echo 'a site hook says hello'\necho '{json.dumps(values)}'"


@POSIX
def test_each_interpreter_is_asked_once_whatever_its_names(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    program = tmp_path / "bin" / "python3.10"
    _script(program, f"echo x >> {calls}\n{_answer('3.10.16', program)}")
    for name in ("python3", "python"):
        (program.parent / name).symlink_to("python3.10")
    found = interpreters.ask_all(interpreters.programs([program.parent, program.parent], windows=False))
    assert [(each.version, each.path) for each in found] == [("3.10.16", str(program))]
    assert calls.read_text() == "x\n"


@POSIX
def test_broken_and_hanging_interpreters_do_not_hold_up_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreters, "ASK_TIMEOUT_S", 1.0)
    good = tmp_path / "good" / "python3"
    paths = [
        _script(tmp_path / "hangs" / "python3", "sleep 60"),
        _script(tmp_path / "crashes" / "python3", "kill -SEGV $$"),
        _script(tmp_path / "babbles" / "python3", "echo nonsense"),
        _script(good, _answer("3.11.9", good, 32)),
    ]
    begun = time.monotonic()
    found = interpreters.ask_all(paths)
    assert [(each.version, each.bits) for each in found] == [("3.11.9", 32)]
    assert time.monotonic() - begun < 6


@POSIX
def test_shims_are_left_out(tmp_path: Path) -> None:
    _script(tmp_path / "shims" / "python3", "exit 1")
    assert list(interpreters.programs([tmp_path / "shims"], windows=False)) == []


def test_relative_folders_of_path_are_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "python3").touch()
    monkeypatch.chdir(tmp_path)
    assert list(interpreters.programs([Path()], windows=False)) == []


def test_names_are_tried_in_the_order_people_mean_them(tmp_path: Path) -> None:
    for name in ("python", "python3.9", "python3.12", "python3", "python3-config", "python3.11m", "pythonw"):
        (tmp_path / name).touch()
    assert [path.name for path in interpreters.programs([tmp_path], windows=False)] == [
        "python3",
        "python3.12",
        "python3.9",
        "python",
    ]


def test_pyenvs_own_root_is_respected_and_newest_comes_first(tmp_path: Path) -> None:
    for version in ("3.9.18", "3.13.0", "3.10.13"):
        (tmp_path / "root/versions" / version / "bin").mkdir(parents=True)
    found = interpreters.folders({"PYENV_ROOT": str(tmp_path / "root")}, tmp_path / "home", windows=False)
    own = [path.parent.name for path in found if tmp_path in path.parents]
    assert own == ["3.13.0", "3.10.13", "3.9.18"]


def test_homes_of_windows_installers_are_searched(tmp_path: Path) -> None:
    (tmp_path / "Programs/Python/Python310").mkdir(parents=True)
    environ = {"LOCALAPPDATA": str(tmp_path)}
    rules = [place.replace("\\", "/") for place in interpreters._rules()["windows"]["folders"]]
    assert "%LOCALAPPDATA%/Programs/Python/*" in rules
    assert (
        interpreters._expanded("%LOCALAPPDATA%/Programs/Python/*", environ, tmp_path) == f"{tmp_path}/Programs/Python/*"
    )
    assert interpreters._expanded("%APPDATA%/uv", environ, tmp_path) is None


class TestStore:
    def test_an_alias_that_opens_the_store_is_told_without_starting_it(self, tmp_path: Path) -> None:
        alias = tmp_path / "Microsoft" / "WindowsApps" / "python.exe"
        alias.parent.mkdir(parents=True)
        alias.touch()  # an alias has no size and cannot be run here: starting it would fail
        [found] = interpreters.ask_all([alias])
        assert (found.store_stub, found.path, found.version) == (True, str(alias), "")

    def test_pythons_real_store_edition_is_no_stub(self, tmp_path: Path) -> None:
        alias = tmp_path / "Microsoft" / "WindowsApps" / "python.exe"
        (alias.parent / "PythonSoftwareFoundation.Python.3.10_qbz5n2kfra8p0").mkdir(parents=True)
        assert not interpreters.is_store_stub(alias)

    def test_windows_spelling_does_not_matter(self) -> None:
        path = PureWindowsPath(r"C:\Users\u\AppData\Local\microsoft\windowsapps\python3.exe")
        assert str(path.parent).lower().endswith(interpreters._rules()["skip"]["store"])


def test_an_environment_counts_as_the_interpreter_it_was_made_from() -> None:
    found = interpreters.ask(Path(sys.executable))
    assert found
    assert Path(found.path).resolve() == Path(sys.executable).resolve()
    assert found.version.split(".")[:2] == [str(part) for part in sys.version_info[:2]]
    if sys.prefix != sys.base_prefix:
        assert not Path(found.path).is_relative_to(sys.prefix)


def test_this_machine_has_interpreters_each_listed_once() -> None:
    found = interpreters.find()
    real = [os.path.realpath(each.path) for each in found]
    assert os.path.realpath(sys.executable) in real or found
    assert len(real) == len(set(real))
