"""Sources: several, local ones, mirrors, proxies; their order, and what is said when none serves."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from contextlib import suppress
from dataclasses import replace

import pytest
from servers import Fault, content, sha256

from foxup.errors import FoxupError
from foxup.step import Source
from foxup.system.download import fetch
from foxup.system.download.addresses import hub_mirror, local_path, mirrored, prepare, shown
from foxup.system.download.memory import Memory

BODY = content(300_000)


def unused_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_the_next_source_serves_when_the_first_cannot(server, context, destination, specify):
    server.add("/f", BODY)
    spec = specify(server.url + "/gone", f"http://127.0.0.1:{unused_port()}/f", server.url + "/f", body=BODY)
    fetch(spec, destination, context=context)
    assert destination.read_bytes() == BODY


def test_all_failures_are_listed_with_their_sources(server, context, destination, specify):
    server.add("/page", BODY, fault=lambda _number, _headers: Fault(status=451))
    spec = specify(
        f"http://127.0.0.1:{unused_port()}/f", server.url + "/page", "http://no-such-host.invalid/f", body=BODY
    )
    with pytest.raises(FoxupError) as caught:
        fetch(spec, destination, context=context)
    assert caught.value.code == "download-all-sources-failed"
    assert [error.code for _name, error in caught.value.failures] == [
        "download-refused",
        "download-region-blocked",
        "download-dns",
    ]
    assert len(caught.value.cause.splitlines()) == 3
    assert "no-such-host.invalid" in caught.value.cause


def test_a_host_that_accepts_and_says_nothing_times_out(context, destination, specify):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        limits = replace(context.limits, stall=0.2, first_retries=1)
        spec = specify(f"http://127.0.0.1:{silent.getsockname()[1]}/f", body=BODY)
        with pytest.raises(FoxupError) as caught:
            fetch(spec, destination, context=replace(context, limits=limits))
    assert "in a row" in caught.value.message


@pytest.mark.parametrize("form", ["path", "file", "folder", "package"])
def test_local_sources(context, destination, specify, tmp_path, form):
    folder = tmp_path / "my files"
    folder.mkdir()
    (folder / "file.bin").write_bytes(BODY)
    url = {
        "path": str(folder / "file.bin"),
        "file": (folder / "file.bin").as_uri(),
        "folder": str(folder),
        "package": "package:my files/file.bin",
    }[form]
    fetched = fetch(
        specify(url, body=BODY), destination, context=replace(context, package_folder=tmp_path, offline=True)
    )
    assert destination.read_bytes() == BODY
    assert fetched.source == str(folder)
    (folder / "file.bin").write_bytes(b"changed later")
    assert destination.read_bytes() == BODY


def test_a_folder_is_searched_by_content_whatever_the_name(context, destination, specify, tmp_path):
    (tmp_path / "USB" / "sub").mkdir(parents=True)
    (tmp_path / "USB" / "file.bin").write_bytes(content(300_000, seed=3))
    (tmp_path / "USB" / "sub" / "model(1).bin").write_bytes(BODY)
    fetch(specify(str(tmp_path / "USB"), body=BODY), destination, context=context)
    assert destination.read_bytes() == BODY


@pytest.mark.parametrize(
    ("body", "code"), [(b"x" * 300_000, "download-hash-mismatch"), (b"x", "download-source-changed")]
)
def test_a_wrong_local_file_is_refused(context, destination, specify, tmp_path, body, code):
    (tmp_path / "file.bin").write_bytes(body)
    with pytest.raises(FoxupError) as caught:
        fetch(specify(str(tmp_path / "file.bin"), body=BODY), destination, context=context)
    assert caught.value.code == code
    assert not destination.exists()


def test_a_missing_local_file_is_named(context, destination, specify, tmp_path):
    with pytest.raises(FoxupError) as caught:
        fetch(specify(str(tmp_path / "none"), body=BODY), destination, context=context)
    assert caught.value.code == "download-not-in-folder"


@pytest.mark.parametrize(
    ("url", "rules", "expected"),
    [
        ("https://civitai.com/a?b=1", {"https://civitai.com": "http://x:1/"}, "http://x:1/a?b=1"),
        ("https://civitai.com", {"https://civitai.com/": "http://x"}, "http://x"),
        ("https://civitai.com.evil/a", {"https://civitai.com": "http://x"}, "https://civitai.com.evil/a"),
        ("https://h/a/b", {"https://h": "http://one", "https://h/a": "http://two"}, "http://two/b"),
    ],
)
def test_mirrors_replace_whole_prefixes_the_longest_first(url, rules, expected):
    assert mirrored(url, rules) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "https://civitai.com/models/9409/anything?modelVersionId=30163",
            "https://civitai.com/api/download/models/30163",
        ),
        ("https://huggingface.co/a/b/blob/main/f.bin", "https://huggingface.co/a/b/resolve/main/f.bin"),
        ("https://huggingface.co/datasets/a/b/blob/main/f", "https://huggingface.co/datasets/a/b/resolve/main/f"),
        (
            "https://civitai.com/api/download/models/1?token=x&type=Model",
            "https://civitai.com/api/download/models/1?type=Model",
        ),
        ("https://host/f?token=theirs", "https://host/f?token=theirs"),
    ],
)
def test_page_addresses_become_file_addresses_and_tokens_are_dropped(given, expected):
    assert prepare(Source(given), {}).origin == expected


def test_an_address_is_shown_without_user_and_parameters():
    assert shown("https://me:pw@Host.example:8443/a%20b?X-Amz-Signature=s#x") == "https://host.example:8443/a b"
    assert hub_mirror({"HF_ENDPOINT": "https://m/"}) == {"https://huggingface.co": "https://m"}
    assert local_path("file:///a%20b", None).as_posix() == "/a b"


def test_the_order_of_sources_follows_what_was_measured_and_survives_a_lost_file(tmp_path):
    now = [1_000_000.0]
    memory = Memory(tmp_path / "speeds.json", clock=lambda: now[0])
    hosts = ["a", "b", "c", "d"]
    assert memory.order(hosts, str) == hosts
    memory.succeeded("c", 9e6, 8)
    memory.succeeded("b", 1e6, 1)
    memory.failed("a")
    again = Memory(tmp_path / "speeds.json", clock=lambda: now[0])
    assert again.order(hosts, str) == ["c", "d", "b", "a"]
    assert (again.connections("c"), again.connections("d")) == (8, 1)
    now[0] += 7 * 3600
    assert again.order(hosts, str)[-1] == "b"
    (tmp_path / "speeds.json").write_text("{broken")
    assert Memory(tmp_path / "speeds.json").order(hosts, str) == hosts
    (tmp_path / "speeds.json").write_text(json.dumps({"a": 5}))
    assert Memory(tmp_path / "speeds.json").order(hosts, str) == hosts


class _Proxy(socketserver.StreamRequestHandler):
    """Speaks just enough of HTTP proxying to pass one GET on."""

    def handle(self) -> None:
        line = self.rfile.readline()
        self.server.seen.append(line.decode())
        if self.server.refuse:
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        _method, url, _version = line.decode().split()
        host, _slash, path = url.removeprefix("http://").partition("/")
        name, _colon, port = host.partition(":")
        with socket.create_connection((name, int(port))) as upstream, suppress(OSError):
            upstream.sendall(f"GET /{path} HTTP/1.1\r\n".encode())
            while (header := self.rfile.readline()) not in {b"\r\n", b""}:
                upstream.sendall(header)
            upstream.sendall(b"Connection: close\r\n\r\n")
            while data := upstream.recv(65536):
                self.wfile.write(data)


@pytest.fixture
def proxy():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Proxy) as running:
        running.daemon_threads = True
        running.seen, running.refuse = [], False
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield running
        running.shutdown()


def test_a_proxy_of_the_environment_is_used_and_no_proxy_respected(
    server, context, destination, specify, monkeypatch, proxy
):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_address[1]}")
    server.add("/f", BODY)
    fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert proxy.seen[0].startswith(f"GET {server.url}/f")
    proxy.seen.clear()
    destination.unlink()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    fetch(specify(server.url + "/f", body=BODY), destination, context=context)
    assert proxy.seen == []


def test_proxy_troubles_are_named(server, context, destination, specify, monkeypatch, proxy):
    proxy.refuse = True
    server.add("/f", BODY)
    for address in (
        f"http://127.0.0.1:{proxy.server_address[1]}",
        f"http://127.0.0.1:{unused_port()}",
        "socks5://127.0.0.1:9",
    ):
        monkeypatch.setenv("http_proxy", address)
        with pytest.raises(FoxupError) as caught:
            fetch(specify(server.url + "/f", body=BODY), destination, context=context)
        assert caught.value.code == "download-proxy", address


def test_a_file_without_hash_takes_the_name_s_word_in_a_folder(context, destination, specify, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file.bin").write_bytes(BODY)
    fetched = fetch(specify(str(tmp_path / "in")), destination, context=context)
    assert fetched.pinned
    assert fetched.sha256 == sha256(BODY)


@pytest.mark.parametrize("fault", [404, 403, 503, "page", "other content"])
def test_a_mirror_that_fails_gives_way_to_the_original(server, context, destination, specify, fault):
    server.add("/original/f", BODY)
    broken = server.add("/mirror/f", content(len(BODY), seed=2) if fault == "other content" else BODY)
    if fault == "page":
        page = b"<!DOCTYPE html><html>Sign in</html>"
        broken.fault = lambda _number, _headers: Fault(status=200, body=page, headers={"Content-Type": "text/html"})
    elif fault != "other content":
        broken.fault = lambda _number, _headers: Fault(status=fault)
    mirrors = {f"{server.url}/original": f"http://localhost:{server.port}/mirror"}
    limits = replace(context.limits, first_retries=1)
    fetched = fetch(
        specify(server.url + "/original/f", body=BODY),
        destination,
        context=replace(context, mirrors=mirrors, limits=limits),
    )
    assert destination.read_bytes() == BODY
    assert server.answers("/mirror/f")
    assert fetched.source == f"127.0.0.1:{server.port}"


def test_when_mirror_and_original_fail_both_are_named(server, context, destination, specify):
    mirrors = {f"{server.url}/original": f"http://localhost:{server.port}/mirror"}
    with pytest.raises(FoxupError) as caught:
        fetch(specify(server.url + "/original/f", body=BODY), destination, context=replace(context, mirrors=mirrors))
    assert caught.value.code == "download-removed"
    assert "localhost" in f"{caught.value.message} {caught.value.cause}"
    assert "127.0.0.1" in caught.value.cause
