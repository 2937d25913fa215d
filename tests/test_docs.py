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


def test_the_page_of_commands_is_what_help_prints():
    env = {**os.environ, "FOXUP_LANG": "en", "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}
    made = subprocess.run(
        [sys.executable, "-m", "tests.commands_page"], capture_output=True, check=True, env=env, cwd=ROOT
    )
    page = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    assert page == made.stdout.decode(), "make it again as tests/commands_page.py says"
    assert page.count("## foxup") > 25
