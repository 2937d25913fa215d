"""The published picture: fetched as a host really serves it, trusted once, watched afterwards, never a condition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from foxup import pins
from foxup.errors import FoxupError
from foxup.pictures import fingerprint
from foxup.pictures.load import from_bytes
from foxup.verify import Asked, published_picture
from foxup.verify.published import obtain
from tests.verify.conftest import drawn, encoded

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

PICTURE = encoded(drawn())
PAGE = b"<!DOCTYPE html><html><title>Imgur</title></html>"


@pytest.fixture
def host(httpserver: HTTPServer, tmp_path) -> HTTPServer:
    """Stands in for imgur, by the person's own configuration."""
    (tmp_path / "config.toml").write_text(
        f'[mirrors.files]\n"https://i.imgur.com" = "{httpserver.url_for("/imgur")}"\n'
    )
    return httpserver


@pytest.fixture
def get(layout, smoke, fox):
    """Return the published picture, and what was said on the way."""

    def obtained(reference=fox, **asked):
        return obtain(layout, smoke, reference, Asked(**asked), lambda _text: None)

    return obtained


def serve(host: HTTPServer, body: bytes, kind: str = "image/png", status: int = 200) -> None:
    host.clear()
    host.expect_request("/imgur/KAKRmBD.png").respond_with_data(body, content_type=kind, status=status)


def codes(published) -> list[str]:
    return [finding.code for finding in published.findings]


def test_it_is_fetched_once_kept_and_pinned(host, get, layout, smoke, fox):
    serve(host, PICTURE)
    first = get()
    assert (first.path.read_bytes(), first.path.name, codes(first), first.size) == (PICTURE, "fox.png", [], (320, 256))
    pin = pins.read(layout)["fox"]
    assert (pin.sha256, pin.bytes, pin.size) == (from_bytes(PICTURE).sha256, len(PICTURE), (320, 256))
    assert pin.address == fox.picture
    assert fingerprint.read(pin.fingerprint).matches(from_bytes(PICTURE).rgb)
    host.clear()
    assert get().path == first.path
    assert published_picture(smoke, fox, layout) == first.path
    assert host.log == []
    assert not list(layout.scratch.rglob("fox*"))


def test_a_jpeg_under_the_name_of_a_png(host, get):
    body = encoded(drawn(), "JPEG", quality=85)
    serve(host, body)
    assert (get().path.name, get().path.read_bytes()) == ("fox.jpg", body)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (PAGE, "text/html", 200),
        (PAGE, "image/png", 200),
        (b"gone", "text/plain", 404),
        (b"", "image/png", 200),
        (PICTURE[:-2000], "image/png", 200),
        (encoded(drawn((161, 81))), "image/png", 200),
        (encoded(drawn(), "GIF", save_all=True, append_images=[drawn(seed=2)]), "image/gif", 200),
    ],
    ids=["page", "page as png", "gone", "nothing", "cut off", "placeholder", "animated"],
)
def test_what_is_not_the_picture_is_not_taken(host, get, layout, body, kind, status):
    serve(host, body, kind, status)
    found = get()
    assert (found.path, found.fingerprint, codes(found)) == (None, None, ["reference-picture-unavailable"])
    assert found.findings[0].cause
    assert "--reference FILE" in found.findings[0].commands[0]
    assert pins.read(layout) == {}
    assert not layout.references.exists()


def test_a_host_that_is_not_there(get, tmp_path):
    (tmp_path / "config.toml").write_text('[mirrors.files]\n"https://i.imgur.com" = "http://127.0.0.1:9"\n')
    assert codes(get()) == ["reference-picture-unavailable"]


def test_offline_nothing_is_asked(host, get):
    serve(host, PICTURE)
    assert codes(get(offline=True)) == ["reference-picture-unavailable"]
    assert host.log == []


def test_another_picture_later_is_said_and_not_taken(host, get, layout):
    serve(host, PICTURE)
    get().path.unlink()
    other = encoded(drawn(seed=2))
    serve(host, other)
    found = get()
    assert (found.path, codes(found)) == (None, ["reference-picture-changed"])
    assert fingerprint.read(found.fingerprint).matches(from_bytes(PICTURE).rgb), "the first one still counts"
    assert found.findings[0].commands == (f"foxup verify fox --repin --dir {layout.root}",)
    assert (layout.references / "changed" / "fox.png").read_bytes() == other
    assert get(repin=True).path.read_bytes() == other
    assert codes(get()) == []


def test_a_kept_picture_that_was_damaged_is_fetched_again(host, get):
    serve(host, PICTURE)
    get().path.write_bytes(PICTURE[:100])
    assert get().path.read_bytes() == PICTURE


def test_without_the_picture_the_pinned_fingerprint_serves(host, get):
    serve(host, PICTURE)
    get().path.unlink()
    serve(host, b"", status=503)
    found = get()
    assert found.path is None
    assert found.size == (320, 256)


def test_what_the_profile_prescribes_cannot_be_pinned_over(host, get, fox):
    known = fingerprint.write(fingerprint.make(from_bytes(PICTURE)))
    prescribed = fox.model_copy(update={"fingerprint": known})
    serve(host, encoded(drawn(seed=2)))
    for repin in (False, True):
        found = get(prescribed, repin=repin)
        assert (found.path, found.fingerprint, codes(found)) == (None, known, ["reference-picture-changed"])
        assert found.findings[0].commands == ()
    serve(host, PICTURE)
    assert codes(get(prescribed)) == []


def test_a_given_file_is_used_and_becomes_the_first_trusted_one(host, get, layout, tmp_path):
    mine = tmp_path / "mine.png"
    mine.write_bytes(PICTURE)
    assert get(published=mine).path == mine
    assert pins.read(layout)["fox"].address == "mine.png"
    mine.write_bytes(encoded(drawn(seed=2)))
    again = get(published=mine)
    assert (again.path, codes(again)) == (mine, ["reference-picture-changed"])
    assert published_picture_bytes(get) == PICTURE
    with pytest.raises(FoxupError, match="cannot be read"):
        get(published=tmp_path / "nothing.png")


def published_picture_bytes(get) -> bytes:
    return get().path.read_bytes()


def test_a_shipped_picture_is_taken_as_it_is(host, get, layout, smoke):
    assert get(smoke.reference("fox")).path.name == "fox.png"
    assert pins.read(layout) == {}


def test_a_collage_is_not_compared_with(host, get, fox):
    reason = {"en": "A collage.", "ru": "Коллаж."}
    collage = type(fox).model_validate({**fox.model_dump(), "incomparable": reason})
    found = get(collage)
    assert (found.path, codes(found), host.log) == (None, ["reference-incomparable"], [])


@pytest.mark.parametrize("content", ["", "[]", '{"pictures": 1}', '{"pictures": {"fox": {"sha256": 1}}}'])
def test_pins_that_cannot_be_read_hold_nothing(layout, content):
    layout.state.mkdir(parents=True)
    layout.pins.write_text(content)
    assert pins.read(layout) == {}


def test_pins_of_others_stay(layout):
    pin = pins.Pin("a" * 64, 1, 2, 3, "x", "t", "f")
    pins.add(layout, "fox", pin)
    pins.add(layout, "aqua", pin)
    assert pins.read(layout) == {"fox": pin, "aqua": pin}
    assert json.loads(layout.pins.read_text())["schema"] == 1
