"""The lines for a page of one's own: they run as they are shown, and give what the model gives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bundles import box_detector, colour_classifier
from demo_support import Opener, picture, wait_until
from onnx import TensorProto, helper, save
from playwright.sync_api import Page, Route

import texelflow
from shown_lines import run_lines

SHOWN = "[...document.querySelectorAll('#code-lines pre')].map((lines) => lines.textContent)"


def run_all(page: Page, folders: Sequence[Path]) -> list[list[list[Any]]]:
    """What each block of lines writes; `photo.jpg` is red, and `folders` lie beside the page."""
    served = {f"/{folder.name}/{file.name}": file for folder in folders for file in folder.iterdir()}
    photo = picture((255, 0, 0))["buffer"]

    def serve(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.endswith("/photo.jpg"):
            return route.fulfill(body=photo, content_type="image/png")
        for end, file in served.items():
            if path.endswith(end):
                return route.fulfill(path=file)
        return route.fallback()

    browser = page.context.browser
    assert browser
    base = page.evaluate("new URL('.', document.baseURI).href")
    return [run_lines(browser, base, lines, serve) for lines in page.evaluate(SHOWN)]


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
    [model] = run_all(page, [colours])
    [[shape, scores]] = model
    assert shape == [1, 3, 1, 1] and scores == [10, 0, 0]
    page.locator("#code-lines button").first.click()
    wait_until(page, "document.querySelector('#code-lines [role=status]').textContent === 'Copied.'")
    assert page.evaluate("navigator.clipboard.readText()") == page.evaluate(SHOWN)[0]

    # What the bundle says nothing of has its own outputs alone.
    boxes = box_detector(tmp_path)
    boxes = boxes.rename(tmp_path / json.loads((boxes / "graph.json").read_text())["name"])
    open_lines(page, boxes, boxes.name)
    [written] = run_all(page, [boxes])
    assert sorted(tuple(one[0]) for one in written) == [(1, 4, 2), (1, 4, 4)]

    open_lines(page, odd_names(tmp_path), "Odd")
    [[[shape, sums]]] = run_all(page, [tmp_path / "Odd"])
    assert shape == [1, 4] and sums == [0, 0, 0, 0]
