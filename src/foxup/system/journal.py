"""The journal of an install: which steps were begun and which ended, one JSON object a line, flushed at once."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def now() -> str:
    """Return the time in UTC, ISO 8601 with seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Journal:
    """Appends lines; reading forgives a last line cut off by a kill."""

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is opened yet."""
        self._path = path

    def write(self, event: str, step: str, **more: Any) -> None:
        """Append one line and make it survive a crash. Raises OSError."""
        line = json.dumps({"at": now(), "event": event, "step": step, **more}, ensure_ascii=True)
        needs_break = self._ends_cut()
        with self._path.open("a", encoding="ascii") as stream:
            stream.write("\n" + line + "\n" if needs_break else line + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def lines(self) -> list[dict[str, Any]]:
        """Return every whole line."""
        try:
            text = self._path.read_text(encoding="ascii", errors="replace")
        except OSError:
            return []
        return [entry for line in text.splitlines() if (entry := _entry(line))]

    def begun(self, step: str) -> bool:
        """Whether `step` was ever begun here."""
        return any(entry.get("event") == "begin" and entry.get("step") == step for entry in self.lines())

    def _ends_cut(self) -> bool:
        try:
            with self._path.open("rb") as stream:
                stream.seek(-1, os.SEEK_END)
                return stream.read(1) != b"\n"
        except OSError:
            return False


def _entry(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
