"""The static server: content types, what it refuses, the page for a bundle, HTTPS."""

from __future__ import annotations

import http.client
import os
import re
import select
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_support import REPOSITORY, RunCommand
from playwright.sync_api import Browser

import texelflow
from texelflow.checking.serve import background_server, folder_mounts
from texelflow.errors import ExportError

START_SECONDS = 120


def fetch(url: str, path: str) -> tuple[int, str, bytes]:
    """Return status, content type and body; the path is sent as it is, dots and all."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.headers["Content-Type"], response.read()


def test_content_types_and_refusals(tmp_path: Path) -> None:
    page = tmp_path / "page"
    (page / "empty").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    for name in ("index.html", "a.js", "b.mjs", "c.wasm", "d.json", "with space.txt"):
        (page / name).write_text(name)
    with background_server(folder_mounts(page)) as url:
        assert fetch(url, "/")[::2] == (200, b"index.html")
        assert fetch(url, "/a.js?version=1")[:2] == (200, "text/javascript")
        assert fetch(url, "/b.mjs")[1] == "text/javascript"
        assert fetch(url, "/c.wasm")[1] == "application/wasm"
        assert fetch(url, "/d.json")[1] == "application/json"
        assert fetch(url, "/with%20space.txt")[2] == b"with space.txt"
        for path in (
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "//etc/passwd",
            "/empty/",
            "/empty",
            "/absent",
            "/%00",
        ):
            assert fetch(url, path)[0] == 404, path


def test_brotli_and_names_by_content(tmp_path: Path) -> None:
    folder = tmp_path / "v-0123456789abcdef"
    folder.mkdir()
    (tmp_path / "index.html").write_text("page")
    for name in ("a.wasm", "stale.js", "alone.js"):
        (folder / name).write_text("plain")
    for name in ("a.wasm.br", "stale.js.br"):
        (folder / name).write_text("packed")
    os.utime(folder / "stale.js.br", (0, 0))

    def ask(path: str, accepted: str) -> tuple[str | None, ...]:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
        connection.request("GET", path, headers={"Accept-Encoding": accepted})
        response = connection.getresponse()
        names = ("Content-Type", "Content-Encoding", "Cache-Control")
        return response.read().decode(), *(response.headers[name] for name in names)

    with background_server(folder_mounts(tmp_path)) as url:
        lasting = "max-age=31536000, immutable"
        packed = ("packed", "application/wasm", "br", lasting)
        plain = ("plain", "application/wasm", None, lasting)
        for accepted in ("gzip, deflate, br, zstd", "br;q=0.5", "br"):
            assert ask(f"/{folder.name}/a.wasm", accepted) == packed
        for accepted in ("", "gzip", "br;q=0, gzip", "brotli", "br;q=0.0"):
            assert ask(f"/{folder.name}/a.wasm", accepted) == plain
        for name in ("stale.js", "alone.js"):
            assert ask(f"/{folder.name}/{name}", "br") == ("plain", "text/javascript", None, lasting)
        assert ask("/", "br")[0::3] == ("page", "no-cache")
        assert ask(f"/{folder.name}/absent.js", "br")[3] == "no-cache"


def test_bundle_has_a_page(tmp_path: Path) -> None:
    (tmp_path / "graph.json").write_text("{}")
    (tmp_path / "served.js").write_text("of a stranger's bundle")
    with background_server(folder_mounts(tmp_path)) as url:
        assert fetch(url, "/graph.json")[::2] == (200, b"{}")
        assert b"<html" in fetch(url, "/")[2]
        assert b"startPlayer" in fetch(url, "/served.js")[2]
        assert fetch(url, "/texelflow.js")[0] == 200
        assert fetch(url, "/about/graph/layout.js")[0] == 200


def test_the_page_of_a_bundle_runs_the_model(tmp_path: Path, classifier: Path, browser: Browser) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("cat\ndog\nbird\nfish\n")
    texelflow.export(classifier, tmp_path / "bundle", image="-1..1", labels=labels, name="small one")
    with background_server(folder_mounts(tmp_path / "bundle")) as url:
        page = browser.new_page()
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda message: failures.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: failures.append(request.url) if url not in request.url else None)
        page.goto(url)
        page.get_by_role("heading", name="small one").wait_for()
        page.locator("#classes li").first.wait_for()
        assert re.match(r"(cat|dog|bird|fish), \d", page.inner_text("#summary"))
        page.click("#about > summary")
        page.click("#tab-graph")
        page.get_by_text("boxes").wait_for()
        assert not failures
        page.close()


def test_a_folder_without_anything_to_show_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=re.escape("index.html")):
        folder_mounts(tmp_path)
    with pytest.raises(ExportError, match="not a folder"):
        folder_mounts(tmp_path / "absent")


@contextmanager
def served(folder: Path, *options: str) -> Iterator[str]:
    """Run `texelflow serve` on a free port; yields the URL that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "texelflow.cli", "serve", str(folder), "--port", "0", *options],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "exporter")},
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_interrupts,
    )
    try:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], START_SECONDS)[0], "serve printed nothing"
        found = re.search(r"https?://\S+", process.stdout.readline())
        assert found
        yield found.group()
        process.send_signal(signal.SIGINT)
        assert process.wait(START_SECONDS) == 0
    finally:
        process.kill()
        process.wait()


def _heed_interrupts() -> None:
    """A test run in the background ignores SIGINT, and so would what it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_serve_command(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("hello")
    with served(tmp_path) as url:
        assert url.startswith("http://localhost:")
        assert fetch(url.rstrip("/"), "/")[2] == b"hello"


def test_serve_https_while_a_client_stalls(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("hello")
    with served(tmp_path, "--https") as url:
        host, port = url.removeprefix("https://").rstrip("/").split(":")
        stalled = http.client.HTTPConnection(host, int(port), timeout=60)
        stalled.connect()
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, int(port), timeout=60, context=context)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"hello"
        stalled.close()


def test_a_port_in_use_is_reported(texelflow_command: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("hello")
    with background_server(folder_mounts(tmp_path)) as url:
        port = url.rpartition(":")[2]
        texelflow_command("serve", tmp_path, "--port", port).assert_one_error(port, "--port")
