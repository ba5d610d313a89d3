"""Downloads that break off go on where they ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from bundle_builder import add_bundle
from playwright.sync_api import Page

WEIGHT = np.arange(40_000, dtype=np.float32)
CUT = 50_000
"""Bytes after which an answer ends."""

RUN = """async (url) => {
    let told = 0;
    const bytes = [];
    const onProgress = ({phase, loaded, total}) => {
        if (phase !== 'download') return;
        bytes.push(loaded <= total && loaded >= told);
        told = loaded;
    };
    try {
        const model = await texelflow.loadModel(url, {onProgress});
        const x = new texelflow.Tensor('float32', [40000], new Float32Array(40000));
        const {y} = await model.run({x});
        return {right: y.data.every((value, i) => value === 2 * i), monotonous: bytes.every(Boolean)};
    } catch (error) {
        return {code: error.code, message: error.message};
    }
}"""


@dataclass
class CuttingServer:
    """Serves a folder to any page, and ends so many answers of weights after `CUT` bytes."""

    folder: Path
    cuts: int
    ranges: bool = True
    """Whether it knows byte ranges."""
    later: bytes | None = None
    """The weights from the second request on, if these are others."""
    asked: list[str | None] = field(default_factory=list)
    """The range that each request of weights asked for."""

    def __post_init__(self) -> None:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.answer(self)

            def log_message(self, *arguments: object) -> None:
                """Keeps the test output quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Send a file, or what is asked for of it, or the beginning of that."""
        path = self.folder / request.path.rpartition("/")[2]
        body, status, end = path.read_bytes(), 200, None
        if path.suffix == ".safetensors":
            asked = request.headers["Range"]
            if self.asked and self.later:
                body = self.later
            self.asked.append(asked)
            if asked and self.ranges:
                body, status = body[int(asked.removeprefix("bytes=").removesuffix("-")) :], 206
            if self.cuts > 0:
                self.cuts, end = self.cuts - 1, CUT
        request.send_response(status)
        request.send_header("Access-Control-Allow-Origin", "*")
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Cache-Control", "no-store")
        request.end_headers()
        request.wfile.write(body[:end])
        if end:
            # What came just before a connection ended, browsers may leave out.
            request.wfile.flush()
            time.sleep(0.5)

    @property
    def url(self) -> str:
        """Address of the bundle."""
        return f"http://127.0.0.1:{self.server.server_address[1]}/"


@pytest.fixture
def servers() -> Iterator[list[CuttingServer]]:
    """Servers that are stopped at the end."""
    started: list[CuttingServer] = []
    yield started
    for each in started:
        each.server.shutdown()
        each.server.server_close()


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "whole"])
def test_an_interrupted_download_is_resumed(
    page: Page, servers: list[CuttingServer], tmp_path: Path, ranges: bool
) -> None:
    """Also where the server sends all of the file again, though less and less of it is missing."""
    add_bundle(tmp_path, WEIGHT)
    server = CuttingServer(tmp_path, cuts=2 if ranges else 1, ranges=ranges)
    servers.append(server)
    assert page.evaluate(RUN, server.url) == {"right": True, "monotonous": True}
    first, *others = server.asked
    assert first is None and all(others)
    begins = [int(str(asked).removeprefix("bytes=").removesuffix("-")) for asked in others]
    assert begins == sorted(set(begins)) and 0 < begins[0] <= CUT


def test_what_never_goes_on_is_told(page: Page, servers: list[CuttingServer], tmp_path: Path) -> None:
    """An answer that ends where the one before did brings nothing."""
    add_bundle(tmp_path, WEIGHT)
    server = CuttingServer(tmp_path, cuts=100, ranges=False)
    servers.append(server)
    answer = page.evaluate(RUN, server.url)
    assert answer["code"] == "network" and "broke off after" in answer["message"]
    assert len(server.asked) == 4


def test_another_file_is_not_joined_to_the_first(
    page: Page, servers: list[CuttingServer], tmp_path: Path
) -> None:
    """The digest tells; then all is asked for again, past the cache."""
    add_bundle(tmp_path, WEIGHT)
    path = tmp_path / "weights-1.safetensors"
    right = path.read_bytes()
    server = CuttingServer(tmp_path, cuts=1, later=right)
    servers.append(server)
    path.write_bytes(right[:2000] + bytes(len(right) - 2000))
    assert page.evaluate(RUN, server.url)["right"]
    assert server.asked[0] is None and server.asked[1] and server.asked[-1] is None


def test_loading_is_stopped_while_it_waits(page: Page, servers: list[CuttingServer], tmp_path: Path) -> None:
    add_bundle(tmp_path, WEIGHT)
    server = CuttingServer(tmp_path, cuts=100, ranges=False)
    servers.append(server)
    answer = page.evaluate(
        """async (url) => {
            const controller = new AbortController();
            setTimeout(() => controller.abort(new Error('enough')), 300);
            return texelflow.loadModel(url, {signal: controller.signal}).catch(({message}) => message);
        }""",
        server.url,
    )
    assert answer == "enough"
