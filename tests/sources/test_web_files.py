"""Models on web servers: downloaded once, resumed, checked, and nothing told that should stay secret."""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from small_models import make_model, model_bytes
from source_server import Served, SourceServer, refusal

from texelflow.errors import ExportError
from texelflow.importers import read_model
from texelflow.sources import open_source

MODEL = model_bytes()


def contents(url: str, offline: bool = False) -> bytes:
    with open_source(url, offline=offline) as opened:
        assert opened.path.is_file()
        return opened.path.read_bytes()


def test_a_model_is_downloaded_once_and_compared_by_its_etag(server: SourceServer) -> None:
    served = server.files["/models/net.onnx"] = Served(MODEL)
    told: list[tuple[str, float]] = []
    url = f"{server.url}/models/net.onnx"
    with open_source(url, progress=lambda *one: told.append(one)) as opened:
        assert opened.path.name == "net.onnx"
        assert read_model(opened.path).name == "net"
        folder = opened.path.parent
    assert not folder.exists()
    assert told[-1][1] == 1.0 and "net.onnx" in told[-1][0]
    assert contents(url) == MODEL
    assert server.asked[-1].headers["if-none-match"] == served.tag()
    served.body = model_bytes(3.0)
    assert contents(url) == served.body


def test_servers_without_etags_are_asked_by_date(server: SourceServer) -> None:
    date = "Mon, 02 Nov 2026 10:00:00 GMT"
    server.files["/net.onnx"] = Served(MODEL, etag="", headers={"Last-Modified": date})
    assert contents(f"{server.url}/net.onnx") == contents(f"{server.url}/net.onnx") == MODEL
    assert server.asked[-1].headers["if-modified-since"] == date


