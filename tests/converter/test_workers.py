"""The worker that converts: when it is downloaded, kept, ended, and what pages hear of it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from converter_support import PAGE, SCRIPT, converted, exported
from onnx import numpy_helper
from playwright.sync_api import Browser, Page, Playwright
from test_converted_models import write_network

from browser_support import CHROMIUM_FLAGS, PAGE_SECONDS, PageServer, find_chromium
from texelflow.checking.serve import StaticHandler, background_server, folder_mounts

LARGE = """
<ir_version: 8, opset_import: ["" : 17]>
large (float[1, 4096] x) => (float[1, 8192] y) { y = MatMul(x, table) }
"""


def wait_for_the_end(page: Page) -> None:
    """Wait until the page has no worker any more; it hears of that after the answer."""
    end = time.monotonic() + PAGE_SECONDS
    while page.workers:
        assert time.monotonic() < end
        page.wait_for_timeout(20)


def test_a_large_model_gives_its_memory_back(converter_page: Page, tmp_path: Path) -> None:
    model = onnx.parser.parse_model(LARGE)
    table = np.arange(4096 * 8192, dtype=np.float32).reshape(4096, 8192)
    model.graph.initializer.append(numpy_helper.from_array(table, "table"))
    source = tmp_path / "large.onnx"
    source.write_bytes(model.SerializeToString())
    small = write_network(tmp_path / "small.onnx")
    assert converted(converter_page, small)["files"]
    assert len(converter_page.workers) == 1
    # One that fails takes as much.
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(source.read_bytes()[:-1])
    assert converted(converter_page, cut)["code"] == "model"
    wait_for_the_end(converter_page)
    answer = converted(converter_page, source)
    assert answer["summary"]["parameters"] == table.size
    wait_for_the_end(converter_page)
    assert converted(converter_page, small)["files"] == exported(small, tmp_path / "bundle")
    assert len(converter_page.workers) == 1


def test_conversions_wait_for_each_other_and_can_be_given_up(converter_page: Page, tmp_path: Path) -> None:
    content = write_network(tmp_path / "network.onnx").read_bytes()
    ends = converter_page.evaluate(
        """async (bytes) => {
            const file = new File([new Uint8Array(bytes)], "network.onnx");
            const given = new AbortController();
            const convert = (signal) => converter.convert(file, { signal }).then(
                ({ summary }) => summary.name, (error) => String(error));
            const first = convert(given.signal);
            const second = convert(undefined);
            const third = convert(AbortSignal.abort("never"));
            given.abort("given up");
            return Promise.all([first, second, third]);
        }""",
        list(content),
    )
    assert ends == ["given up", "network", "never"]


def test_a_policy_without_webassembly_is_told(
    browser: Browser, page_server: PageServer, converter_page: Page
) -> None:
    page_server.fixed["/converter/strict.html"] = (
        200,
        "text/html",
        PAGE.replace(" 'wasm-unsafe-eval'", "").encode(),
    )
    page = browser.new_page()
    page.goto(page_server.url("/converter/strict.html"))
    told = page.evaluate("converter.prepare().catch(({ code, message }) => [code, message])")
    assert told[0] == "start"
    assert "'wasm-unsafe-eval' in script-src" in told[1]
    page.close()


def test_a_second_visit_downloads_nothing_of_it_again(
    playwright_instance: Playwright, converter_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`texelflow serve` lets a browser keep what is named by its content."""
    asked: list[str] = []
    answer = StaticHandler.send_head

    def noted(handler: StaticHandler) -> object:
        asked.append(handler.path)
        return answer(handler)

    monkeypatch.setattr(StaticHandler, "send_head", noted)
    folder = tmp_path / "page"
    shutil.copytree(converter_folder, folder / "convert")
    (folder / "index.html").write_text(PAGE)
    (folder / "page.js").write_text(SCRIPT)
    # A profile of its own: others keep in memory only what is small.
    browser = playwright_instance.chromium.launch_persistent_context(
        str(tmp_path / "profile"), executable_path=find_chromium(), args=CHROMIUM_FLAGS
    )
    with background_server(folder_mounts(folder)) as url:
        visits = []
        for _ in range(2):
            asked.clear()
            page = browser.new_page()
            page.goto(f"{url}/")
            page.evaluate("converter.prepare()")
            page.close()
            visits.append([path for path in asked if "/v-" in path])
    browser.close()
    assert {path.rpartition("/")[2] for path in visits[0]} == {
        *("worker.js", "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"),
        *("python_stdlib.zip", "exporter.zip"),
    }
    assert visits[1] == []
