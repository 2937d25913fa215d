"""The HTML report in a real Chromium: slider by mouse and keyboard, dark scheme, silence on the network."""

from __future__ import annotations

import re
import shutil

import pytest

import conftest
from foxup import i18n
from foxup.report import html

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser, tmp_path):
    """Open a report; whatever it asks of the network, or complains of, ends up in `page.noise`."""
    contexts = []

    def opened(report=None, **options):
        path = tmp_path / "report.html"
        path.write_text(html.render(report or conftest.make_report()), encoding="utf-8")
        context = browser.new_context(viewport={"width": 1100, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.noise = []
        page.on(
            "request",
            lambda request: (
                page.noise.append(request.url[:80]) if not request.url.startswith(("data:", path.as_uri())) else None
            ),
        )
        page.on("console", lambda message: page.noise.append(message.text))
        page.on("pageerror", lambda error: page.noise.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


def edge(page) -> float:
    """Return where the upper picture begins, in percent, as the browser computed it."""
    shape = page.locator("#over").evaluate("element => getComputedStyle(element).clipPath")
    match = re.search(r"([\d.]+)%\)$", shape)
    assert match, shape
    return float(match[1])


def test_slider_by_keyboard(open_page):
    page = open_page()
    slider = page.get_by_role("slider")
    assert edge(page) == 50
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert edge(page) == 51
    page.keyboard.press("Home")
    assert edge(page) == 0
    page.keyboard.press("End")
    assert edge(page) == 100
    assert slider.get_attribute("aria-valuetext") == "100 %"
    assert page.noise == []


def test_slider_by_mouse_on_the_picture_and_on_the_handle(open_page):
    page = open_page()
    page.locator("#stack").scroll_into_view_if_needed()
    box = page.locator("#stack").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.2, middle)
    page.mouse.down()
    assert edge(page) == pytest.approx(20, abs=1)
    page.mouse.move(box["x"] + box["width"] * 0.8, middle)
    assert edge(page) == pytest.approx(80, abs=1)
    page.mouse.up()
    page.mouse.move(box["x"] + box["width"] * 0.3, middle)
    assert edge(page) == pytest.approx(80, abs=1)
    handle = page.locator("#slider")
    handle.scroll_into_view_if_needed()
    handle.click(position={"x": handle.bounding_box()["width"] * 0.25, "y": handle.bounding_box()["height"] / 2})
    assert edge(page) == pytest.approx(25, abs=3)
    assert page.noise == []


def test_the_slider_shows_both_pictures(open_page):
    page = open_page()
    sizes = page.evaluate("['under', 'over'].map(id => document.getElementById(id).naturalWidth)")
    assert sizes == [256, 256]
    page.locator("#slider").fill("0")
    reference = page.locator("#stack").screenshot()
    page.locator("#slider").fill("100")
    assert page.locator("#stack").screenshot() != reference


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_schemes_and_contrast(open_page, scheme):
    page = open_page(color_scheme=scheme)
    colours = page.evaluate(
        "() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    paper, ink = (luminance(colour) for colour in colours)
    assert (paper < ink) is (scheme == "dark")
    assert contrast(paper, ink) >= 7
    for selector in (".soft", ".tag", "tr.differs td", "figcaption"):
        found = page.locator(selector).first.evaluate(
            """element => {
                let behind = element;
                while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
                return [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
            }"""
        )
        assert contrast(*(luminance(colour) for colour in found)) >= 4.5, selector


def luminance(colour: str) -> float:
    """Relative luminance of an `rgb(...)` colour, as WCAG defines it."""
    channels = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_readable_without_colour_and_by_a_screen_reader(open_page):
    page = open_page()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("tr.differs td.state").all_inner_texts() == ["≠ differs"] * 4
    alts = page.locator(".pictures img").evaluate_all("items => items.map(item => item.alt)")
    assert len(alts) == 3
    assert all(alts)
    assert page.locator("h1").count() == 1
    assert page.get_by_role("slider").get_attribute("aria-labelledby") == "slider-title"


def test_narrow_screens_do_not_scroll_sideways(open_page):
    page = open_page()
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    inner = page.locator(".scroll").evaluate_all("items => items.map(item => item.scrollWidth - item.clientWidth)")
    assert inner == [0, 0], "a table is cut off"
    # what the sign alone says to the eye is still said to a screen reader
    assert page.locator("tr.differs td.state").first.text_content() == "≠ differs"
    tops = page.locator(".pictures figure").evaluate_all("items => items.map(item => item.offsetTop)")
    assert tops[0] == tops[1] < tops[2]


def test_the_likeliest_cause_stands_beside_the_verdict(open_page):
    page = open_page()
    assert page.locator(".verdict .leading").inner_text() == "The VAE file tinyfox-vae.safetensors is not there."
    assert open_page(conftest.make_report(proven=True)).locator(".verdict .leading").count() == 0


def test_the_paragraph_is_copied_by_keyboard(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").focus()
    page.keyboard.press("Enter")
    page.locator("#copied", has_text=re.compile("^copied$")).wait_for()  # the browser copies when it gets to it
    said = page.evaluate("navigator.clipboard.readText()")
    assert said == page.get_by_role("textbox", name="To paste in a thread").input_value()
    assert said.startswith("foxup 0.1.0, profile smoke, The fox: ")
    assert page.noise == []


def test_print_leaves_the_slider_out(open_page):
    page = open_page()
    page.emulate_media(media="print")
    assert not page.locator("#slider").is_visible()
    assert page.locator("#picture-difference").is_visible()


def test_without_script_both_pictures_are_there(open_page):
    page = open_page(java_script_enabled=False)
    assert page.locator("#picture-reference").is_visible()
    assert not page.locator("#slider").is_visible()


def test_without_pictures_there_is_still_a_report(open_page):
    from dataclasses import replace

    page = open_page(replace(conftest.make_report(), pictures=(), findings=(), parameters=(), files=(), machine=()))
    assert page.locator("h1").inner_text() == "The fox"
    assert page.noise == []


def test_russian(open_page, russian):
    assert i18n.language() == "ru"
    page = open_page()
    assert page.locator("html").get_attribute("lang") == "ru"
    assert "Файла VAE" in page.locator("ol.findings").inner_text()
    assert page.noise == []
