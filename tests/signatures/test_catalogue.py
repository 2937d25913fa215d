"""The catalogue is whole: both languages, valid references, commands that exist, a page that is current."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from foxup import i18n
from foxup.errors import FoxupError
from foxup.finding import Severity
from foxup.signatures import finding
from foxup.signatures.catalogue import load
from foxup.signatures.page import page

ROOT = Path(__file__).parents[2]
SIGNATURES = load().signatures
STEPS = re.compile(
    r"webui\.files|environment\.create|packages\.install|models\.\S+|launch-script|settings|repositories\.\S+|tokenizer|folders"
)


def test_every_trouble_is_there():
    assert len(SIGNATURES) == 172
    assert all(re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", code) for code in SIGNATURES)


@pytest.mark.parametrize("item", SIGNATURES.values(), ids=lambda item: item.id)
def test_texts_and_references(item):
    for text in (item.title, item.cause, item.remedy):
        assert text.en.strip().endswith((".", ")", ".sh", "1"))
        assert not re.search(r"[а-яё]", text.en, re.IGNORECASE)
        assert re.search(r"[а-яё]", text.ru, re.IGNORECASE)
        assert "!" not in text.en + text.ru
    assert set(item.outranks) <= set(SIGNATURES) - {item.id}
    assert item.fixed_by is None or STEPS.fullmatch(item.fixed_by)
    assert all(command.strip() == command for command in item.commands)


def test_nothing_outranks_in_a_circle():
    def beaten(code, seen):
        assert code not in seen, [*seen, code]
        for other in SIGNATURES[code].outranks:
            beaten(other, [*seen, code])

    for code in SIGNATURES:
        beaten(code, [])


def test_severities_of_findings():
    assert finding("cuda-oom").severity is Severity.ERROR
    assert finding("checkpoint-fallback").severity is Severity.WARNING
    assert finding("xformers-not-installed").severity is Severity.INFO
    with pytest.raises(KeyError):
        finding("no-such-trouble")


def test_findings_speak_the_persons_language():
    before = i18n.language()
    try:
        i18n.use("ru")
        assert finding("cuda-oom").message == "Кончилась видеопамять."
        i18n.use("en")
        assert finding("cuda-oom").message == "Video memory ran out."
    finally:
        i18n.use(before)


def test_the_page_is_current():
    assert (ROOT / "docs/reference/signatures.md").read_text(encoding="utf-8") == page(load())


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[[signature]\n", "signatures-invalid"),
        ('[[signature]]\nid = "x"\n', "signatures-invalid"),
        ('[[marker]]\nkind = "error"\nmatch_regex = ["x"]\n', "signatures-invalid"),
    ],
)
def test_a_broken_file_is_named(tmp_path, text, what):
    (tmp_path / "broken.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FoxupError, match=r"broken\.toml") as caught:
        load(tmp_path)
    assert caught.value.code == what
