"""Pages that must not fall behind, and links that must lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
        assert (page.parent / target).exists(), target


def test_every_command_and_flag_has_its_line():
    page = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    shown = subprocess.run([sys.executable, "-m", "foxup", "--help"], capture_output=True, text=True, check=True,
                           env={**os.environ, "FOXUP_LANG": "en", "COLUMNS": "100"}).stdout  # fmt: skip
    commands = re.findall(r"^  ([a-z]+)  ", shown.partition("Commands:")[2], re.MULTILINE)
    assert len(commands) > 12
    assert [name for name in commands if f"## foxup {name}\n" not in page] == []
