"""The lines for a page of one's own: they run as they are shown, and give what the model gives."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bundles import box_detector, colour_classifier
from demo_support import Opener, picture, wait_until
from onnx import TensorProto, helper, save
from playwright.sync_api import Page, Route

import texelflow

SHOWN = "[...document.querySelectorAll('#code-lines pre')].map((lines) => lines.textContent)"
BESIDE = "code-lines.html"
WRITTEN = """
globalThis.written = [];
const plain = (value) => ArrayBuffer.isView(value) ? Array.from(value, Number) : value;
console.log = (...values) => written.push(values.map(plain));
addEventListener("error", ({ message, error }) => { globalThis.failed = `${message} ${error}`; });
addEventListener("unhandledrejection", ({ reason }) => { globalThis.failed = String(reason); });
"""


def run_lines(page: Page, folders: Sequence[Path]) -> list[list[list[Any]]]:
    """What each block of lines writes to the console, line by line, in a page that has it as its only script.

    `photo.jpg` is red, and `folders` lie beside the page.
    """
    beside = page.evaluate(f"new URL({BESIDE!r}, document.baseURI).href")
    blocks: list[str] = page.evaluate(SHOWN)
    served = {f"/{folder.name}/{file.name}": file for folder in folders for file in folder.iterdir()}
    browser = page.context.browser
    assert browser
    other = browser.new_page(service_workers="block")
    other.add_init_script(WRITTEN)
    photo = picture((255, 0, 0))["buffer"]
    other.route("**/photo.jpg", lambda route: route.fulfill(body=photo, content_type="image/png"))

    def serve(route: Route) -> None:
        """A page whose address says which block it has, or a file beside it."""
        address = urlsplit(route.request.url)
        for end, file in served.items():
            if address.path.endswith(end):
                return route.fulfill(path=file)
        if not address.path.endswith(BESIDE):
            return route.fallback()
        lines = f"{blocks[int(address.query)]}\nglobalThis.done = true;"
        markup = f'<!doctype html>\n<script type="module">\n{lines}\n</script>'
        return route.fulfill(body=markup, content_type="text/html")

    other.route(re.compile(r"/somewhere/"), serve)
    results = []
    for number in range(len(blocks)):
        other.goto(f"{beside}?{number}")
        wait_until(other, "globalThis.done === true || globalThis.failed !== undefined")
        assert other.evaluate("globalThis.failed ?? ''") == ""
        results.append(other.evaluate("written"))
    other.close()
    return results


def open_lines(page: Page, folder: Path, title: str) -> None:
    page.set_input_files("#folder", str(folder))
    wait_until(page, f"document.getElementById('model-title').textContent.startsWith({title!r})")
    wait_until(page, "document.getElementById('summary').textContent !== ''")
    if not page.evaluate("document.getElementById('code').open"):
        page.click("#code summary")
    wait_until(page, f"{SHOWN}.join().includes({json.dumps(title)})")


def odd_names(folder: Path) -> Path:
    """Two inputs of numbers, one whole, with names that JavaScript does not take as they are."""
    names = ["class", 'a/b "</script>']
    nodes = [
        helper.make_node("Cast", [names[1]], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Add", [names[0], "float"], ["sum.0"]),
    ]
    inputs = [
        helper.make_tensor_value_info(names[0], TensorProto.FLOAT, [1, 4]),
        helper.make_tensor_value_info(names[1], TensorProto.INT64, [1, 4]),
    ]
    outputs = [helper.make_tensor_value_info("sum.0", TensorProto.FLOAT, [1, 4])]
    graph = helper.make_graph(nodes, "odd", inputs, outputs)
    save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        folder / "odd.onnx",
    )
    texelflow.export(folder / "odd.onnx", folder / "Odd", name="Odd")
    return folder / "Odd"


def test_lines_run_as_they_are_shown(open_demo: Opener, tmp_path: Path) -> None:
    page = open_demo(permissions=["clipboard-read", "clipboard-write"])
    page.set_input_files("#photo", picture((255, 0, 0)))
    assert not page.is_visible("#code")
    colours = colour_classifier(tmp_path).rename(tmp_path / "Colours")
    open_lines(page, colours, "Colours")
    [model] = run_lines(page, [colours])
    [[shape, scores]] = model
    assert shape == [1, 3, 1, 1] and scores == [10, 0, 0]
    page.locator("#code-lines button").first.click()
    wait_until(page, "document.querySelector('#code-lines [role=status]').textContent === 'Copied.'")
    assert page.evaluate("navigator.clipboard.readText()") == page.evaluate(SHOWN)[0]

    # What the bundle says nothing of has its own outputs alone.
    boxes = box_detector(tmp_path)
    boxes = boxes.rename(tmp_path / json.loads((boxes / "graph.json").read_text())["name"])
    open_lines(page, boxes, boxes.name)
    [written] = run_lines(page, [boxes])
    assert sorted(tuple(one[0]) for one in written) == [(1, 4, 2), (1, 4, 4)]

    open_lines(page, odd_names(tmp_path), "Odd")
    [[[shape, sums]]] = run_lines(page, [tmp_path / "Odd"])
    assert shape == [1, 4] and sums == [0, 0, 0, 0]
