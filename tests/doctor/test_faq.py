"""The pages that map the guide's questions: every name on them exists, and both languages map alike."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from foxup import hardware, signatures
from foxup.doctor.texts import checks, findings
from foxup.profile import profiles_folder

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"en": DOCS / "how-to" / "faq.md", "ru": DOCS / "ru" / "faq.md"}
QUESTIONS, WARNINGS = 11, 12  # of the guide


def entries(page: Path) -> list[tuple[set[str], set[str]]]:
    """For each entry of a page: the checks and the codes it names."""
    found = []
    for part in page.read_text(encoding="utf-8").split("\n### ")[1:]:
        lines = {
            line.partition(":")[0]: set(re.findall(r"`([^`]+)`", line)) for line in part.splitlines() if ": `" in line
        }
        found.append((lines.get("Checks", lines.get("Проверки", set())), lines.get("Codes", lines.get("Коды", set()))))
    return found


def known_codes() -> set[str]:
    causes = tomllib.loads((profiles_folder() / "pictures" / "causes.toml").read_text(encoding="utf-8"))
    rules = {code.partition("/")[0] for code in hardware.load().texts}
    own = {code.partition("/")[0] for code in findings()}
    return {*signatures.load().signatures, *causes, *rules, *own}


@pytest.mark.parametrize("language", PAGES)
def test_every_name_exists(language):
    ids = {check.id for check in checks()}
    assert len(entries(PAGES[language])) == QUESTIONS + WARNINGS
    for named, codes in entries(PAGES[language]):
        assert named <= ids
        assert codes
        assert codes <= known_codes()


def test_both_languages_map_alike():
    assert entries(PAGES["en"]) == entries(PAGES["ru"])
    english, russian = (page.read_text(encoding="utf-8") for page in PAGES.values())
    assert not re.search("[а-яё]", english.replace("Вася", ""))
    assert russian.count("\n### ") == english.count("\n### ")
