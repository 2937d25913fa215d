"""Pictures in and out, tiles, upscalers without a network, the queue."""

from __future__ import annotations

import base64
import io
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from minui import pictures
from minui.errors import HTTPException
from minui.options import Options, known_settings
from minui.paths import Paths
from minui.state import FifoLock, JobState, Tasks
from minui.tiles import split
from minui.upscalers import Upscalers


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options(known_settings(Paths(tmp_path, tmp_path, tmp_path / "models")))


def _noise(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


@pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
def test_parameters_travel_inside_the_picture(options: Options, ending: str) -> None:
    options.set("samples_format", ending)
    picture = _noise(32, 24)
    picture.info["parameters"] = "лиса\nSteps: 1"
    found, items = pictures.read_info(pictures.decode(pictures.encode(picture, options)))
    assert found == "лиса\nSteps: 1"
    assert "exif" not in items


def test_png_is_lossless_and_data_urls_are_read(options: Options) -> None:
    picture = _noise(16, 16)
    text = "data:image/png;base64," + pictures.encode(picture, options)
    assert (np.asarray(pictures.decode(text)) == np.asarray(picture)).all()


@pytest.mark.parametrize("text", ["AAAA", "not base64 at all", "http://127.0.0.1/x.png"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(HTTPException) as caught:
        pictures.decode(text)
    assert caught.value.status_code == 500


def test_an_unknown_format_is_refused(options: Options) -> None:
    options.set("samples_format", "bmp")
    with pytest.raises(HTTPException) as caught:
        pictures.encode(_noise(8, 8), options)
    assert caught.value.detail == "Invalid image format"


def test_novelai_pictures_are_translated() -> None:
    picture = _noise(8, 8)
    picture.info.update(Software="NovelAI", Description="a", Comment='{"uc": "b", "steps": 3, "scale": 7, "seed": 5}')
    assert pictures.read_info(picture)[0] == (
        "a\nNegative prompt: b\nSteps: 3, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 8x8, Clip skip: 2, ENSD: 31337"
    )


def test_saved_pictures_are_numbered_below_the_date(options: Options, tmp_path: Path) -> None:
    options.set("save_txt", True)
    files = [pictures.save(_noise(8, 8), str(tmp_path), options, text="t", seed=seed) for seed in (5, 6)]
    assert [file.name for file in files] == ["00000-5.png", "00001-6.png"]
    assert files[0].parent.parent == tmp_path
    assert files[0].with_suffix(".txt").read_text() == "t\n"
    assert pictures.save(_noise(8, 8), str(tmp_path), options, text="t", seed=1, prefix="grid").name == "grid-0000.png"
    assert not list(tmp_path.rglob("*.tmp"))
    with Image.open(files[1]) as saved:
        assert saved.info["parameters"] == "t"


def test_a_grid_holds_all_pictures(options: Options) -> None:
    assert pictures.grid([_noise(10, 20, seed) for seed in range(3)], options, 3).size == (20, 40)
    options.set("n_rows", 1)
    assert pictures.grid([_noise(10, 20, seed) for seed in range(3)], options, 3).size == (30, 20)


def test_transparency_is_filled() -> None:
    assert pictures.flatten(Image.new("RGBA", (1, 1), (0, 0, 0, 0)), "#ff0000").getpixel((0, 0)) == (255, 0, 0)


@settings(max_examples=40, deadline=None)
@given(st.integers(20, 90), st.integers(20, 90), st.integers(16, 40), st.integers(0, 8))
def test_untouched_tiles_join_to_the_same_picture(width: int, height: int, tile: int, overlap: int) -> None:
    picture = _noise(width, height)
    tiles = split(picture, min(tile, width), min(tile, height), overlap)
    joined = np.asarray(tiles.joined()).astype(int)
    assert np.abs(joined - np.asarray(picture)).max() <= 1
    assert tiles.replaced([part.resize((part.width * 2, part.height * 2)) for part in tiles.flat], 2).joined().size == (
        width * 2,
        height * 2,
    )


@pytest.fixture
def upscalers(options: Options, tmp_path: Path) -> Upscalers:
    (tmp_path / "ESRGAN").mkdir()
    (tmp_path / "ESRGAN" / "broken.pth").write_bytes(b"<!DOCTYPE html>")
    return Upscalers(
        Paths(tmp_path, tmp_path, tmp_path), options, str(tmp_path / "ESRGAN"), str(tmp_path / "RealESRGAN")
    )


def test_upscalers_are_listed_whether_or_not_their_file_is_there(upscalers: Upscalers) -> None:
    names = [one.name for one in upscalers.all]
    assert names == ["None", "Lanczos", "Nearest", "broken", "R-ESRGAN 4x+", "R-ESRGAN 4x+ Anime6B"]
    listed = upscalers.all[-1].listed()
    assert listed["model_path"].startswith("https://")
    assert upscalers.named("Nope") is None


def _never() -> bool:
    return False


@pytest.mark.parametrize("name", ["R-ESRGAN 4x+ Anime6B", "broken"])
def test_a_missing_or_broken_upscaler_ends_as_lanczos(
    upscalers: Upscalers, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    if name == "broken":
        pytest.importorskip("torch")
    picture = _noise(16, 24)
    found = upscalers.named(name)
    assert found is not None
    scaled = upscalers.scale(found, picture, 2.0, _never)
    assert (np.asarray(scaled) == np.asarray(picture.resize((32, 48), Image.Resampling.LANCZOS))).all()
    assert "Unable to load" in capsys.readouterr().err


@pytest.mark.parametrize(("mode", "box"), [(0, None), (1, (8, 0, 24, 16)), (2, None)])
def test_resize_modes_give_the_asked_size(
    upscalers: Upscalers, mode: int, box: tuple[int, int, int, int] | None
) -> None:
    picture = _noise(32, 16)
    found = upscalers.resize(mode, picture, 16, 16, _never)
    assert found.size == (16, 16)
    if box:
        assert (np.asarray(found) == np.asarray(picture.crop(box))).all()


def test_an_unknown_upscaler_falls_back_with_a_line(upscalers: Upscalers, capsys: pytest.CaptureFixture[str]) -> None:
    assert upscalers.resize(0, _noise(8, 8), 16, 16, _never, "Nope").size == (16, 16)
    assert "could not find upscaler named Nope, using None as a fallback" in capsys.readouterr().out


# ---- state ------------------------------------------------------------------------------------------------------


def test_the_queue_serves_in_the_order_of_coming() -> None:
    lock, served = FifoLock(), []

    def work(number: int) -> None:
        with lock:
            served.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    with lock:
        for thread in threads:
            thread.start()
            time.sleep(0.02)
        assert served == []
    for thread in threads:
        thread.join(5)
    assert served == list(range(6))


def test_progress_of_a_job() -> None:
    state = JobState()
    state.begin("scripts_txt2img")
    assert (state.job_count, state.fraction()) == (-1, 0.0)
    state.job_count, state.sampling_steps, state.sampling_step = 2, 10, 5
    state.next_job()
    state.sampling_step = 5
    assert state.fraction() == 0.75
    state.interrupted = True
    state.end()
    assert state.snapshot()["interrupted"] is True


def test_commands_are_given_once() -> None:
    state = JobState()
    assert state.wait_for_command(0.01) is None
    state.command("stop")
    assert state.wait_for_command(1) == "stop"
    assert state.wait_for_command(0.01) is None


def test_tasks_wait_run_and_are_remembered_for_a_while() -> None:
    tasks = Tasks()
    tasks.wait("a")
    tasks.wait("b")
    assert tasks.place("b") == (2, 2)
    tasks.start("a")
    tasks.finish("a")
    assert (tasks.current, list(tasks.pending), list(tasks.finished)) == (None, ["b"], ["a"])
    assert Tasks.new_id("txt2img").startswith("task(txt2img-")


def test_base64_of_a_preview_is_a_png() -> None:
    assert Image.open(io.BytesIO(base64.b64decode(pictures.encode_plain(_noise(4, 4))))).size == (4, 4)
