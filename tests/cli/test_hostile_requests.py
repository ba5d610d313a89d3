"""What `texelflow serve` answers to requests that no page makes, and to pages of a stranger's bundle."""

from __future__ import annotations

import http.client
import os
import socket
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from texelflow.checking import serve
from texelflow.checking.serve import StaticHandler, background_server, folder_mounts

SECRET = b"what nobody may read"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A folder with a page, beside what must not be served, and with some of that inside."""
    folder = tmp_path / "page"
    (folder / ".git").mkdir(parents=True)
    (folder / ".well-known").mkdir()
    (folder / "index.html").write_text("the page")
    (folder / ".well-known" / "seen").write_text("seen")
    for path in (tmp_path / "secret", folder / ".env", folder / ".git" / "config", tmp_path / "page2"):
        path.write_bytes(SECRET)
    return folder


def ask(url: str, request: bytes) -> bytes:
    """Return all that comes back for a request as it is, within a minute."""
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


WAYS_OUT = (
    *("/../secret", "/%2e%2e/secret", "/..%2fsecret", "/%2e%2e%2fsecret", "/.%2e/secret", "/x/../../secret"),
    *(
        "/..%5csecret",
        "/..\\secret",
        "/%c0%ae%c0%ae/secret",
        "/%252e%252e/secret",
        "/....//secret",
        "//secret",
    ),
    *("/..;/secret", "/../page2", "/%2f%2e%2e%2fsecret", "/index.html/../../secret", "http://x/../secret"),
    *("/.env", "/.git/config", "/%2egit/config", "/x/../.env", "//.env"),
    *(
        "/%00",
        "/index.html%00.js",
        "/%0d%0aSet-Cookie:%20a=b",
        "/%ff%fe",
        "/\xff",
        "/%",
        "/%zz",
        "*",
        "?",
        "#",
    ),
    *(
        "/" + "a" * 300,
        "/" + "a/" * 3000,
        "/" + "%61" * 10_000,
        "/index.html/",
        "/CON",
        "/C:/secret",
        "/C:secret",
    ),
)
"""Addresses that lead nowhere, or to what is not to be served."""


def test_nothing_but_the_folder_is_served(page: Path) -> None:
    with background_server(folder_mounts(page)) as url:
        for path in WAYS_OUT:
            for method in ("GET", "HEAD"):
                answer = ask(
                    url, f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1")
                )
                status = answer.split(b" ", 2)[1:2]
                assert status in ([b"404"], [b"400"], [b"414"]), (method, path, answer[:200])
                assert SECRET not in answer and b"\r\nSet-Cookie" not in answer, (path, answer)
        assert ask(url, b"GET /.well-known/seen HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").endswith(
            b"seen"
        )


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_files_are_refused(page: Path) -> None:
    (page / "closed").mkdir(mode=0)
    with background_server(folder_mounts(page)) as url:
        assert b" 404 " in ask(url, b"GET /closed/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    "request_",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        b"PUT /x HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"DELETE /index.html HTTP/1.1\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nCookie: secret\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=lambda request: request[:12].decode("latin-1"),
)
def test_odd_requests_are_refused(page: Path, request_: bytes) -> None:
    with background_server(folder_mounts(page)) as url:
        answer = ask(url, request_)
        assert b"the page" not in answer and b"Cookie: secret" not in answer
        assert answer[:9].startswith((b"HTTP/1.", b"<!DOCTYPE")), answer[:100]
        assert ask(url, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").endswith(b"the page")
    assert (page / "index.html").read_text() == "the page"


@pytest.mark.parametrize(
    "wanted", ["bytes=0-1", "bytes=-1", "bytes=5-2", "bytes=0-,0-,0-", "bytes=x", "lines=1-2"]
)
def test_ranges(page: Path, wanted: str) -> None:
    """Whatever part is asked for, the whole file comes, once, and says so."""
    with background_server(folder_mounts(page)) as url:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
        connection.request("GET", "/", headers={"Range": wanted})
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"the page")


def test_clients_that_say_nothing(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They hold a thread for a while only, and nobody up meanwhile."""
    assert 10 <= StaticHandler.timeout <= 120
    monkeypatch.setattr(StaticHandler, "timeout", 2)
    with background_server(folder_mounts(page)) as url:
        silent = [socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 60) for _ in range(50)]
        for connection in silent:
            connection.sendall(b"GET / HT")
        assert ask(url, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").endswith(b"the page")
        for connection in silent:
            assert connection.recv(10) == b""  # the server hung up
            connection.close()


def test_absent_files_are_none_of_this_machine(page: Path) -> None:
    """What stands for an absent file is a path where nobody can put one."""
    handler = StaticHandler.__new__(StaticHandler)
    handler.mounts = folder_mounts(page)
    absent = Path(handler.translate_path("/absent"))
    with pytest.raises(OSError):
        absent.parent.mkdir(parents=True, exist_ok=True)
        absent.write_text("")


_SCRIPT = "<script>parent.postMessage('ran', '*')</script>"
_XHTML = "xmlns='http://www.w3.org/1999/xhtml'"
FOREIGN_PAGES = {
    "page.html": f"<!doctype html>{_SCRIPT}",
    "page.xhtml": f"<html {_XHTML}>{_SCRIPT}</html>",
    "picture.svg": f"<svg xmlns='http://www.w3.org/2000/svg'>{_SCRIPT}</svg>",
    "page.xml": f"<x {_XHTML}>{_SCRIPT.replace('<script', f'<script {_XHTML}')}</x>",
    "inner/page.html": _SCRIPT,
}
"""Files of a stranger's bundle, each with a script that would run as the player's."""


def test_scripts_of_a_bundle_do_not_run(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "graph.json").write_text("{}")
    for name, content in FOREIGN_PAGES.items():
        (tmp_path / name).write_text(content)
    with background_server(folder_mounts(tmp_path)) as url:
        page = browser.new_page()
        page.goto(url + "/texelflow.js")  # of the same origin, and without a policy of its own
        ran = page.evaluate(
            """async (names) => {
                const heard = [];
                addEventListener('message', ({ data }) => heard.push(data));
                for (const name of names) {
                    const frame = document.createElement('iframe');
                    frame.src = '/' + name;
                    const loaded = new Promise((resolve) => { frame.onload = resolve; });
                    document.body.append(frame);
                    await loaded;
                }
                await new Promise((resolve) => setTimeout(resolve, 200));
                return heard;
            }""",
            list(FOREIGN_PAGES),
        )
        page.close()
    assert ran == []


def test_a_bundle_with_a_page_is_a_bundle(tmp_path: Path) -> None:
    """Its own index.html does not take the player's place."""
    (tmp_path / "graph.json").write_text("{}")
    (tmp_path / "index.html").write_bytes(SECRET)
    with background_server(folder_mounts(tmp_path)) as url:
        answer = ask(url, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert SECRET not in answer and b"<html" in answer


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("localhost:8000", True),
        ("127.0.0.1:8000", True),
        ("[::1]:8000", True),
        ("192.168.0.7", True),
        (f"{socket.gethostname()}:8000", True),
        ("rebound.example:8000", False),
        ("127.0.0.1.rebound.example", False),
        ("localhost.rebound.example", False),
        ("", False),
        (None, False),
        ("[::1", False),
    ],
)
def test_names_of_this_server(host: str | None, is_own: bool) -> None:
    """A foreign name may have been made to lead here, so that its page passes for one of this server."""
    assert serve.is_own_name(host) is is_own
