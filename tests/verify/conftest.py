from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from foxup import profile
from foxup.paths import Layout
from foxup.profile import Profile, ReferenceModel


def drawn(size: tuple[int, int] = (320, 256), seed: int = 1) -> Image.Image:
    """A picture with shapes, another one for each seed."""
    chance = np.random.default_rng(seed)
    small = chance.integers(0, 255, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    store = io.BytesIO()
    image.save(store, kind, **options)
    return store.getvalue()


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path) -> None:
    """No proxy, no configuration and no cache of whoever runs the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("FOXUP_CONFIG", str(tmp_path / "config.toml"))


@pytest.fixture
def layout(tmp_path) -> Layout:
    return Layout(tmp_path / "webui")


@pytest.fixture
def smoke() -> Profile:
    return profile.load("smoke")


@pytest.fixture
def fox(smoke) -> ReferenceModel:
    """The fox of the profile smoke, of which only an address is known."""
    plain = {"picture": "https://i.imgur.com/KAKRmBD.png", "picture_sha256": None}
    return smoke.reference("fox").model_copy(update={**plain, "width": 320, "height": 256})
