"""What is read often must not cost numpy: infotext, evidence, explanation, advice and the report model."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "pictures.infotext",
        "pictures.differences",
        "pictures.explain",
        "pictures.advice",
        "pictures.verdict",
        "pictures.load",
        "report.model",
        "report.build",
        "report.html",
        "report.text",
        "report.junit",
    ],
)
def test_imports_neither_numpy_nor_pillow_nor_jinja(module):
    code = f"import sys, foxup.{module}; print([name for name in ('numpy', 'PIL', 'jinja2') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
