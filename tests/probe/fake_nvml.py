# ruff: noqa: N802 - the functions are called as in the real library
"""A stand-in for the module pynvml that plays back recorded answers, failures included."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


class NVMLError(Exception):
    """Like pynvml's: the number is in `value`."""

    def __init__(self, value: int) -> None:
        super().__init__(value)
        self.value = value


class FakeNvml:
    """Plays `recording`: `init` (code), `driver`, `cuda`, `devices`; `{"error": n}` in any place fails with code n."""

    NVMLError = NVMLError

    def __init__(self, recording: dict[str, Any]) -> None:
        self.recording = recording
        self.running = False
        self.shutdowns = 0

    def nvmlInit(self) -> None:
        if self.recording.get("init"):
            raise NVMLError(self.recording["init"])
        self.running = True

    def nvmlShutdown(self) -> None:
        self.running = False
        self.shutdowns += 1
        if self.recording.get("shutdown"):
            raise NVMLError(self.recording["shutdown"])

    def nvmlSystemGetDriverVersion(self) -> Any:
        return self._played(self.recording["driver"])

    def nvmlSystemGetCudaDriverVersion(self) -> Any:
        return self._played(self.recording["cuda"])

    def nvmlDeviceGetCount(self) -> int:
        return self._played(self.recording.get("count", len(self.recording["devices"])))

    def nvmlDeviceGetHandleByIndex(self, index: int) -> dict[str, Any]:
        return self._played(self.recording["devices"][index])

    def nvmlDeviceGetName(self, handle: dict[str, Any]) -> Any:
        return self._played(handle["name"])

    def nvmlDeviceGetUUID(self, handle: dict[str, Any]) -> Any:
        return self._played(handle["uuid"])

    def nvmlDeviceGetMemoryInfo(self, handle: dict[str, Any]) -> Any:
        return SimpleNamespace(total=self._played(handle["memory"]), free=0, used=0)

    def nvmlDeviceGetPciInfo(self, handle: dict[str, Any]) -> Any:
        return SimpleNamespace(busId=self._played(handle["bus"]), pciDeviceId=self._played(handle["pci"]))

    def nvmlDeviceGetCudaComputeCapability(self, handle: dict[str, Any]) -> Any:
        return tuple(self._played(handle["cc"]))

    def nvmlDeviceGetMigMode(self, handle: dict[str, Any]) -> Any:
        return self._played(handle["mig"])

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: dict[str, Any]) -> int:
        return len(handle["slices"])

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: dict[str, Any], index: int) -> Any:
        return self._played(handle["slices"][index])

    def _played(self, value: Any) -> Any:
        assert self.running, "asked before nvmlInit or after nvmlShutdown"
        if isinstance(value, dict) and set(value) == {"error"}:
            raise NVMLError(value["error"])
        return value
