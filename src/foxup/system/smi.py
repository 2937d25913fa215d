"""The text of nvidia-smi, the second source about NVIDIA cards: when NVML's library could not be asked."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path
from typing import Any

from foxup.facts import GpuFacts, NvmlFacts
from foxup.system.commands import Completed, find_program, run
from foxup.system.knowledge import known
from foxup.system.pci import bus_text, pair_text

TIMEOUT_S = 3.0
_UNKNOWN = 999
_LIBRARY_NOT_FOUND = 12
_INVALID_FIELD = re.compile(r'Field "([\w.]+)" is not a valid field')
# Newer programs say "CUDA UMD Version"; in WSL the value may be "ERR!".
_CUDA = re.compile(r"CUDA (?:UMD )?Version\s*:\s*(\d+\.\d+)")
_DRIVER = re.compile(r"(?:Driver|KMD) Version\s*:\s*(\d+(?:\.\d+)+)")


def read(program: Path | None = None) -> dict[str, Any] | None:
    """Run nvidia-smi and return `{"query", "query_rc", "banner"}`, or None when there is no such program.

    Raises FoxupError (`command-timeout`, `program-not-started`).
    """
    program = program or find()
    if program is None:
        return None
    asked = _query(program, list(known()["smi"]["fields"]))
    banner = run([program], timeout=TIMEOUT_S) if asked.ok else asked
    return {"query": _output(asked), "query_rc": asked.rc, "banner": _output(banner)}


def find() -> Path | None:
    """Return where nvidia-smi is: on PATH, or where drivers put it."""
    names = known()["smi"]["windows_folders" if os.name == "nt" else "linux_folders"]
    return find_program("nvidia-smi", [Path(os.path.expandvars(name)) for name in names])


def _query(program: Path, fields: list[str]) -> Completed:
    """Ask for `fields`, again without the first one an old program does not know, until it answers."""
    while True:
        done = run([program, f"--query-gpu={','.join(fields)}", "--format=csv,nounits"], timeout=TIMEOUT_S)
        unknown = _INVALID_FIELD.search(_output(done))
        if not unknown or unknown[1] not in fields or len(fields) == 1:
            return done
        fields.remove(unknown[1])


def _output(done: Completed) -> str:
    return f"{done.stdout}\n{done.stderr}".strip()


def parse(answer: dict[str, Any] | None) -> tuple[NvmlFacts, list[GpuFacts]]:
    """Turn the texts into facts; a known failure text becomes the NVML code it stands for."""
    if answer is None:
        return NvmlFacts(init="error", code=_LIBRARY_NOT_FOUND), []
    code = _failure(answer)
    if code is not None:
        return NvmlFacts(init="error", code=code), []
    cards = [_card(row) for row in _rows(answer["query"])]
    cuda, driver = _CUDA.search(answer["banner"]), _DRIVER.search(answer["banner"])
    version = next((card.driver for card in cards if card.driver), driver[1] if driver else None)
    return NvmlFacts(init="ok", code=None, driver=version, cuda=cuda[1] if cuda else None), cards


def _failure(answer: dict[str, Any]) -> int | None:
    rules = known()["smi"]
    text = " ".join(answer["query"].lower().split())
    if answer["query_rc"] == 0 or rules["no_devices"] in text:
        return None
    return next((int(rule["code"]) for rule in rules["failures"] if rule["text"] in text), _UNKNOWN)


def _rows(text: str) -> list[dict[str, str | None]]:
    """Read the table by its header; lines before it (warnings) and values in brackets mean nothing is known."""
    lines = [line for line in text.splitlines() if "," in line]
    start = next((at for at, line in enumerate(lines) if line.startswith("index,")), None)
    if start is None:
        return []
    header, *rows = csv.reader(lines[start:], skipinitialspace=True)
    names = [name.partition(" [")[0].strip() for name in header]
    return [{name: _known_value(value) for name, value in zip(names, row, strict=False)} for row in rows]


def _known_value(value: str) -> str | None:
    bare = value.strip().strip("[]")
    return None if bare.lower() in known()["smi"]["unknown_values"] else value.strip()


def _card(row: dict[str, str | None]) -> GpuFacts:
    mode = row.get("mig.mode.current")
    return GpuFacts(
        vendor="nvidia",
        name=row.get("name") or "",
        pci=pair_text(_hexadecimal(row.get("pci.device_id"))),
        bus=bus_text(row.get("pci.bus_id")),
        cc=_match(r"\d+\.\d+", row.get("compute_cap")),
        vram_mib=_number(row.get("memory.total")),
        mig=None if mode is None else mode.lower() == "enabled",
        uuid=row.get("uuid"),
        driver=_match(r"\d+(?:\.\d+)+", row.get("driver_version")),
        source="nvidia-smi",
    )


def _match(pattern: str, value: str | None) -> str | None:
    found = re.search(pattern, value or "")
    return found[0] if found else None


def _number(value: str | None) -> int | None:
    digits = _match(r"[0-9]+", value)
    return int(digits) if digits else None


def _hexadecimal(value: str | None) -> int | None:
    digits = _match(r"(?i)(?<=0x)[0-9a-f]+", value)
    return int(digits, 16) if digits else None
