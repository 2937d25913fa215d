"""What is known when a picture is to be explained. Everything may be missing; what is missing is not judged."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foxup.pictures.verdict import Judgement

Role = Literal["checkpoint", "vae", "upscaler", "embedding"]


@dataclass(frozen=True, slots=True)
class FileEvidence:
    """One model file of the reference, as it lies on the disk.

    `expected_sha256` holds 64 hex digits or the first ten. `size` in bytes is None when the file is not there; `sha256`
    is of its content, not what the web UI believes, and None when it was not read. `whole` says whether the
    file is all that its own header promises (None: not looked at; then a smaller one counts as cut off).
    """

    role: Role
    name: str
    size: int | None = None
    sha256: str | None = None
    expected_size: int | None = None
    expected_sha256: str | None = None
    whole: bool | None = None


@dataclass(frozen=True, slots=True)
class ConfigEvidence:
    """config.json as it lies on the disk: `problem` is bom, encoding, json, object or empty."""

    present: bool = False
    problem: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a generation left behind.

    `infotext` is the text inside the generated picture or of the API's answer; `request` the body sent to it; `options`
    the answer of GET /sdapi/v1/options; `settings` what the profile wants there; `vae_names` the names of GET
    /sdapi/v1/sd-vae; `versions` and `expected_versions` of libraries by name; `flags` the launch arguments in force.
    """

    judgement: Judgement | None = None
    infotext: str | None = None
    request: Mapping[str, Any] | None = None
    options: Mapping[str, Any] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    config: ConfigEvidence | None = None
    files: tuple[FileEvidence, ...] = ()
    vae_names: tuple[str, ...] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    expected_versions: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] | None = None
    expected_flags: tuple[str, ...] = ()


def config_evidence(content: bytes | None) -> ConfigEvidence:
    """Look at the bytes of config.json (None: there is no file) the way the web UI would: no BOM, one object."""
    if content is None:
        return ConfigEvidence()
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return ConfigEvidence(True, "bom")
    try:
        values = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        return ConfigEvidence(True, "encoding")
    except ValueError:
        return ConfigEvidence(True, "json")
    return ConfigEvidence(True, "", values) if isinstance(values, dict) else ConfigEvidence(True, "object")
