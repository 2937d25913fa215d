"""Hosts that answer with something else: each trouble under its own code, nothing under the final name."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from servers import Fault, content, sha256

from foxup.errors import FoxupError
from foxup.i18n import use
from foxup.system.download import DownloadError, Secret, Token, fetch

BODY = content(200_000)
HTML = b"<!DOCTYPE html><html><head><title>%b</title></head><body>%b</body></html>"
LOGIN = HTML % (b"Sign in", b"You must log in")
AUTH = json.dumps(
    {"error": "Unauthorized", "message": "The creator of this asset requires you to be logged in to download it"}
).encode()
EARLY = json.dumps({"error": "Forbidden", "message": "This model is in Early Access until tomorrow"}).encode()

CASES = {
    "download-removed": Fault(status=404),
    "download-region-blocked": Fault(status=451, body=b"not in your country"),
    "download-forbidden": Fault(status=403),
    "download-captive-portal": Fault(status=511, body=HTML % (b"Login", b"")),
    "download-too-many-requests": Fault(status=429, headers={"Retry-After": "3600"}),
    "download-proxy": Fault(status=407),
    "download-refused-by-host": Fault(status=400, body=b'{"message": "what?"}'),
    "download-page-instead": Fault(body=HTML % (b"Model", b"buy now"), headers={"Content-Type": "text/html"}),
    "download-altered": Fault(headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("code", CASES)
def test_each_refusal_has_its_own_code(server, context, destination, specify, code):
    server.add("/f", BODY, content_type="", fault=lambda _number, _headers: CASES[code])
    with pytest.raises(FoxupError) as caught:
        fetch(specify(server.url + "/f", body=BODY, kind="safetensors"), destination, context=context)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")
    assert not destination.exists()


def test_a_removed_file_by_410(server, context, destination, specify):
    server.add("/f", BODY, fault=lambda _number, _headers: Fault(status=410))
    with pytest.raises(FoxupError) as caught:
        fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert caught.value.code == "download-removed"


SERVICES = {
    ("civitai", "download-needs-token-civitai"): Fault(status=401, body=AUTH),
    ("civitai", "download-early-access"): Fault(status=403, body=EARLY),
    ("civitai", "download-page-instead"): Fault(
        body=HTML % (b"Civitai", b"oops"), headers={"Content-Type": "text/html"}
    ),
    ("huggingface", "download-needs-token-huggingface"): Fault(status=401, headers={"X-Error-Code": "GatedRepo"}),
}
ADDRESS = {
    "civitai": "https://civitai.com/api/download/models/7",
    "huggingface": "https://huggingface.co/a/b/resolve/main/f",
}


def path_of(service: str) -> str:
    return "/" + ADDRESS[service].split("/", 3)[3]


def mirrored(context, server, service, **fields):
    rule = {"/".join(ADDRESS[service].split("/")[:3]): server.url}
    return replace(context, mirrors=rule, **fields)


@pytest.mark.parametrize(("service", "code"), SERVICES)
def test_each_service_says_what_it_wants(server, context, destination, specify, service, code):
    server.add(path_of(service), BODY, content_type="", fault=lambda _number, _headers: SERVICES[service, code])
    with pytest.raises(FoxupError) as caught:
        fetch(specify(ADDRESS[service], body=BODY), destination, context=mirrored(context, server, service))
    assert caught.value.code == code
    if "token" in code:
        assert "_TOKEN" in caught.value.hint


def test_a_login_page_of_civitai_behind_a_redirect_asks_for_a_token(server, context, destination, specify):
    server.add(
        path_of("civitai"),
        BODY,
        fault=lambda _number, _headers: Fault(status=307, headers={"Location": "/login?reason=download-auth"}),
    )
    server.add("/login", LOGIN, content_type="text/html; charset=utf-8")
    with pytest.raises(FoxupError) as caught:
        fetch(specify(ADDRESS["civitai"], body=BODY), destination, context=mirrored(context, server, "civitai"))
    assert caught.value.code == "download-needs-token-civitai"


@pytest.mark.parametrize("service", ["civitai", "huggingface"])
def test_a_token_that_does_not_help_is_called_so(server, context, destination, specify, service):
    server.add(path_of(service), BODY, fault=lambda _number, _headers: Fault(status=401, body=AUTH))
    token = Token(service, frozenset({f"127.0.0.1:{server.port}"}), Secret("abc"), "test")
    with pytest.raises(FoxupError) as caught:
        fetch(
            specify(ADDRESS[service], body=BODY),
            destination,
            context=mirrored(context, server, service, tokens=(token,)),
        )
    assert caught.value.code == f"download-token-rejected-{service}"
    assert "abc" not in repr(caught.value.__dict__)


def test_terms_that_were_not_accepted(server, context, destination, specify):
    server.add(
        path_of("huggingface"),
        BODY,
        fault=lambda _number, _headers: Fault(status=403, headers={"X-Error-Code": "GatedRepo"}),
    )
    token = Token("huggingface", frozenset({f"127.0.0.1:{server.port}"}), Secret("abc"), "test")
    with pytest.raises(FoxupError) as caught:
        fetch(
            specify(ADDRESS["huggingface"], body=BODY),
            destination,
            context=mirrored(context, server, "huggingface", tokens=(token,)),
        )
    assert caught.value.code == "download-terms-huggingface"
    assert "https://huggingface.co/a/b," in caught.value.hint


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (LOGIN, "download-page-instead"),
        (b'{"error": "something broke"}', "download-page-instead"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "download-page-instead"),
    ],
)
def test_a_page_under_a_model_s_type_is_seen_before_the_disk_is_touched(
    server, context, destination, specify, body, code
):
    server.add("/f", body)
    with pytest.raises(FoxupError) as caught:
        fetch(specify(server.url + "/f", kind="safetensors"), destination, context=context)
    assert caught.value.code == code
    assert [path.suffix for path in context.downloads.iterdir()] == [".lock"]


def test_a_portal_s_redirect_to_another_host_is_recognised(server, context, destination, specify):
    server.add(
        "/f", BODY,
        fault=lambda _number, _headers: Fault(status=302, headers={"Location": f"http://localhost:{server.port}/hotspot"}),
    )  # fmt: skip
    server.add("/hotspot", HTML % (b"Hotel WiFi", b"Welcome to our hotspot"), content_type="text/html")
    with pytest.raises(FoxupError) as caught:
        fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert caught.value.code == "download-captive-portal"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_a_busy_server_is_asked_again(server, context, destination, specify, status):
    server.add("/f", BODY, fault=lambda number, _headers: Fault(status=status) if number < 2 else None)
    fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert len(server.asked) == 3


def test_retry_after_is_kept(server, context, destination, specify):
    import time

    server.add(
        "/f",
        BODY,
        fault=lambda number, _headers: Fault(status=503, headers={"Retry-After": "1"}) if not number else None,
    )
    begun = time.monotonic()
    fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert 1.0 <= time.monotonic() - begun < 3


def test_patience_with_a_broken_server_ends(server, context, destination, specify):
    server.add("/f", BODY, fault=lambda _number, _headers: Fault(status=500))
    with pytest.raises(FoxupError) as caught:
        fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert "in a row" in caught.value.message
    assert len(server.asked) == context.limits.first_retries + 1


def test_a_redirect_loop_ends(server, context, destination, specify):
    server.add("/f", BODY, fault=lambda _number, _headers: Fault(status=302, headers={"Location": "/f"}))
    with pytest.raises(FoxupError):
        fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert len(server.asked) == context.limits.redirects + 1


def test_another_size_than_the_pinned_one(server, context, destination, specify):
    server.add("/f", BODY)
    with pytest.raises(FoxupError) as caught:
        fetch(specify(server.url + "/f", size=199_999, sha256=sha256(BODY)), destination, context=context)
    assert caught.value.code == "download-source-changed"
    assert "200000" in caught.value.message
    assert "199999" in caught.value.message


def test_other_content_of_the_same_size_is_a_mismatch_with_both_hashes(server, context, destination, specify):
    server.add("/f", content(200_000, seed=9))
    with pytest.raises(FoxupError) as caught:
        fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert caught.value.code == "download-hash-mismatch"
    assert sha256(BODY) in caught.value.cause
    assert sha256(content(200_000, seed=9)) in caught.value.cause
    assert not destination.exists()
    assert list(context.downloads.glob("*.part")) == []


def test_a_bit_that_flips_once_costs_one_more_try(server, context, destination, specify):
    server.add("/f", BODY, fault=lambda number, _headers: Fault(flip_at=123_456) if number == 0 else None)
    assert fetch(specify(server.url + "/f", body=BODY), destination, context=context).sha256 == sha256(BODY)
    assert len(server.asked) == 2


def test_a_hash_that_hugging_face_names_and_is_not_ours_saves_the_transfer(server, context, destination, specify):
    headers = {"Location": "/storage", "X-Linked-Etag": f'"{"0" * 64}"'}
    server.add(path_of("huggingface"), BODY, fault=lambda _number, _asked: Fault(status=302, headers=headers))
    server.add("/storage", BODY)
    with pytest.raises(FoxupError) as caught:
        fetch(specify(ADDRESS["huggingface"], body=BODY), destination, context=mirrored(context, server, "huggingface"))
    assert caught.value.code == "download-hash-mismatch"


def test_a_hash_that_hugging_face_names_is_checked_when_nothing_is_pinned(server, context, destination, specify):
    headers = {"Location": "/storage", "X-Linked-Etag": f'"{sha256(BODY)}"'}
    server.add(path_of("huggingface"), BODY, fault=lambda _number, _asked: Fault(status=302, headers=headers))
    server.add("/storage", content(200_000, seed=5))
    with pytest.raises(FoxupError) as caught:
        fetch(specify(ADDRESS["huggingface"]), destination, context=mirrored(context, server, "huggingface"))
    assert caught.value.code == "download-hash-mismatch"
    server.add("/storage", BODY)
    fetched = fetch(specify(ADDRESS["huggingface"]), destination, context=mirrored(context, server, "huggingface"))
    assert fetched.pinned


@pytest.mark.parametrize("right", [True, False])
def test_civitai_s_own_hash_is_checked_when_nothing_is_pinned(server, context, destination, specify, right):
    version = {
        "files": [
            {"name": "other.zip", "primary": True, "hashes": {"SHA256": "F" * 64}},
            {"name": "file.bin", "hashes": {"SHA256": (sha256(BODY) if right else "0" * 64).upper()}},
        ]
    }
    server.add("/api/v1/model-versions/7", json.dumps(version).encode(), content_type="application/json")
    server.add(path_of("civitai"), BODY)
    act = lambda: fetch(specify(ADDRESS["civitai"]), destination, context=mirrored(context, server, "civitai"))  # noqa: E731
    if right:
        assert act().pinned
    else:
        with pytest.raises(FoxupError) as caught:
            act()
        assert caught.value.code == "download-hash-mismatch"
        assert not destination.exists()


def test_words_are_translated_when_the_catalogue_has_them(server, context, destination, specify):
    use("ru")
    try:
        with pytest.raises(DownloadError) as caught:
            fetch(specify(server.url + "/gone", body=BODY), destination, context=context)
    finally:
        use("en")
    assert caught.value.code == "download-removed"
