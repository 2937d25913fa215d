"""What explaining a large log costs: time, memory and their growth from 1 to 100 MB.

Run with `pytest tests/benchmarks/test_explain_speed.py -m slow -s`. Each size runs in a process of its own, so that its
peak memory is its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PARTS = Path(__file__).parents[1] / "cases" / "logs" / "parts"
SCRIPT = """
import json, sys, time
from foxup.signatures import explain_log
from foxup.signatures.engine import matcher
matcher()
start, cpu = time.perf_counter(), time.process_time()
diagnosis = explain_log(sys.argv[1])
used, burnt = time.perf_counter() - start, time.process_time() - cpu
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
except ImportError:
    peak = 0.0
codes = [finding.code for finding in diagnosis.findings]
print(json.dumps({"seconds": used, "cpu": burnt, "peak_mib": peak, "codes": codes, "lines": diagnosis.lines}))
"""


def write_log(path: Path, megabytes: int, *, unique: bool) -> None:
    """A long session: starts, progress bars, requests, pictures; at the end a trouble."""
    start = (PARTS / "windows-running.log").read_text(encoding="utf-8")
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(start)
        number = 0
        while file.tell() < megabytes << 20:
            number += 1
            for step in range(21):
                bar = "█" * (step // 2)
                file.write(
                    f"\r {step * 5}%|{bar:10}| {step}/20 [00:0{step % 10}<00:02, {4 + number % 7}.{step:02}it/s]"
                )
            file.write(f"\nTotal progress: 100%|██████████| 20/20 [00:0{number % 10}<00:00, 5.{number % 100:02}it/s]\n")
            name = f"{number * 2654435761 % 2**40:010x}" if unique else "picture"
            file.write(f"Saved outputs/txt2img-images/{name}.png for prompt {name} with 1girl, masterpiece\n")
        file.write("torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.25 GiB\n")


@pytest.mark.slow
@pytest.mark.parametrize("unique", [False, True], ids=["repeating", "unique-lines"])
def test_time_grows_linearly_and_memory_does_not(tmp_path, unique, record_property):
    figures = {}
    for size in (1, 10, 100):
        log = tmp_path / f"{size}.log"
        write_log(log, size, unique=unique)
        done = subprocess.run([sys.executable, "-c", SCRIPT, str(log)], capture_output=True, text=True, check=True)
        figures[size] = json.loads(done.stdout)
        log.unlink()
        sys.stdout.write(f"{size} MB: {figures[size]}\n")
        record_property(f"mb_{size}", figures[size])
    assert all(item["codes"] == ["cuda-oom"] for item in figures.values())
    assert figures[100]["cpu"] < 20 * max(figures[10]["cpu"], 0.3)
    assert figures[100]["peak_mib"] < figures[10]["peak_mib"] + 64


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "cp866", "cp1251"])
def test_a_log_of_russian_lines_alone_is_read_in_time(tmp_path, encoding, record_property):
    """The worst a log can be: no two lines alike, and each may hold a translated message in any code page."""
    words = ["ошибка", "файл", "не", "найден", "путь", "папка", "модель", "загрузка", "диск", "память", "видеокарта"]
    log = tmp_path / "russian.log"
    with log.open("wb") as file:
        for number in range(110_000):
            said = " ".join(words[(number * step) % len(words)] for step in range(1, 9))
            file.write(f"{number * 2654435761 % 2**40:010x} {said}\r\n".encode(encoding))
        file.write(b"torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.25 GiB\r\n")
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(log)], capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    sys.stdout.write(f"{encoding}, {log.stat().st_size / 1e6:.1f} MB: {figures}\n")
    record_property("russian", figures)
    assert figures["codes"] == ["cuda-oom"]
    assert figures["cpu"] < 15
