"""Russian is complete, whole and printable: the catalogue, the texts in data, and what a console shows."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import polib
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import foxup
from foxup import i18n, letters
from foxup.profile import profiles_folder

SOURCE = Path(foxup.__file__).parent
LOCALE = SOURCE / "locale"
CATALOGUE = LOCALE / "ru" / "LC_MESSAGES" / "foxup.po"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
SAME_IN_RUSSIAN = {"Python", "git", "config.json", "VAE 84k (vae-ft-mse-840000)", "VAE kl-f8-anime2", "{danger}"}
"""Names, and texts that consist of what is filled in."""
NOT_SO = r"чекпойнт|семплер|хэш|промпт|эмбединг|референс|образ[ец]ц?\b|\bВы\b|\bВас|\bВаш|!"
"""Other spellings of the words that docs/ru/README.md settles, the capital Вы, exclamation marks."""


@pytest.fixture(autouse=True)
def english_again():
    yield
    i18n.use("en")


def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE), encoding="utf-8")


def extracted() -> set[tuple[str, str]]:
    """Extract as docs/how-to/contribute.md says; pairs of singular and plural."""
    with (LOCALE / "babel.cfg").open() as stream:
        methods, options = parse_mapping_cfg(stream)
    found = extract_from_dir(str(SOURCE), methods, options, KEYWORDS)
    return {m if isinstance(m, tuple) else (m, "") for _file, _line, m, _comments, _context in found if m}


def data_texts() -> list[tuple[str, str, str | None]]:
    """Return (place, en, ru) of every text in profiles/**/*.toml."""
    found = []

    def walk(value, place):
        if isinstance(value, dict):
            if isinstance(value.get("en"), str):
                found.append((place, value["en"], value.get("ru")))
            for key, inner in value.items():
                walk(inner, f"{place}.{key}")
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                walk(inner, f"{place}[{number}]")

    for path in sorted(profiles_folder().rglob("*.toml")):
        walk(tomllib.loads(path.read_text(encoding="utf-8")), path.relative_to(profiles_folder()).as_posix())
    return found


def pairs() -> list[tuple[str, str, str]]:
    """Return (place, English, Russian) of every text there is."""
    result = [(place, en, ru or "") for place, en, ru in data_texts()]
    for entry in catalogue():
        if not entry.msgid_plural:
            result.append((entry.msgid, entry.msgid, entry.msgstr))
        result += [(entry.msgid, entry.msgid_plural, text) for text in entry.msgstr_plural.values()]
    return result


def fields(text: str) -> set[str]:
    return set(re.findall(r"\{[a-z_]\w*(?::[^{}]*)?\}", text))


# -- the catalogue


def test_there_is_something_to_test():
    assert len(extracted()) > 400
    assert len(data_texts()) > 300


def test_every_message_of_the_code_is_in_the_catalogue_and_nothing_else():
    known = {(entry.msgid, entry.msgid_plural) for entry in catalogue() if not entry.obsolete}
    assert extracted() - known == set(), "run the command of docs/how-to/contribute.md, then translate"
    assert known - extracted() == set(), "run the command of docs/how-to/contribute.md"


def test_every_message_is_translated_and_no_translation_is_doubtful():
    entries = catalogue()
    assert [entry.msgid for entry in entries.untranslated_entries()] == []
    assert [entry.msgid for entry in entries.fuzzy_entries()] == []
    assert [entry.msgid for entry in entries.obsolete_entries()] == []


def test_plurals_have_three_forms_that_differ_as_russian_does():
    entries = catalogue()
    assert "nplurals=3" in entries.metadata["Plural-Forms"]
    plurals = [entry for entry in entries if entry.msgid_plural]
    assert plurals
    for entry in plurals:
        assert sorted(entry.msgstr_plural) == [0, 1, 2], entry.msgid
    steps = entries.find("{count} step").msgstr_plural
    assert [steps[form] for form in (0, 1, 2)] == ["{count} шаг", "{count} шага", "{count} шагов"]


@pytest.mark.parametrize(
    ("count", "text"), [(1, "шаг"), (2, "шага"), (5, "шагов"), (11, "шагов"), (21, "шаг"), (112, "шагов")]
)
def test_counts_take_the_right_form(count, text, compiled):
    i18n.use("ru")
    assert i18n.ngettext("{count} step", "{count} steps", count) == "{count} " + text


def test_no_sentence_reaches_people_untranslated():
    """A literal of several words given to an error, finding or writer must go through `_()`, or be a command."""
    takes_text = {"FoxupError", "UsageError", "Finding", "Step", "NotApplicable", "Result",
                  "say", "mark", "detail", "status", "result", "result_line", "confirm", "tell"}  # fmt: skip
    bare = []
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in takes_text:
                given = [*node.args, *(word.value for word in node.keywords)]
                whole = [item for item in given if isinstance(item, (ast.Constant, ast.JoinedStr))]
                parts = [part.value for item in whole for part in ast.walk(item) if isinstance(part, ast.Constant)]
                bare += [f"{path.name}:{node.lineno}: {part}" for part in parts if _sentence(part)]
    assert bare == []


def _sentence(text: object) -> bool:
    command = r"(foxup|pip|python -m pip) "
    return isinstance(text, str) and bool(re.search(r"[A-Za-z]{2,} [a-z]{2,}", text)) and not re.match(command, text)


# -- the texts in data


def test_every_text_in_data_has_russian():
    assert [(place, en) for place, en, ru in data_texts() if en and not ru] == []


# -- both


def test_placeholders_are_the_same():
    assert [(place, en, ru) for place, en, ru in pairs() if fields(en) != fields(ru)] == []


def test_russian_is_russian():
    latin = {ru for _place, _en, ru in pairs() if ru and not re.search("[а-яё]", ru, re.IGNORECASE)}
    assert latin == SAME_IN_RUSSIAN


def test_the_words_are_those_agreed_on():
    assert [(place, ru) for place, _en, ru in pairs() if re.search(NOT_SO, ru)] == []


def test_commands_and_flags_stay_as_they_are():
    """A flag, an address or a variable named in English is named in Russian too, letter by letter."""
    literal = re.compile(r"--[a-z][a-z-]+|https?://(?:civitai|huggingface)[\w./]+|\b[A-Z]+_[A-Z_]+\b|\{\w+\}")
    lost = [(place, word) for place, en, ru in pairs() for word in literal.findall(en) if word not in ru]
    assert lost == []


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "cp866"])
def test_every_text_can_be_shown_by_a_russian_console(encoding):
    """What the code page lacks has a stand-in; a question mark would be a letter lost."""
    lost = []
    for place, en, ru in pairs():
        for text in (en, ru):
            shown = text.encode(encoding, letters.ERRORS).decode(encoding)
            if shown.count("?") != text.count("?"):
                lost.append((place, text))
    assert lost == []


def test_stand_ins_are_ascii_and_what_has_none_is_a_question_mark():
    shown = "«а» — “b” … →".encode("cp866", letters.ERRORS).decode("cp866")
    assert shown == '"а" - "b" ... ->'
    assert "狐 ё".encode("cp866", letters.ERRORS).decode("cp866") == "? ё"
    assert "狐 ё".encode("cp1252", letters.ERRORS) == b"? ?"


# -- what a console shows


@pytest.fixture(scope="module")
def compiled():
    """Make the `.mo` beside the `.po`, as the build hook does; whole at once, other workers read it."""
    target = CATALOGUE.with_suffix(".mo")
    with CATALOGUE.open("rb") as stream:
        messages = read_po(stream)
    scratch = target.with_suffix(f".{os.getpid()}.mo")
    with scratch.open("wb") as stream:
        write_mo(stream, messages)
    scratch.replace(target)
    return target


def show(*arguments, encoding="utf-8", width=80, language="ru"):
    variables = {"PYTHONIOENCODING": encoding, "FOXUP_LANG": language, "COLUMNS": str(width), "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-m", "foxup", *arguments], capture_output=True, check=False,
                          env={**os.environ, **variables}, stdin=subprocess.DEVNULL)  # fmt: skip
    return (done.stdout + done.stderr).decode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "cp866", "cp1251"])
def test_an_error_and_help_speak_russian_in_every_russian_code_page(encoding, compiled):
    told = show("plan", "--profile", "nonsense", encoding=encoding)
    assert "ошибка: Профиля nonsense нет." in told
    assert "причина:" in told
    assert "подсказка: foxup profile list" in told
    helped = show("--help", encoding=encoding)
    assert "Осмотреть машину и показать, что на ней есть." in helped
    assert "?" not in told + helped


def test_the_list_of_commands_is_not_cut_off_at_80_columns(compiled):
    lines = show("--help", width=80).splitlines()
    assert [line for line in lines[1:] if line.endswith("...")] == []
    assert max(map(len, lines)) <= 80


def test_a_console_without_cyrillic_gets_english(compiled):
    assert "error: There is no profile nonsense." in show("plan", "--profile", "nonsense", encoding="cp1252")
    assert i18n.printable("ru", None) == "en"
    assert i18n.printable("ru", "no-such-code-page") == "en"
    assert i18n.printable("ru", "cp866") == "ru"


def test_sizes_have_russian_units(compiled):
    from foxup import console

    i18n.use("ru")
    shown = [console.size(count) for count in (0, 999, 1000, 2.5e6, 3e9)]
    assert shown == ["0 Б", "999 Б", "1.0 кБ", "2.5 МБ", "3.0 ГБ"]


def test_every_state_of_a_download_has_words(compiled):
    from foxup import transfers
    from foxup.system.download.model import State

    i18n.use("ru")
    for state in State:
        told = transfers._doing(SimpleNamespace(state=state))
        assert re.fullmatch("[а-яё ]+", told), state


# -- typer's own words


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["install", "--profil"], ["ошибка: Параметра --profil нет.", "причина: Похожие: --profile"]),
        (
            ["instal"],
            ["ошибка: Команды instal нет.", "причина: Похожие: install, uninstall", "подсказка: foxup --help"],
        ),
        (["compare", "a"], ["ошибка: Нужно указать published.", "подсказка: foxup compare --help"]),
        (["plan", "odd"], ["ошибка: Это лишнее: odd"]),
        (["plan", "--dir"], ["ошибка: Параметру --dir нужно значение."]),
        (["start", "--port", "x"], ["ошибка: Значение --port неверно.", "подсказка: foxup start --help"]),
    ],
)
def test_a_wrong_command_line_is_told_in_russian(arguments, told, compiled):
    shown = show(*arguments)
    assert [line for line in told if line not in shown] == []


def test_the_frame_of_help_pages_is_russian(compiled):
    pages = show() + show("--help") + show("settings") + show("compare", "--help") + show("--lang", "ru")
    for word in (
        "Использование: foxup",
        "Параметры:",
        "Команды:",
        "Аргументы:",
        "[обязательно]",
        "Показать эту справку",
    ):
        assert word in pages
    english = re.compile(r"Usage|Options:|Commands:|Arguments:|required|Show |this shell|Error")
    assert english.findall(pages) == []


def test_complaints_not_known_here_keep_typers_words():
    import typer

    from foxup.cli import wording

    refused = wording.refusal(typer.BadParameter("odd words"))
    assert (refused.message, refused.cause) == ("The command line is wrong.", "Invalid value: odd words")
    assert (refused.hint, int(refused.exit_code)) == ("foxup --help", 2)
