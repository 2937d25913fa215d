from __future__ import annotations

import pytest

from foxup.hardware.versions import below, capability, driver, numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8.6", (8, 6)),
        ("12.0", (12, 0)),
        ("6,1", (6, 1)),
        (" 7.5 ", (7, 5)),
        ("[N/A]", None),
        ("", None),
        (None, None),
        ("8", None),
        ("8.6.1", None),
    ],
)
def test_capabilities_are_read_whatever_the_locale(text: str | None, expected: tuple[int, int] | None) -> None:
    assert capability(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("570.144", ("570.144", (570, 144))),
        ("525.60.13", ("525.60.13", (525, 60, 13))),
        ("550.120-open", ("550.120", (550, 120))),
        ("32.0.15.6094", ("560.94", (560, 94))),
        ("27.21.14.5671", ("456.71", (456, 71))),
        ("31.0.15.5186", ("551.86", (551, 86))),
        ("10.0.22621.1", None),
        ("10.0.26100.4061", None),
        ("10.18.13.5382", ("353.82", (353, 82))),
        ("1.2.3.4", None),
        ("580", ("580", (580,))),
        ("ERR!", None),
        ("", None),
        (None, None),
    ],
)
def test_drivers_are_read_in_both_spellings(text: str | None, expected: tuple[str, tuple[int, ...]] | None) -> None:
    assert driver(text) == expected


def test_parts_are_numbers_not_decimals() -> None:
    assert not below("570.144", "570.26")
    assert below("528.24", "528.33")
    assert not below("10.0", "10")
    assert not below(None, "2.28")
    assert numbers("450.80.02") == (450, 80, 2)
