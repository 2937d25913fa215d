"""The pages that map the guide's questions: each answer comes, and goes with its rule; both languages map alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from foxup.doctor.run import select
from tests.doctor.answers import ANSWERS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"en": DOCS / "how-to" / "faq.md", "ru": DOCS / "ru" / "faq.md"}
QUESTIONS = 11  # of the guide
LABELS = {"en": ("Commands", "Checks", "Codes"), "ru": ("Команды", "Проверки", "Коды")}
ROWS = [(title, answer) for title, answers in ANSWERS.items() for answer in answers]


@dataclass(frozen=True)
class Entry:
    title: str
    commands: tuple[str, ...]
    checks: frozenset[str]
    codes: frozenset[str]


def entries(language: str) -> list[Entry]:
    found = []
    for part in PAGES[language].read_text(encoding="utf-8").split("\n### ")[1:]:
        lines = {line.partition(":")[0]: re.findall(r"`([^`]+)`", line) for line in part.splitlines() if ": `" in line}
        commands, checks, codes = (lines.get(label, []) for label in LABELS[language])
        found.append(Entry(part.splitlines()[0], tuple(commands), frozenset(checks), frozenset(codes)))
    return found


@pytest.mark.parametrize(("title", "answer"), ROWS, ids=lambda item: str(item)[:60])
def test_the_answer_comes_and_goes_with_its_rule(title, answer):
    assert answer.code in answer.ask(False)
    assert answer.code not in answer.ask(True)


def test_the_page_names_what_answers():
    english = entries("en")
    assert [entry.title for entry in english] == list(ANSWERS)
    for entry in english:
        assert entry.codes == {answer.code for answer in ANSWERS[entry.title]}
        assert entry.checks == {answer.check for answer in ANSWERS[entry.title] if answer.check}


def test_every_command_can_be_typed():
    page = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")  # held by another test
    helped = dict(re.findall(r"^## foxup (\w+)\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE))
    for entry in entries("en"):
        assert entry.commands
        for command in entry.commands:
            program, verb, *rest = command.split()
            assert program == "foxup"
            assert all(word in helped[verb] for word in rest if word.startswith("--"))
            if verb == "doctor":
                select(word for word in rest if not word.startswith("--"))


def test_both_languages_map_alike():
    english, russian = entries("en"), entries("ru")
    assert len(english) == len(russian) > QUESTIONS
    for one, other in zip(english, russian, strict=True):
        assert (one.checks, one.codes) == (other.checks, other.codes)
        assert [re.sub("LOG|PICTURE", "-", text) for text in one.commands] == [
            re.sub("ЛОГ|КАРТИНКА", "-", text) for text in other.commands
        ]
    texts = {language: page.read_text(encoding="utf-8") for language, page in PAGES.items()}
    assert not re.search("[а-яё]", texts["en"], re.IGNORECASE)
    assert all(re.search("[а-яё]", entry.title) for entry in russian)
    assert all(text.split("\n## ")[1].count("\n### ") == QUESTIONS for text in texts.values())
