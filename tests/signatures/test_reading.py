"""Logs as they come: encodings, line ends, terminals, forums, several runs, very long lines."""

from __future__ import annotations

import html
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logs import CASES, compose

from foxup.facts import Facts, GpuFacts
from foxup.signatures import explain_log
from foxup.signatures.reader import blocks

ENGLISH = compose({"parts": ["windows-start", "*", "end-windows"], "log": "RuntimeError: No CUDA GPUs are available"})
RUSSIAN = compose(
    {
        "parts": ["windows-start", "*", "end-windows-ru"],
        "log": "ERROR: Could not install packages due to an OSError: [Errno 1] Недостаточно места на диске",
    }
)


def first(text, encoding="utf-8"):
    diagnosis = explain_log(text.encode(encoding) if isinstance(text, str) else text)
    return diagnosis.findings[0].code if diagnosis.findings else None


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp866", "cp1251", "cp1252"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_line_ends(encoding, end):
    assert first(ENGLISH.replace("\n", end).encode(encoding)) == "torch-not-able-to-use-gpu"
    if encoding != "cp1252":
        assert first(RUSSIAN.replace("\n", end).encode(encoding)) == "disk-full"


@pytest.mark.parametrize(("written", "shown"), [("cp1251", "cp866"), ("cp866", "cp1251"), ("utf-8", "cp1251")])
def test_russian_shown_in_a_wrong_code_page(written, shown):
    assert first(RUSSIAN.encode(written).decode(shown, "replace")) == "disk-full"


@pytest.mark.parametrize(("written", "shown"), [("cp866", "cp1251"), ("cp1251", "cp866"), ("utf-8", "cp866")])
@pytest.mark.parametrize(("program", "code"), [("python", "python-not-found"), ("git", "git-not-found")])
def test_whose_name_stands_before_a_sentence_in_a_wrong_code_page(program, code, written, shown):
    """The sentence is the same for every program: only the whole line, read aright, tells which one is missing."""
    text = f'"{program}" не является внутренней или внешней\nкомандой, исполняемой программой или пакетным файлом.'
    seen = text.encode(written).decode(shown, "replace")
    assert first(seen) == code
    assert first(seen.replace("\xa0", " ")) == code


@pytest.mark.parametrize(
    "words",
    [
        "txt2img: a poster that says CUDA out of memory. Tried to allocate 2 GiB",
        "img2img: RuntimeError: Torch is not able to use GPU, watercolor",
        "Negative prompt: ModuleNotFoundError: No module named 'ldm'",
        "Fatal Python error: art\nSteps: 20, Sampler: Euler a, Seed: 1, Lora hashes: [Errno 28] No space left on device",
    ],
)
def test_what_a_person_wrote_is_no_error(words):
    bar = "100%|██████████| 20/20 [00:02<00:00, 7.8it/s]"
    lines = words.split("\n")[-1:] if "Steps:" in words else words.split("\n")
    assert explain_log("\n".join([*ENGLISH.splitlines()[:4], *lines, bar]).encode()).healthy


def test_two_encodings_in_one_file():
    mixed = "Loading weights from модель.safetensors\n".encode() + "Отказано в доступе.\n".encode("cp866")
    assert first(mixed) == "file-locked-access-denied"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda line: f"> {line}",
        lambda line: f">> {line}",
        lambda line: f"    {line}",
        lambda line: f"webui-1  | {line}",
        lambda line: f"2024-10-03 21:14:08,112 {line}",
        lambda line: f"[21:14:08] {line}",
        lambda line: f"\x1b[31m{line}\x1b[0m",
        lambda line: f"Oct 03 21:14:08 host webui[812]: {line}",
    ],
    ids=["quote", "nested", "indented", "docker", "dated", "timed", "coloured", "journal"],
)
def test_what_forums_and_terminals_add(wrap):
    assert first("\n".join(wrap(line) for line in ENGLISH.splitlines())) == "torch-not-able-to-use-gpu"


