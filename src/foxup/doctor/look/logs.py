"""The newest console logs, explained, and the last verification."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foxup import signatures
from foxup.doctor.state import LastVerdict, LogLine, LogState
from foxup.facts import Facts
from foxup.finding import Finding
from foxup.paths import Layout
from foxup.signatures import LogDiagnosis
from foxup.system import files
from foxup.system.journal import Journal
from foxup.system.text import decode

_OF_FOXUP = ("webui.log", "webui-private.log", "install.log")
_INSTALLING = "install.log"
_OF_OTHERS = ("tmp/stdout.txt", "tmp/stderr.txt", "*.log")
_ANEW = ("packages.install", "webui.files")
"""After these it is another web UI than the one that wrote the log."""
_MOST = 3
_TAIL_LINES = 120
_TAIL_BYTES = 60_000


def read(layout: Layout, facts: Facts) -> dict[str, Any]:
    """Return the newest logs, newest first; what they say is worked out with the facts of this machine."""
    paths = [layout.logs / name for name in _OF_FOXUP]
    paths += [path for pattern in _OF_OTHERS for path in layout.root.glob(pattern)]
    present = sorted((path for path in paths if path.is_file() and path.stat().st_size), key=_modified, reverse=True)
    ended = _ended(layout)
    return {"logs": tuple(_log(path, layout.root, facts, ended) for path in present[:_MOST])}


def verdict(layout: Layout) -> dict[str, Any]:
    """Return the newest verification, from its report's JSON form."""
    reports = sorted(layout.reports.glob("*/report.json"), key=_modified) if layout.reports.is_dir() else []
    document = files.read_json(reports[-1]) if reports else None
    if not isinstance(document, dict) or not document.get("verdict"):
        return {"verdict": None}
    picture = document.get("generated")
    inside = bool(picture) and Path(str(picture)).is_relative_to(layout.root)
    found = document.get("explanation") or []
    return {
        "verdict": LastVerdict(
            reference=str(document.get("reference", "")),
            verdict=str(document["verdict"]),
            proven=bool(document.get("proven")),
            at=_stamp(reports[-1]),
            codes=tuple(str(item.get("code")) for item in found if item.get("severity") != "info"),
            picture=Path(str(picture)).relative_to(layout.root).as_posix() if inside else None,
            infotext=str(document.get("infotext") or ""),
        )
    }


def _log(path: Path, root: Path, facts: Facts, ended: list[tuple[float, str]]) -> LogState:
    told = signatures.explain_log(path, facts)
    since = _since(path, ended)
    return LogState(
        name=path.relative_to(root).as_posix(),
        modified=_stamp(path),
        stale=bool(since) and not any(_lasts(finding, since) for finding in told.findings),
        since=since,
        healthy=told.healthy,
        known=told.known,
        codes=tuple(finding.code for finding in told.findings),
        consequences=tuple(finding.code for finding in told.consequences),
        evidence=_evidence(told),
        tail=tuple(_tail(path)),
    )


def _lasts(finding: Finding, since: tuple[str, ...]) -> bool:
    """Whether a cause is still there after those steps: what repairs it is known and was not among them."""
    return finding.fixed_by is not None and not {finding.fixed_by, *_ANEW} & set(since)


def _evidence(told: LogDiagnosis) -> tuple[LogLine, ...]:
    """Return the lines the causes rest on, else those nobody could explain."""
    lines = [item for finding in told.findings for item in told.evidence.get(finding.code, ())] or told.unexplained
    return tuple(LogLine(item.line, item.text) for item in lines)


def _tail(path: Path) -> list[str]:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        return decode(stream.read()).splitlines()[-_TAIL_LINES:]


def _since(path: Path, ended: list[tuple[float, str]]) -> tuple[str, ...]:
    """Return the steps that ended well after the last line of a log. The log of installing goes on over all runs."""
    if path.name == _INSTALLING:
        return (ended[-1][1],) if ended and ended[-1][1] else ()
    return tuple(dict.fromkeys(step for at, step in ended if step and at > _modified(path)))


def _ended(layout: Layout) -> list[tuple[float, str]]:
    """Return when each step ended, in seconds since the epoch, and its id; one that failed or was cut off has none."""
    found = []
    for entry in Journal(layout.journal).lines():
        try:
            at = datetime.fromisoformat(str(entry.get("at"))).timestamp()
        except ValueError:
            continue
        found.append((at, str(entry.get("step", "")) if entry.get("event") == "end" else ""))
    return found


def _modified(path: Path) -> float:
    return path.stat().st_mtime


def _stamp(path: Path) -> str:
    return datetime.fromtimestamp(_modified(path), UTC).isoformat(timespec="seconds")
