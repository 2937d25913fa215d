"""The house keeps its sizes and its manners (docs/explanation/house.md)."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for path in (ROOT / "src").rglob("*.py"))
HEAVY = (
    "pydantic",
    "requests",
    "git",
    "numpy",
    "PIL",
    "rich.progress",
    "rich.table",
    "jinja2",
    "psutil",
    "pynvml",
    "uv",
)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT / "src").as_posix())
def test_no_module_and_no_function_outgrows_the_house(path):
    assert path.read_text(encoding="utf-8").count("\n") <= 300
    assert {node.name: length(node) for node in functions(path) if length(node) > 60} == {}


def test_most_functions_and_modules_are_small():
    lengths = sorted(length(node) for path in SOURCES for node in functions(path))
    assert statistics.median(lengths) <= 10
    assert lengths[int(len(lengths) * 0.9)] <= 30
    modules = [path.read_text(encoding="utf-8").count("\n") for path in SOURCES]
    assert statistics.median(modules) <= 150


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments):
    """The help of a single command is left out: typer itself imports pydantic for the types of its parameters."""
    script = (
        "import sys; sys.argv = ['foxup', *sys.argv[1:]]\n"
        "from foxup.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    assert "HEAVY []" in result.stderr


def test_nothing_committed_names_a_machine():
    """Paths of somebody's machine and secrets of a workplace do not belong into a repository."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    home = str(Path.home())
    found = []
    for name in tracked:
        path = ROOT / name
        if name and path.is_file() and path.suffix in {".py", ".md", ".toml", ".txt", ".yaml", ".json", ".po", ".sh"}:
            text = path.read_text(encoding="utf-8", errors="replace")
            if len(home) > 6 and f"{home}/" in text:
                found.append(name)
    assert found == []