def test_markdown_entities_and_typographic_quotes():
    assert first("<code>launch.py: error: unrecognized arguments: --midvram</code>") == "unrecognized-arguments"
    assert first("ModuleNotFoundError: No module named ‘pkg_resources’") == "pkg-resources-missing-clip"
    assert first("_pickle.UnpicklingError: invalid load key, &#39;&lt;&#39;.") == "ckpt-not-a-model"


def test_a_line_broken_by_the_console_window():
    text = "RuntimeError: Torch is not able to use GPU; add --skip-torch-cuda-test to COMMANDLINE_ARGS variable to disable this check"
    lines = [("x" * 80), *[text[start : start + 80] for start in range(0, len(text), 80)], "y" * 80, "z" * 80]
    assert first("\n".join(lines)) == "torch-not-able-to-use-gpu"


@pytest.mark.parametrize("cut", [1, 7, 40, 70])
def test_a_log_cut_at_either_end(cut):
    assert first(ENGLISH.encode("utf-16-le")[2 * cut :]) == "torch-not-able-to-use-gpu"
    assert first(RUSSIAN.encode()[cut:-cut]) == "disk-full"


def test_progress_bars_do_not_hide_what_follows():
    bars = "".join(f"\r {step}%|███  | {step}/100 [00:01<00:02, 5.0it/s]" for step in range(100))
    diagnosis = explain_log((bars + "\rRuntimeError: No CUDA GPUs are available\n").encode())
    assert [finding.code for finding in diagnosis.findings] == ["torch-not-able-to-use-gpu"]
    assert diagnosis.evidence["torch-not-able-to-use-gpu"][0].line == 1


@pytest.mark.parametrize("size", [10_000, 3_000_000])
def test_very_long_lines(size):
    text = "x" * size + "\nRuntimeError: No CUDA GPUs are available\n" + "y" * size
    diagnosis = explain_log(text.encode())
    assert diagnosis.findings[0].code == "torch-not-able-to-use-gpu"
    assert diagnosis.lines <= 10
    assert all(len(item.text) <= 300 for item in diagnosis.evidence["torch-not-able-to-use-gpu"])


def test_lines_are_counted_as_an_editor_counts_them():
    diagnosis = explain_log(b"one\r\ntwo\r\nRuntimeError: No CUDA GPUs are available\r\nfour\r\n")
    assert diagnosis.evidence["torch-not-able-to-use-gpu"][0].line == 3
    assert diagnosis.lines == 4


def test_a_trouble_far_into_a_large_stream():
    filler = b"INFO: 127.0.0.1 - GET /internal/progress 200 OK\n" * 60_000
    diagnosis = explain_log(io.BytesIO(filler + b"RuntimeError: No CUDA GPUs are available\n"))
    assert diagnosis.evidence["torch-not-able-to-use-gpu"][0].line == 60_001


# --- every true log, as it may come


def broken_at(columns, mark=""):
    def broken(text):
        pieces = []
        for line in text.replace("\r", "\n").split("\n"):
            pieces += [mark + line[at : at + columns] for at in range(0, max(len(line), 1), columns)]
        return "\n".join(pieces)

    return broken


DRESSES = {
    "utf-16": lambda text: text.encode("utf-16"),
    "code page": lambda text: text.encode("cp1251", "replace"),
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "padded": lambda text: "\n".join(line.ljust(120) for line in text.split("\n")),
    "spaced": lambda text: text.replace("\n", "\n\n"),
    "quoted": lambda text: "> " + text.replace("\n", "\n> "),
    "timed": lambda text: "[12:01:02] " + text.replace("\n", "\n[12:01:02] "),
    "dated": lambda text: "2024-05-01T12:01:02.123Z " + text.replace("\n", "\n2024-05-01T12:01:02.123Z "),
    "coloured": lambda text: "\n".join(f"\x1b[33m{line}\x1b[0m" for line in text.split("\n")),
    "fenced": lambda text: f"Помогите, не запускается!\n```\n{text}\n```\nСпасибо",
    "page": lambda text: html.escape(text).replace("\n", "<br>\n"),
    "escaped": lambda text: text.replace("_", "\\_").replace("*", "\\*"),
    "80 columns": broken_at(80),
    "120 columns": broken_at(120),
    "80 columns, quoted": broken_at(80, "> "),
}
TRUE = {path.stem: path.read_text(encoding="utf-8") for path in sorted((CASES / "real").glob("*.log"))}
ODD = {("page", "crlf-script")}  # whose quotation marks are what tells


