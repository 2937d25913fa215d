from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foxup.system.text import HIDDEN, decode, mask, shown

RUSSIAN = "Не удаётся найти указанный файл"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp866", "cp1251", "utf-16"])
def test_russian_output_is_read_in_every_code_page(encoding: str) -> None:
    legacy = encoding if encoding.startswith("cp") else "cp866"
    assert decode(RUSSIAN.encode(encoding), legacy) == RUSSIAN


@given(st.binary(), st.sampled_from(["cp866", "cp1251", "utf-8", "ascii"]))
def test_no_output_is_unreadable(data: bytes, legacy: str) -> None:
    assert isinstance(decode(data, legacy), str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://me:hunter2@host/a", f"https://{HIDDEN}@host/a"),
        ("GET /x?token=abc&y=1", f"GET /x?token={HIDDEN}&y=1"),
        (
            "https://s3/x?X-Amz-Signature=00ff&X-Amz-Credential=k",
            f"https://s3/x?X-Amz-Signature={HIDDEN}&X-Amz-Credential={HIDDEN}",
        ),
        ("Authorization: Bearer abc", f"Authorization: Bearer {HIDDEN}"),
        ("HF_TOKEN=hf_abc run", f"HF_TOKEN={HIDDEN} run"),
        (" + tokenizers==0.13.3", " + tokenizers==0.13.3"),
        ("mail me@host about tokens", "mail me@host about tokens"),
        ("git@github.com:a/b.git", "git@github.com:a/b.git"),
    ],
)
def test_secrets_are_hidden_and_the_rest_is_not(text: str, expected: str) -> None:
    assert mask(text) == expected


def test_an_options_value_is_hidden() -> None:
    assert shown(["fox", "--api-key", "s3", "two words"]) == f"fox --api-key '{HIDDEN}' 'two words'"
