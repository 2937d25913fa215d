"""Downloads through real proxies: SOCKS5 with the proxy resolving names, with a password, and CONNECT for HTTPS."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

import pytest
import trustme
from relays import Connect, Socks5, relaying
from servers import content, serving

from foxup.errors import FoxupError
from foxup.system.download import fetch

BODY = content(300_000, 5)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_carries_the_download(server, context, destination, specify, monkeypatch, scheme):
    server.add("/f", BODY)
    with relaying(Socks5) as proxy:
        monkeypatch.setenv("all_proxy", f"{scheme}://127.0.0.1:{proxy.server_address[1]}")
        fetch(specify(server.url + "/f", body=BODY), destination, context=context)
        assert ("127.0.0.1", urlsplit(server.url).port) in proxy.seen
    assert destination.read_bytes() == BODY


def test_with_socks5h_the_proxy_looks_the_name_up(server, context, destination, specify, monkeypatch):
    """Where the own resolver lies about hosts; a name nobody else could know shows it."""
    server.add("/f", BODY)
    port = urlsplit(server.url).port
    with relaying(Socks5) as proxy:
        monkeypatch.setenv("all_proxy", f"socks5h://127.0.0.1:{proxy.server_address[1]}")
        fetch(specify(f"http://models.example.invalid:{port}/f", body=BODY), destination, context=context)
        assert ("models.example.invalid", port) in proxy.seen


def test_a_password_of_a_socks_proxy_is_used_and_told_to_nobody(server, context, destination, specify, monkeypatch):
    server.add("/f", BODY)
    with relaying(Socks5, secret="fox:s3cret") as proxy:
        address = f"socks5://fox:{{}}@127.0.0.1:{proxy.server_address[1]}"
        monkeypatch.setenv("all_proxy", address.format("wrong-one"))
        with pytest.raises(FoxupError) as caught:
            fetch(specify(server.url + "/f", body=BODY), destination, context=context)
        assert caught.value.code == "download-proxy"
        assert "wrong-one" not in f"{caught.value.message}{caught.value.cause}{caught.value.hint}"
        monkeypatch.setenv("all_proxy", address.format("s3cret"))
        fetch(specify(server.url + "/f", body=BODY), destination, context=context)
        assert proxy.seen
    assert destination.read_bytes() == BODY


def test_https_goes_through_connect_and_stays_closed_to_the_proxy(context, destination, specify, monkeypatch, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "root.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "root.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(tls)
    with serving(tls) as server, relaying(Connect) as proxy:
        server.add("/f", BODY)
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.server_address[1]}")
        fetch(specify(server.url + "/f", body=BODY), destination, context=context)
        assert proxy.seen[0][1] == urlsplit(server.url).port
    assert destination.read_bytes() == BODY
