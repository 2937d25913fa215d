"""The drawn scenes are a module beside the tests; every test starts in English."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from foxup import i18n


@pytest.fixture(autouse=True)
def english():
    i18n.use("en")
    yield
    i18n.use("en")
