"""The surest evidence: the model files themselves. The web UI's own hashes come from a cache that can be stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foxup.pictures.data import finding, label

if TYPE_CHECKING:
    from foxup.finding import Finding
    from foxup.pictures.evidence import Evidence, FileEvidence

_MISSING = {
    "checkpoint": "checkpoint-missing",
    "vae": "vae-missing",
    "upscaler": "upscaler-missing",
    "embedding": "embedding-missing",
}
_OTHER = {"vae": "vae-file-differs"}


def file_findings(evidence: Evidence) -> list[Finding]:
    """Return what is wrong with the files: missing, cut off, or with another content."""
    return [found for item in evidence.files if (found := _judged(item)) is not None]


def _judged(item: FileEvidence) -> Finding | None:
    if item.size is None:
        return finding(_MISSING[item.role], name=item.name)
    if _cut_off(item):
        return finding("safetensors-incomplete", name=item.name, size=item.size, expected=item.expected_size)
    if _right(item) is not False:
        return None
    expected, actual = (item.expected_sha256 or "")[:10], (item.sha256 or label("absent"))[:10]
    if item.role == "checkpoint":
        return finding("img-wrong-model", expected=f"{item.name} [{expected}]", actual=f"[{actual}]")
    return finding(_OTHER.get(item.role, "model-file-differs"), name=item.name, expected=expected, actual=actual)


def _cut_off(item: FileEvidence) -> bool:
    if item.whole is not None:
        return not item.whole
    smaller = item.expected_size is not None and item.size is not None and item.size < item.expected_size
    return smaller and not _right(item)


def _right(item: FileEvidence) -> bool | None:
    """Whether the content is the expected one; None when that is not known. Ten digits are compared by ten digits."""
    if not item.sha256 or not item.expected_sha256:
        return None
    digits = min(len(item.sha256), len(item.expected_sha256))
    return item.sha256[:digits].lower() == item.expected_sha256[:digits].lower()
