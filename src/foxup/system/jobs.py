"""Windows job objects: a child and all it starts end together, even when foxup itself is ended by force.

A process tree cannot hold them there: a grandchild whose parent is gone belongs to no tree any more.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

_EXTENDED_LIMITS = 9  # JobObjectExtendedLimitInformation (winnt.h)
_KILL_ON_CLOSE = 0x2000  # JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("most_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
    )


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION: 144 bytes on 64-bit Windows."""

    _fields_ = (
        ("basic", _BasicLimits),
        ("io", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


def contain(process_handle: int) -> Callable[[], None] | None:
    """Put a running child into a job and return what ends the job with all its members.

    None when Windows refuses (an outer job of an old system may): the process tree is then all there is.
    """
    kernel = _kernel()
    job = kernel.CreateJobObjectW(None, None)
    if not job:
        return None
    limits = ExtendedLimits()
    limits.basic.flags = _KILL_ON_CLOSE
    limited = kernel.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits))
    if limited and kernel.AssignProcessToJobObject(job, process_handle):
        return lambda: kernel.CloseHandle(job)
    kernel.CloseHandle(job)
    return None


def _kernel() -> Any:
    """Return kernel32 with the types that keep 64-bit handles whole."""
    kernel = getattr(ctypes, "WinDLL")("kernel32")  # noqa: B009 - absent from the stubs off Windows
    handle = ctypes.c_void_p
    kernel.CreateJobObjectW.restype = handle
    kernel.SetInformationJobObject.argtypes = (handle, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32)
    kernel.AssignProcessToJobObject.argtypes = (handle, handle)
    kernel.CloseHandle.argtypes = (handle,)
    return kernel
