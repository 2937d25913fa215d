"""Value types shared by the models of profiles/hardware.toml."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from foxup.hardware.versions import capability

Grade = Literal["recommended", "minimum", "degraded", "unsupported"]
System = Literal["windows", "linux", "macos"]
Column = Literal["windows", "linux"]
Backend = Literal["cuda", "rocm", "mps", "ipex", "cpu"]
Treatment = Literal["works", "missing", "unloaded", "mismatch", "reboot", "stale", "unsure"]


def _capability(value: Any) -> tuple[int, int]:
    found = capability(value)
    if found is None:
        raise ValueError(f"{value!r} is not a compute capability")
    return found


def _pattern(value: str) -> str:
    re.compile(value)
    return value


Cc = Annotated[tuple[int, int], BeforeValidator(_capability)]
Pattern = Annotated[str, AfterValidator(_pattern)]
DeviceId = Annotated[str, Field(pattern=r"^[0-9a-f]{4}$")]
