"""The report as text: JUnit, the paragraph for a thread, the document, and what goes into the HTML."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import scenes

import conftest
from foxup.pictures import embed, load
from foxup.report import build, html, junit, text


def test_the_paragraph_is_one_and_says_it_all(report):
    said = text.paragraph(report)
    assert "\n" not in said
    for part in ("foxup 0.1.0", "smoke", "The fox", "PSNR", "tinyfox-vae.safetensors is not there", "Ruled out"):
        assert part in said


def test_the_paragraph_names_nobody(report):
    private = replace(report.findings[0], message="/home/vasya/models/x is gone, token hf_" + "a" * 34)
    said = text.paragraph(replace(report, findings=(private,)))
    assert "vasya" not in said
    assert "aaaa" not in said


def test_junit_is_xml_and_counts(report):
    good = replace(conftest.make_report(proven=True), reference_id="other")
    odd = replace(report, sentence="bad \x00\x1b sign & <tag>")
    root = ET.fromstring(junit.to_junit([odd, good]))
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    assert [case.get("name") for case in root] == ["fox", "other"]
    failure = root[0].find("failure")
    assert failure.get("type") == "drifted"
    assert "vae-missing" in failure.text
    assert root[1].find("failure") is None


def test_the_document_is_json(report):
    document = json.loads(json.dumps(report.to_document()))
    assert document["verdict"] == "drifted"
    assert document["explanation"][0]["code"] == "vae-missing"
    assert {row["key"] for row in document["parameters"] if row["differs"]} == {"Prompt", "Seed", "VAE"}


def test_sizes_stand_in_one_row():
    rows = build.parameter_rows(conftest.make_reference(width=512), conftest.INFOTEXT)
    assert [(row.expected, row.actual, row.differs) for row in rows if row.key == "Size"] == [
        ("512x384", "256x384", True)
    ]
    assert build.parameter_rows(conftest.make_reference(), None) == ()


def test_html_escapes_everything(report):
    page = html.render(report)
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<b>pale</b>" not in page
    assert page.count("<script>") == 1


def test_large_pictures_keep_the_report_small():
    noise = np.random.default_rng(0).integers(
        0, 256, (2112, 2944, 3), dtype=np.uint8
    )  # the guide's largest, at its worst
    picture = load.from_bytes(scenes.encoded(noise))
    addresses = [embed.data_address(picture.rgb), embed.data_address(embed.difference_map(picture, picture))]
    assert all(len(address) < 5_000_000 / 3 for address in addresses)
    assert addresses[0].startswith("data:image/jpeg")


def test_the_difference_map_is_dark_only_where_pictures_agree():
    base = scenes.scene(1)
    other = base.copy()
    other[:, :128] = 255 - other[:, :128]
    shown = embed.difference_map(*(load.from_bytes(scenes.encoded(rgb)) for rgb in (other, base)))
    assert shown.shape == base.shape
    assert shown[:, 128:].max() == 32
    assert shown[:, :128].mean() > 120
