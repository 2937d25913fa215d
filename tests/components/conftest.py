"""What the tests of components share."""

from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def wine(tmp_path_factory) -> dict[str, str]:
    if shutil.which("wine") is None:
        pytest.skip("wine is not installed")
    prefix = tmp_path_factory.mktemp("wine")
    return {**os.environ, "WINEPREFIX": str(prefix), "WINEDEBUG": "-all", "DISPLAY": ""}