@pytest.mark.parametrize("dress", DRESSES)
def test_a_true_log_says_the_same_however_it_comes(dress):
    told = {name: first(text) for name, text in TRUE.items() if (dress, name) not in ODD}
    assert {name: first(DRESSES[dress](TRUE[name])) for name in told} == told


def test_lines_of_a_broken_text_keep_their_numbers():
    text = broken_at(80)(
        "x" * 200 + "\n" + "RuntimeError: CUDA error: no kernel image is available for execution on the device"
    )
    diagnosis = explain_log(text.encode())
    (shown,) = diagnosis.evidence[diagnosis.findings[0].code]
    assert (shown.line, shown.text[-10:]) == (4, "the device")
    assert diagnosis.lines == 5


# --- several runs


def run(*names, log=""):
    return compose({"parts": list(names), "log": log})


def test_the_last_run_counts():
    first_run = run("windows-start", "*", "end-windows", log="RuntimeError: No CUDA GPUs are available")
    second = run("windows-running", "*", log="OSError: Cannot find empty port in range: 7860-7860.")
    diagnosis = explain_log((first_run + second).encode())
    assert [finding.code for finding in diagnosis.findings] == ["port-in-use"]
    assert diagnosis.runs == 2


def test_a_last_run_without_news_leaves_the_one_before():
    failed = run("windows-start", "*", "end-windows", log="RuntimeError: No CUDA GPUs are available")
    assert first(failed + run("windows-start")) == "torch-not-able-to-use-gpu"
    assert first(failed + run("windows-running")) is None


def test_a_later_fatal_error_outweighs_what_only_limits():
    text = "WARNING[XFORMERS]: xFormers can't load C++/CUDA extensions. xFormers was built for:\n" + run(
        "windows-running", log="x"
    )
    text += "ValueError: When localhost is not accessible, a shareable link must be created.\n"
    assert first(text) == "localhost-not-accessible-proxy"


def test_consequences_are_folded_under_the_cause():
    text = run(
        "windows-launched",
        "*",
        log="_pickle.UnpicklingError: invalid load key, '<'.\nStable diffusion model failed to load",
    )
    diagnosis = explain_log(text.encode())
    assert [finding.code for finding in diagnosis.findings] == ["ckpt-not-a-model"]
    assert [finding.code for finding in diagnosis.consequences] == ["model-not-loaded-nonetype"]


@pytest.mark.parametrize(
    ("name", "capability", "code"),
    [
        ("NVIDIA GeForce RTX 5070", "12.0", "gpu-blackwell-sm120-old-torch"),
        ("NVIDIA GeForce GTX 780", "3.5", "gpu-too-old-for-new-torch"),
    ],
)
def test_the_machine_decides_what_no_kernel_image_means(name, capability, code):
    facts = Facts(gpus=(GpuFacts(name=name, vendor="nvidia", cc=capability),))
    diagnosis = explain_log(
        b"RuntimeError: CUDA error: no kernel image is available for execution on the device", facts
    )
    assert [finding.code for finding in diagnosis.findings] == [code]


@given(st.binary(max_size=3000), st.sampled_from(["utf-8", "utf-16", "cp866"]))
@settings(max_examples=60, deadline=None)
def test_no_bytes_break_it(noise, encoding):
    diagnosis = explain_log(noise + b"\n" + ENGLISH.encode(encoding) + noise)
    assert diagnosis.lines >= 1


@given(
    st.lists(st.sampled_from(ENGLISH.splitlines() + RUSSIAN.splitlines()), max_size=40),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
@settings(max_examples=60, deadline=None)
def test_the_size_of_the_blocks_does_not_matter(lines, end):
    data = end.join(lines).encode()
    small, large = ([item.data[item.start :] for item in blocks(io.BytesIO(data), size)] for size in (64, 1 << 20))
    assert b"".join(small).replace(b"\r", b"\n").split() == b"".join(large).replace(b"\r", b"\n").split()
