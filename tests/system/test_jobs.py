from __future__ import annotations

import ctypes
import os
import sys
import time
from typing import Any

import pytest

from foxup.system import commands, jobs
from foxup.system.processes import alive, identity


class FakeKernel:
    """Plays kernel32 and notes what it was told; `refuses` names the call that fails."""

    def __init__(self, refuses: str = "") -> None:
        self.told: list[tuple[Any, ...]] = []
        kernel = self

        class Function:
            restype: Any = None
            argtypes: Any = None

            def __init__(self, name: str, result: int) -> None:
                self.name, self.result = name, result

            def __call__(self, *arguments: Any) -> int:
                kernel.told.append((self.name, *arguments))
                return 0 if self.name == refuses else self.result

        self.CreateJobObjectW = Function("CreateJobObjectW", 77)
        self.SetInformationJobObject = Function("SetInformationJobObject", 1)
        self.AssignProcessToJobObject = Function("AssignProcessToJobObject", 1)
        self.CloseHandle = Function("CloseHandle", 1)

    @property
    def calls(self) -> list[str]:
        return [call[0] for call in self.told]


def _with(monkeypatch: pytest.MonkeyPatch, kernel: FakeKernel) -> FakeKernel:
    monkeypatch.setattr(ctypes, "WinDLL", lambda _name: kernel, raising=False)
    return kernel


def test_a_child_is_put_into_a_job_that_kills_on_close(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = _with(monkeypatch, FakeKernel())
    end = jobs.contain(1234)
    assert end
    assert ("AssignProcessToJobObject", 77, 1234) in kernel.told
    [_name, job, kind, pointer, size] = next(call for call in kernel.told if call[0] == "SetInformationJobObject")
    assert (job, kind, size) == (77, 9, ctypes.sizeof(jobs.ExtendedLimits))
    assert pointer._obj.basic.flags == 0x2000
    assert "CloseHandle" not in kernel.calls
    end()
    assert kernel.told[-1] == ("CloseHandle", 77)


@pytest.mark.parametrize("refuses", ["CreateJobObjectW", "SetInformationJobObject", "AssignProcessToJobObject"])
def test_a_job_that_windows_refuses_is_given_back(monkeypatch: pytest.MonkeyPatch, refuses: str) -> None:
    kernel = _with(monkeypatch, FakeKernel(refuses))
    assert jobs.contain(1234) is None
    assert kernel.calls.count("CloseHandle") == (0 if refuses == "CreateJobObjectW" else 1)


@pytest.mark.skipif(sys.maxsize < 2**32, reason="sizes of a 64-bit system")
def test_the_structure_has_the_size_windows_expects() -> None:
    assert ctypes.sizeof(jobs.ExtendedLimits) == 144


@pytest.mark.skipif(os.name != "nt", reason="job objects are Windows'")
def test_an_orphan_ends_with_the_job() -> None:
    script = (
        "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid)"
    )
    who = identity(int(commands.run([sys.executable, "-c", script], timeout=30).stdout))
    time.sleep(0.5)
    assert who is None or not alive(who)
