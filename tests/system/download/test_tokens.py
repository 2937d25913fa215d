"""Tokens reach the host they belong to, in one header, and nobody and nothing else."""

from __future__ import annotations

import logging
import ssl
from dataclasses import replace

import pytest
import trustme
from servers import Fault, content, serving

from foxup.errors import FoxupError
from foxup.system.download import Secret, fetch, read_tokens
from foxup.system.download.tokens import token_for

BODY = content(100_000)
CIVITAI = "https://civitai.com/api/download/models/7"


def test_a_secret_never_shows_itself():
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hunter2"


@pytest.mark.parametrize(
    ("environ", "service", "origin"),
    [
        ({"CIVITAI_TOKEN": " t "}, "civitai", "CIVITAI_TOKEN"),
        ({"HF_TOKEN": "t"}, "huggingface", "HF_TOKEN"),
        ({"HUGGING_FACE_HUB_TOKEN": "t"}, "huggingface", "HUGGING_FACE_HUB_TOKEN"),
    ],
)
def test_tokens_are_read_from_the_environment(tmp_path, environ, service, origin):
    (token,) = read_tokens({"HF_HOME": str(tmp_path), **environ})
    assert (token.service, token.origin, token.secret.reveal()) == (service, origin, "t")


def test_the_token_file_of_hugging_face_s_tools_is_read(tmp_path):
    (tmp_path / "token").write_text("from-file\n")
    (token,) = read_tokens({"HF_HOME": str(tmp_path)})
    assert token.secret.reveal() == "from-file"
    assert token.origin == str(tmp_path / "token")
    assert read_tokens({"HF_HOME": str(tmp_path / "none")}) == ()


def test_a_token_belongs_to_its_host_and_to_what_stands_for_it_here(tmp_path):
    environ = {
        "CIVITAI_TOKEN": "c",
        "HF_TOKEN": "h",
        "HF_ENDPOINT": "https://hf-mirror.example",
        "HF_HOME": str(tmp_path),
    }
    mirrors = {"https://civitai.com": "http://127.0.0.1:8080"}
    tokens = read_tokens(environ, mirrors)
    belongs = {
        "https://civitai.com/api/x": "c",
        "http://127.0.0.1:8080/api/x": "c",
        "https://huggingface.co/x": "h",
        "https://hf-mirror.example/x": "h",
    }
    for url, value in belongs.items():
        assert token_for(url, tokens).secret.reveal() == value
    for url in (
        "http://civitai.com/x",
        "https://civitai.com.evil.example/",
        "https://civitai.red/x",
        "http://127.0.0.1:81/",
    ):
        assert token_for(url, tokens) is None
    elsewhere = read_tokens(
        {"CIVITAI_TOKEN": "c", "HF_HOME": str(tmp_path)}, {"https://civitai.com": "https://mirror.example"}
    )
    assert token_for("https://mirror.example/x", elsewhere) is None


def test_the_storage_behind_a_redirect_gets_no_token(server, context, destination, specify, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    with serving() as storage:
        storage.add("/signed", BODY)
        location = {"Location": f"{storage.url}/signed?X-Amz-Signature=abc"}
        server.add("/api/download/models/7", BODY, fault=lambda _number, _headers: Fault(status=307, headers=location))
        mirrors = {"https://civitai.com": server.url}
        tokens = read_tokens({"CIVITAI_TOKEN": "very-secret", "HF_HOME": str(tmp_path)}, mirrors)
        asking = replace(context, mirrors=mirrors, tokens=tokens)
        fetch(specify(CIVITAI + "?token=in-the-address", body=BODY), destination, context=asking)
        (first,) = server.answers("/api/download/models/7")
        assert first.headers["Authorization"] == "Bearer very-secret"
        assert "in-the-address" not in first.path
        assert all("Authorization" not in asked.headers for asked in storage.asked)
        assert storage.asked
    assert "very-secret" not in caplog.text
    for path in context.downloads.rglob("*"):
        assert b"very-secret" not in path.read_bytes()


def test_netrc_is_not_sent_along(server, context, destination, specify, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.add("/f", BODY)
    fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert "Authorization" not in server.asked[0].headers


def test_a_sidecar_holds_no_address(server, context, destination, specify):
    server.add("/f", BODY, fault=lambda _number, _headers: Fault(truncate_at=50_000))
    impatient = replace(context, limits=replace(context.limits, retries=0))
    with pytest.raises(FoxupError):
        fetch(specify(server.url + "/f?key=secret", body=BODY), destination, context=impatient)
    (sidecar,) = context.downloads.glob("*.json")
    assert "secret" not in sidecar.read_text()
    assert "http" not in sidecar.read_text()


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def tls(authority: trustme.CA) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(made)
    return made


def test_an_unknown_certificate_is_refused_and_named(context, destination, specify, authority):
    with serving(tls(authority)) as server:
        server.add("/f", BODY)
        with pytest.raises(FoxupError) as caught:
            fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert caught.value.code == "download-certificate"
    assert "REQUESTS_CA_BUNDLE" in caught.value.hint


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_root_that_the_user_names_is_trusted(
    context, destination, specify, authority, tmp_path, monkeypatch, variable
):
    authority.cert_pem.write_to_path(tmp_path / "root.pem")
    monkeypatch.setenv(variable, str(tmp_path / "root.pem"))
    with serving(tls(authority)) as server:
        server.add("/f", BODY)
        fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert destination.read_bytes() == BODY


def test_a_secure_connection_never_leads_to_an_open_one(
    context, destination, specify, authority, tmp_path, monkeypatch, server
):
    authority.cert_pem.write_to_path(tmp_path / "root.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "root.pem"))
    server.add("/f", BODY)
    with serving(tls(authority)) as secure:
        secure.add(
            "/f", BODY, fault=lambda _number, _headers: Fault(status=302, headers={"Location": server.url + "/f"})
        )
        with pytest.raises(FoxupError) as caught:
            fetch(specify(secure.url + "/f", body=BODY), destination, context=context)
    assert caught.value.code == "download-captive-portal"
    assert server.asked == []
