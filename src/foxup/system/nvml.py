"""NVIDIA's management library, asked first about every NVIDIA card.

The library runs inside a driver that may be broken: it has hung and crashed in the field. So this file is also a small
program that foxup starts, and that prints all answers as JSON; it imports nothing of foxup when it runs as one.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from foxup.facts import GpuFacts, NvmlFacts

TIMEOUT_S = 5.0
LIBRARY_NOT_FOUND = 12
FUNCTION_NOT_FOUND = 13
UNKNOWN = 999
_MIB = 1024 * 1024


def read(child: Path = Path(__file__), timeout: float = TIMEOUT_S) -> dict[str, Any]:
    """Run the asking program and return its raw answer, as `ask` gives it.

    Raises FoxupError (`command-timeout`, `nvml-crashed`) when the driver hangs or takes the program down.
    """
    from foxup.errors import FoxupError
    from foxup.i18n import _
    from foxup.system.commands import run

    # -P: the folder of this file must not shadow other packages.
    done = run([sys.executable, "-P", child], timeout=timeout)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = None
    if not done.ok or not isinstance(answer, dict):
        raise FoxupError(
            "nvml-crashed",
            _("Asking the NVIDIA driver ended with exit code {code}.").format(code=done.rc),
            cause=done.stderr.strip()[-500:],
        )
    return answer


def ask(library: Any) -> dict[str, Any]:
    """Ask everything of `library` (the module pynvml or one like it) and return plain values.

    `{"init": "error", "code": n}` when it does not start; else `{"init": "ok", "driver", "cuda", "devices"}` with
    memory in bytes and, under `errors`, the NVML code of each field that did not answer.
    """
    try:
        library.nvmlInit()
    except library.NVMLError as error:
        return {"init": "error", "code": int(error.value)}
    try:
        return _ask_all(library)
    finally:
        with suppress(library.NVMLError):  # everything is known already
            library.nvmlShutdown()


def _ask_all(library: Any) -> dict[str, Any]:
    errors: dict[str, int] = {}
    count = _value(library, errors, "count", "nvmlDeviceGetCount") or 0
    return {
        "init": "ok",
        "driver": _text(_value(library, errors, "driver", "nvmlSystemGetDriverVersion")),
        "cuda": _value(library, errors, "cuda", "nvmlSystemGetCudaDriverVersion"),
        "errors": errors,
        "devices": [_device(library, index) for index in range(count)],
    }


def _device(library: Any, index: int) -> dict[str, Any]:
    errors: dict[str, int] = {}
    handle = _value(library, errors, "handle", "nvmlDeviceGetHandleByIndex", index)
    result: dict[str, Any] = {"index": index, "errors": errors}
    if "handle" in errors:
        return result
    memory = _value(library, errors, "memory", "nvmlDeviceGetMemoryInfo", handle)
    pci = _value(library, errors, "pci", "nvmlDeviceGetPciInfo", handle)
    capability = _value(library, errors, "cc", "nvmlDeviceGetCudaComputeCapability", handle)
    mode = _value(library, errors, "mig", "nvmlDeviceGetMigMode", handle)
    result |= {
        "name": _text(_value(library, errors, "name", "nvmlDeviceGetName", handle)),
        "uuid": _text(_value(library, errors, "uuid", "nvmlDeviceGetUUID", handle)),
        "memory": None if memory is None else int(memory.total),
        "bus": None if pci is None else _text(pci.busId),
        "pci": None if pci is None else int(pci.pciDeviceId),
        "cc": None if capability is None else [int(part) for part in capability],
        "mig": None if mode is None else bool(mode[0]),
    }
    if result["mig"]:
        result["slices"] = _slices(library, handle, errors)
    return result


def _slices(library: Any, parent: Any, errors: dict[str, int]) -> list[dict[str, Any]]:
    """Return the MIG devices of a card; places without one answer NOT_FOUND and are left out."""
    found = []
    for index in range(_value(library, errors, "mig_count", "nvmlDeviceGetMaxMigDeviceCount", parent) or 0):
        handle = _value(library, {}, "", "nvmlDeviceGetMigDeviceHandleByIndex", parent, index)
        if handle is None:
            continue
        memory = _value(library, errors, "slice_memory", "nvmlDeviceGetMemoryInfo", handle)
        found.append(
            {
                "uuid": _text(_value(library, errors, "slice_uuid", "nvmlDeviceGetUUID", handle)),
                "name": _text(_value(library, errors, "slice_name", "nvmlDeviceGetName", handle)),
                "memory": None if memory is None else int(memory.total),
            }
        )
    return found


def _value(library: Any, errors: dict[str, int], field: str, function: str, *arguments: Any) -> Any:
    """Call one function; a failure is noted under `field` and gives None. One missing is FUNCTION_NOT_FOUND."""
    call: Callable[..., Any] | None = getattr(library, function, None)
    if call is None:
        errors[field] = FUNCTION_NOT_FOUND
        return None
    try:
        return call(*arguments)
    except library.NVMLError as error:
        errors[field] = int(error.value)
        return None


def _text(value: Any) -> str | None:
    """Old bindings answer in bytes."""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return None if value is None else str(value)


def parse(answer: dict[str, Any]) -> tuple[NvmlFacts, list[GpuFacts]]:
    """Turn a raw answer of `ask` into facts. Cards that do not answer keep only their `status`."""
    from foxup.facts import NvmlFacts

    if answer.get("init") != "ok":
        return NvmlFacts(init="error", code=int(answer.get("code") or UNKNOWN)), []
    driver = answer.get("driver")
    facts = NvmlFacts(init="ok", code=None, driver=driver, cuda=cuda_text(answer.get("cuda")))
    return facts, [_card(device, driver) for device in answer.get("devices", [])]


def _card(device: dict[str, Any], driver: str | None) -> GpuFacts:
    from foxup.facts import GpuFacts
    from foxup.system.pci import bus_text, pair_text

    capability = device.get("cc")
    slices = device.get("slices")
    return GpuFacts(
        vendor="nvidia",
        name=device.get("name") or "",
        pci=pair_text(device.get("pci")),
        bus=bus_text(device.get("bus")),
        cc=".".join(map(str, capability)) if capability else None,
        vram_mib=_mib(device.get("memory")),
        mig=[_slice(each) for each in slices] if slices else device.get("mig"),
        uuid=device.get("uuid"),
        driver=driver,
        status=_status(device.get("errors", {})),
        source="nvml",
    )


def _slice(device: dict[str, Any]) -> dict[str, Any]:
    """`profile` is the last word of a name such as `NVIDIA A100-SXM4-40GB MIG 1g.5gb`."""
    profile = (device.get("name") or "").rpartition(" MIG ")[2] or None
    return {"uuid": device.get("uuid"), "profile": profile, "vram_mib": _mib(device.get("memory"))}


def _status(errors: dict[str, int]) -> str | None:
    """Name what keeps a card from answering; a field that is merely not supported is no trouble."""
    from foxup.system.knowledge import known

    words: dict[str, str] = known()["nvml"]["status"]
    codes = [errors[field] for field in ("handle", "memory", "name") if field in errors]
    if "handle" in errors:
        return words.get(str(codes[0]), f"nvml-{codes[0]}")
    return next((words[str(code)] for code in codes if str(code) in words), None)


def _mib(value: int | None) -> int | None:
    return None if value is None else value // _MIB


def cuda_text(number: int | None) -> str | None:
    """Return `12.8` for 12080; None for what is unknown or zero."""
    return f"{number // 1000}.{number % 1000 // 10}" if number else None


def main() -> None:
    """Print the answer of the real library as one line of JSON."""
    try:
        import pynvml
    except ImportError:
        print(json.dumps({"init": "error", "code": LIBRARY_NOT_FOUND}))  # noqa: T201 - the program's one output
        return
    print(json.dumps(ask(pynvml)))  # noqa: T201 - the program's one output


if __name__ == "__main__":
    main()