def test_offline_uses_what_is_there_or_refuses(server: SourceServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.files["/net.onnx"] = Served(MODEL)
    url = f"{server.url}/net.onnx"
    assert "fetch it once without --offline" in refusal(url, offline=True)
    contents(url)
    asked = len(server.asked)
    assert contents(url, offline=True) == MODEL
    monkeypatch.setenv("TEXELFLOW_OFFLINE", "1")
    assert contents(url) == MODEL
    assert len(server.asked) == asked


def test_a_cut_download_goes_on_where_it_ended(server: SourceServer) -> None:
    server.files["/net.onnx"] = Served(MODEL, cuts=[500, 700])
    assert contents(f"{server.url}/net.onnx") == MODEL
    assert [one.headers.get("range") for one in server.asked] == [None, "bytes=500-", "bytes=1200-"]
    assert server.asked[1].headers["if-range"] == server.files["/net.onnx"].tag()


def test_a_later_process_resumes_too(server: SourceServer) -> None:
    served = server.files["/net.onnx"] = Served(MODEL, cuts=[500], statuses=[])
    served.after = lambda one: one.statuses.extend([503] * 3) if len(server.asked) == 1 else None
    assert "4 attempts: the server answers 503" in refusal(f"{server.url}/net.onnx")
    assert contents(f"{server.url}/net.onnx") == MODEL
    assert server.asked[-1].headers["range"] == "bytes=500-"


@pytest.mark.parametrize("ignores_if_range", [False, True])
def test_a_file_that_changes_while_it_is_resumed_is_downloaded_anew(
    server: SourceServer, ignores_if_range: bool
) -> None:
    other = model_bytes(5.0)

    def change(served: Served) -> None:
        served.body = other

    server.files["/net.onnx"] = Served(MODEL, cuts=[500], after=change, ignores_if_range=ignores_if_range)
    assert contents(f"{server.url}/net.onnx") == other


def test_a_file_that_became_shorter_is_downloaded_anew(server: SourceServer) -> None:
    def change(served: Served) -> None:
        served.body = b"short"

    server.files["/net.onnx"] = Served(MODEL, etag='"same"', cuts=[500], after=change)
    assert contents(f"{server.url}/net.onnx") == b"short"


def test_without_a_strong_etag_nothing_is_resumed(server: SourceServer) -> None:
    server.files["/net.onnx"] = Served(MODEL, etag='W/"weak"', cuts=[500])
    assert contents(f"{server.url}/net.onnx") == MODEL
    assert "range" not in server.asked[-1].headers


def test_a_body_that_is_always_cut_is_refused(server: SourceServer) -> None:
    server.files["/net.onnx"] = Served(MODEL, etag="", cuts=[100] * 9)
    assert f"the server sent 100 of {len(MODEL)} bytes" in refusal(f"{server.url}/net.onnx")


def test_bodies_in_chunks(server: SourceServer) -> None:
    server.files["/net.onnx"] = Served(MODEL, chunked=True)
    assert contents(f"{server.url}/net.onnx") == MODEL


def test_a_server_that_stalls_is_left_and_asked_again(server: SourceServer) -> None:
    def mend(served: Served) -> None:
        served.pause = 0.0

    served = server.files["/net.onnx"] = Served(MODEL, pause=1.0)
    original = served.tag

    def tag() -> str:
        if len(server.asked) > 1:
            mend(served)
        return original()

    served.tag = tag
    assert contents(f"{server.url}/net.onnx") == MODEL
    assert len(server.asked) == 2


def test_servers_that_are_busy_are_asked_again(server: SourceServer) -> None:
    server.files["/net.onnx"] = Served(MODEL, statuses=[503, 429])
    assert contents(f"{server.url}/net.onnx") == MODEL


def test_redirects_are_followed_without_the_login(server: SourceServer) -> None:
    other = SourceServer()
    try:
        other.files["/net.onnx"] = Served(MODEL)
        server.files["/a"] = Served(status=302, headers={"Location": "/b"}, login="Basic bWU6c2VjcmV0")
        target = f"{other.url.replace('127.0.0.1', 'localhost')}/net.onnx?signature=hidden"
        server.files["/b"] = Served(status=307, headers={"Location": target}, login="Basic bWU6c2VjcmV0")
        assert contents(f"{server.url.replace('//', '//me:secret@')}/a") == MODEL
        assert "authorization" not in other.asked[0].headers
    finally:
        other.close()


def test_endless_redirects_are_refused(server: SourceServer) -> None:
    server.files["/net.onnx"] = Served(status=302, headers={"Location": "/net.onnx"})
    assert "net.onnx cannot be had: the server answers 302" in refusal(f"{server.url}/net.onnx")
    for target in ("file:///etc/passwd", "ftp://example.org/net.onnx", "http://example.org/net.onnx"):
        server.files["/net.onnx"] = Served(status=302, headers={"Location": target})
        refusal(f"{server.url}/net.onnx")
    assert {"/net.onnx"} == set(server.paths())


@pytest.mark.parametrize(
    ("status", "says"),
    [(401, "needs a login (401)"), (403, "(403)"), (404, "does not exist (404)"), (410, "is gone")],
)
def test_refusals_say_what_the_server_says(server: SourceServer, status: int, says: str) -> None:
    server.files["/net.onnx"] = Served(status=status)
    assert says in refusal(f"{server.url}/net.onnx")
    assert len(server.asked) == 1


def test_secrets_are_sent_but_never_told(server: SourceServer, cache: Path) -> None:
    server.files["/net.onnx"] = Served(MODEL, login="Basic bWU6c2VjcmV0")
    base = server.url.replace("//", "//me:secret@")
    with open_source(f"{base}/net.onnx?token=hidden") as opened:
        assert opened.origin == f"{server.url}/net.onnx"
        with pytest.raises(ExportError) as raised, open_source(f"{base}/gone.onnx?token=hidden"):
            pass
    assert server.asked[0].query == "token=hidden"
    bad = [f"{base}:x/net.onnx?token=hidden", "https://me:secret@[/hidden", "https://me:secret/hidden@host/x"]
    told = [str(raised.value), *(refusal(url) for url in bad)]
    told += [path.read_text() for path in (cache / "addresses").iterdir()]
    assert told
    for text in told:
        assert "secret" not in text and "hidden" not in text, text


def test_only_https_leaves_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "use https" in refusal("http://192.0.2.1/net.onnx")
    assert "is not an address that models can be fetched from" in refusal("ftp://example.org/net.onnx")
    monkeypatch.setenv("TEXELFLOW_ALLOW_HTTP", "1")
    assert "fetch it once" in refusal("http://192.0.2.1/net.onnx", offline=True)


def test_proxies_are_used(server: SourceServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.files["/net.onnx"] = Served(MODEL)
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("TEXELFLOW_ALLOW_HTTP", "1")
    assert contents("http://model.invalid/net.onnx") == MODEL
    assert server.asked[0].headers["host"] == "model.invalid"


def test_an_authority_of_ones_own(
    server: SourceServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    try:
        subprocess.run([*make, *names, *files], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.use_tls(context)
    server.files["/net.onnx"] = Served(MODEL)
    server.files["/away"] = Served(status=302, headers={"Location": "http://127.0.0.1:1/net.onnx"})
    url = f"https://localhost:{server.port}/net.onnx"
    assert "SSL_CERT_FILE" in refusal(url)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert contents(url) == MODEL
    assert "is not encrypted" in refusal(f"https://localhost:{server.port}/away")


def test_absent_servers_are_reported() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        said = refusal(f"http://127.0.0.1:{unused.getsockname()[1]}/net.onnx")
    assert "in 4 attempts: the server cannot be reached: Connection refused" in said


def test_external_data_comes_along(server: SourceServer) -> None:
    model, data = make_model(location="weights/net.data")
    server.files["/a/net.onnx"] = Served(model.SerializeToString())
    assert "/a/weights/net.data does not exist" in refusal(f"{server.url}/a/net.onnx?key=1")
    server.files["/a/weights/net.data"] = Served(data)
    with open_source(f"{server.url}/a/net.onnx?key=1") as opened:
        (node,) = read_model(opened.path).nodes
        constant = node.inputs[1].constant
        assert constant is not None and bytes(constant.tobytes()) == data
    assert server.asked[-1].query == "key=1"


def test_shards_of_tfjs_come_along(server: SourceServer) -> None:
    paths = ["group1-shard1of2.bin", "group1-shard2of2.bin"]
    manifest = {"modelTopology": {}, "weightsManifest": [{"paths": paths, "weights": []}]}
    server.files["/m/model.json"] = Served(json.dumps(manifest).encode())
    for path in paths:
        server.files[f"/m/{path}"] = Served(path.encode())
    with open_source(f"{server.url}/m/model.json") as opened:
        assert [(opened.path.parent / path).read_text() for path in paths] == paths


@pytest.mark.parametrize(
    "name", ["../x.bin", "/x.bin", "http://evil.example/x.bin", "a\\..\\x", "%2e%2e/x", ""]
)
def test_files_that_lie_elsewhere_are_not_fetched(server: SourceServer, name: str) -> None:
    manifest = {"weightsManifest": [{"paths": [name]}]}
    server.files["/m/model.json"] = Served(json.dumps(manifest).encode())
    assert "is not inside the model's folder" in refusal(f"{server.url}/m/model.json")
    assert server.paths() == ["/m/model.json"]


def _read(url: str, results: multiprocessing.Queue[int]) -> None:
    results.put(len(contents(url)))


def test_processes_at_once_do_not_spoil_each_other(server: SourceServer) -> None:
    body = os.urandom(300_000)
    server.files["/net.bin"] = Served(body, cuts=[100_000])
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    url = f"{server.url}/net.bin"
    processes = [context.Process(target=_read, args=(url, results)) for _ in range(4)]
    for process in processes:
        process.start()
    assert [results.get(timeout=60) for _ in processes] == [len(body)] * 4
    for process in processes:
        process.join()
    assert contents(url, offline=True) == body
    full = [one for one in server.asked if not {"range", "if-none-match"} & one.headers.keys()]
    assert len(full) == 1  # the others waited, and asked whether it is new


def test_a_cache_that_cannot_be_made_is_reported(
    server: SourceServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TEXELFLOW_CACHE", str(tmp_path / "file" / "cache"))
    assert "name another folder by TEXELFLOW_CACHE" in refusal(f"{server.url}/net.onnx")


def test_a_damaged_cache_is_made_anew(server: SourceServer, cache: Path) -> None:
    server.files["/net.onnx"] = Served(MODEL)
    url = f"{server.url}/net.onnx"
    contents(url)
    (content,) = (cache / "contents").iterdir()
    content.write_bytes(b"cut")
    assert contents(url) == MODEL
    for path in (cache / "addresses").iterdir():
        path.write_text("[")
    assert contents(url) == MODEL
