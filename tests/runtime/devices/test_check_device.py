"""checkDevice answers before anything large is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from bundle_builder import add_bundle, change_graph
from onnx import TensorProto, helper, numpy_helper
from playwright.sync_api import Page

import texelflow

Serve = Callable[[Path], str]


def check(page: Page, source: str | None, before: str = "") -> Any:
    """What the page's checkDevice resolves to."""
    return page.evaluate(
        f"""async (source) => {{
            const {{checkDevice}} = await import('/dist/texelflow.check.js');
            {before}
            const failed = ({{code, message}}) => ({{code, message}});
            return checkDevice(...(source ? [source] : [])).catch(failed);
        }}""",
        source,
    )


def convolution(folder: Path, height: int | str) -> Path:
    """A bundle with a convolution and a matrix product."""
    rng = np.random.default_rng(5)
    weights = {
        "w": rng.standard_normal((32, 3, 3, 3)).astype(np.float32),
        "m": rng.standard_normal((32, 48)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("GlobalAveragePool", ["c"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("MatMul", ["f", "m"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, height, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 48])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]), folder / "model.onnx")
    texelflow.export(folder / "model.onnx", folder / "bundle")
    return folder / "bundle"


@pytest.mark.parametrize("height", [48, "h"])
def test_memory_is_what_a_run_takes(own_page: Page, serve: Serve, tmp_path: Path, height: int | str) -> None:
    """Of the weights alone where a size is free."""
    folder = convolution(tmp_path, height)
    url = serve(folder)
    requested: list[str] = []
    own_page.on("request", lambda request: requested.append(request.url.rpartition("/")[2]))
    answer = check(own_page, url)
    assert "graph.json" in requested and not any(name.endswith(".safetensors") for name in requested)
    assert answer["supported"] and answer["software"] and answer["renderer"] and answer["reasons"] == []
    assert answer["bytes"] == sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    taken = own_page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const x = new texelflow.Tensor('float32', [1, 3, 48, 64], new Float32Array(3 * 48 * 64));
            await model.run({x});
            const {weights, intermediates} = texelflow.statistics(model).textureBytes;
            return {weights, intermediates, software: model.device.software};
        }""",
        url,
    )
    assert answer["memory"] == taken["weights"] + (taken["intermediates"] if height == 48 else 0)
    assert taken["intermediates"] > 0 and taken["software"] is True


def test_a_device_is_checked_without_a_bundle(page: Page) -> None:
    answer = check(page, None)
    assert answer["supported"] and answer["bytes"] is None and answer["memory"] is None


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (
            "HTMLCanvasElement.prototype.getContext = OffscreenCanvas.prototype.getContext = () => null;",
            "WebGL2 is not available",
        ),
        (
            "const {getExtension} = WebGL2RenderingContext.prototype;"
            "WebGL2RenderingContext.prototype.getExtension = function (name) {"
            "return name.startsWith('EXT_color_buffer') ? null : getExtension.call(this, name); };",
            "no float render targets",
        ),
    ],
)
def test_what_no_model_can_use(page: Page, serve: Serve, tmp_path: Path, before: str, reason: str) -> None:
    add_bundle(tmp_path)
    # In a page of its own: the other one has a context already.
    page.goto(page.url)
    page.evaluate("async () => { globalThis.texelflow = await import('/dist/texelflow.debug.js'); }")
    answer = check(page, serve(tmp_path), before)
    assert not answer["supported"] and reason in answer["reasons"][0]
    assert answer["bytes"] > 0 and answer["memory"] is None


def test_what_the_device_lacks_for_a_model_is_named(page: Page, serve: Serve, tmp_path: Path) -> None:
    for name in ("units", "size"):
        add_bundle(tmp_path / name)

    def units(graph: dict[str, Any]) -> None:
        graph["plans"]["webgl2"]["requirements"]["textureUnits"] = 99

    def size(graph: dict[str, Any]) -> None:
        for tensor in graph["plans"]["webgl2"]["tensors"]:
            tensor["shape"] = [2**29]

    change_graph(tmp_path / "units", units)
    change_graph(tmp_path / "size", size)
    answers = [check(page, serve(tmp_path / name)) for name in ("units", "size")]
    assert [answer["supported"] for answer in answers] == [False, False]
    assert "reads 99 textures" in answers[0]["reasons"][0]
    assert "this device allows" in answers[1]["reasons"][0]


def test_what_is_no_bundle_rejects(page: Page, serve: Serve, tmp_path: Path) -> None:
    assert check(page, serve(tmp_path))["code"] == "not-found"
