"""foxup beside aria2c, curl and huggingface_hub, in one run against the same servers on this machine.

FOXUP_BENCH_MIB sets the file's size (default 64; 2048 for figures worth quoting), FOXUP_BENCH_RATE the throttle,
FOXUP_BENCH_TOOLS who takes part, FOXUP_BENCH_FOLDER where, FOXUP_BENCH_TABLE a file for the table.
The hash is part of foxup's time; curl gets its sha256sum in a row of its own, the others get none.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

MIB = int(os.environ.get("FOXUP_BENCH_MIB", "64"))
HERE = Path(__file__).parent
PER_CONNECTION = os.environ.get("FOXUP_BENCH_RATE", "10m")  # nginx's limit_rate: bytes a second of each connection
TOOLS = os.environ.get("FOXUP_BENCH_TOOLS", "curl,curl + sha256sum,foxup,aria2c,huggingface_hub").split(",")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not (shutil.which("nginx") and shutil.which("curl")), reason="needs nginx and curl"),
]

CONFIG = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; default_type application/octet-stream; types {{ }}
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{free}; {common} }}
  server {{ listen 127.0.0.1:{slow}; limit_rate {rate}; {common} }}
}}
"""
COMMON = """location /a/b/resolve/main/f.bin { alias FOLDER/source.bin;
  add_header X-Repo-Commit 0123456789012345678901234567890123456789; }"""


@dataclass
class Bench:
    folder: Path
    ports: dict[str, int]
    sha256: str

    def url(self, line: str) -> str:
        return f"http://127.0.0.1:{self.ports[line]}/a/b/resolve/main/f.bin"


def unused_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def running(*command: str, port: int):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = Path(os.environ.get("FOXUP_BENCH_FOLDER") or tmp_path_factory.mktemp("bench"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    digest = hashlib.sha256()
    with (folder / "source.bin").open("wb") as stream:
        for _number in range(MIB):
            piece = os.urandom(1024 * 1024)
            digest.update(piece)
            stream.write(piece)
    ports = {name: unused_port() for name in ("unthrottled", "throttled", "latency", "resets")}
    config = CONFIG.format(
        folder=folder, free=ports["unthrottled"], slow=ports["throttled"], rate=PER_CONNECTION,
        common=COMMON.replace("FOLDER", str(folder)),
    )  # fmt: skip
    (folder / "nginx.conf").write_text(("user root;" if os.geteuid() == 0 else "") + config)
    line = (sys.executable, str(HERE / "bad_line.py"))
    target = str(ports["unthrottled"])
    with (
        running("nginx", "-c", str(folder / "nginx.conf"), port=ports["unthrottled"]),
        running(*line, str(ports["latency"]), target, "100", "0", port=ports["latency"]),
        running(*line, str(ports["resets"]), target, "0", "0.01", port=ports["resets"]),
    ):
        yield Bench(folder, ports, digest.hexdigest())
    (folder / "source.bin").unlink()


def command(tool: str, url: str, folder: Path, sha256: str) -> list[str]:
    curl = f"curl -sf --retry 99 --retry-all-errors --retry-delay 1 -C - -o {folder}/f.bin {url}"
    return {
        "curl": ["sh", "-c", curl],
        "curl + sha256sum": ["sh", "-c", f"{curl} && sha256sum {folder}/f.bin"],
        "aria2c": ["aria2c", "-q", "-x16", "-s16", "-k1M", "-m0", "--retry-wait=1", "--file-allocation=falloc",
                   f"--dir={folder}", "--out=f.bin", url],
        "foxup": [sys.executable, str(HERE / "client.py"), "foxup", url, str(folder), sha256],
        "huggingface_hub": [sys.executable, str(HERE / "client.py"), "huggingface_hub", url, str(folder), sha256],
    }[tool]  # fmt: skip


def measure(bench: Bench, tool: str, line: str) -> tuple[float, float, float, bool]:
    """Return seconds, CPU seconds, peak MiB, and whether the file is right."""
    folder = bench.folder / "out"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    os.sync()
    begun = time.monotonic()
    process = subprocess.Popen(
        command(tool, bench.url(line), folder, bench.sha256), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak = 0.0
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        peak = max(peak, peak_mib(process.pid))
        time.sleep(0.02)
    process.returncode = 0
    seconds = time.monotonic() - begun
    right = (folder / "f.bin").exists() and file_sha256(folder / "f.bin") == bench.sha256
    shutil.rmtree(folder)
    return seconds, ended[2].ru_utime + ended[2].ru_stime, peak, right


def file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def peak_mib(process: int) -> float:
    """The most memory a process and its children have had; a fork's first moment counts its parent's, so not by wait4."""
    peak = 0.0
    with suppress(OSError):
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
        peak = max((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), default=0)
        for child in Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split():
            peak = max(peak, peak_mib(int(child)))
    return peak


def tools() -> list[str]:
    missing = {tool for tool in ("aria2c",) if not shutil.which(tool)}
    missing |= {name for name in ("huggingface_hub",) if not importlib.util.find_spec(name)}
    return [tool for tool in TOOLS if tool not in missing]


@pytest.mark.parametrize("line", ["unthrottled", "throttled", "latency", "resets"])
def test_speed_beside_other_tools(bench, line):
    """The file is always right; memory stays bounded; the figures are for reading, not for failing on a busy machine."""
    rows = []
    for tool in tools():
        seconds, cpu, peak, right = measure(bench, tool, line)
        rows.append((tool, seconds, cpu, peak, right))
    table = f"\n{line}, {MIB} MiB: tool | s | MiB/s | CPU s | peak MiB | right\n" + "\n".join(
        f"  {tool:18} {seconds:7.2f} {MIB / seconds:8.1f} {cpu:7.2f} {peak:7.0f} {right}"
        for tool, seconds, cpu, peak, right in rows
    )
    if os.environ.get("FOXUP_BENCH_TABLE"):
        with Path(os.environ["FOXUP_BENCH_TABLE"]).open("a", encoding="utf-8") as stream:
            stream.write(table + "\n")
    sys.stdout.write(table + "\n")
    ours = next(row for row in rows if row[0] == "foxup")
    assert ours[4]
    assert ours[3] < 150
