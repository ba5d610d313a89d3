"""Runs after the first create nothing but their outputs, however many there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from bundle_builder import ADD_FLAT, BundleBuilder, blocked_bundle
from playwright.sync_api import Browser, CDPSession, Page

import texelflow
from browser_support import PageServer, open_runtime_page
from fuzz.small_models import MODELS

Serve = Callable[[Path], str]

SOAK_RUNS = 10_000

# Counts what is constructed by the names that the runtime sees, so it must come before the runtime is loaded.
COUNT_CREATIONS = """
    const created = {};
    const count = (name) => { created[name] = (created[name] ?? 0) + 1; };
    const arrays = ['Float32Array', 'Float64Array', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray',
        'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array',
        'ArrayBuffer', 'DataView'];
    for (const name of arrays) {
        globalThis[name] = new Proxy(globalThis[name], {
            construct(target, parameters, created) {
                count(name);
                return Reflect.construct(target, parameters, created);
            },
        });
    }
    const hook = (prototype, wanted) => {
        for (const name of Object.getOwnPropertyNames(prototype)) {
            const {value} = Object.getOwnPropertyDescriptor(prototype, name);
            if (typeof value !== 'function' || !wanted.test(name)) continue;
            prototype[name] = function (...parameters) {
                count(name);
                return value.apply(this, parameters);
            };
        }
    };
    hook(Object.getPrototypeOf(Int8Array.prototype), /^(slice|subarray|map|filter|to.+|with)$/);
    hook(WebGL2RenderingContext.prototype, /^(create|fence|deleteSync)/);
"""


def network_bundle(folder: Path) -> None:
    """A small network: three additions in a row, y = ((x + a) * 2 + b) * 2 + c, for [batch, 4]."""
    builder = BundleBuilder()
    program = builder.program(ADD_FLAT, ["a", "b"], "add")
    current = builder.tensor([8, 4], lifetime=[-1, 0], value="x")
    builder.input("x", current)
    for step, name in enumerate("abc"):
        weight = builder.weight(name, [np.full((8, 4), step + 1, dtype=np.float32)])
        following = builder.tensor([8, 4], lifetime=[step, step + 1], value=f"y{step}")
        builder.draw(program, [current, weight], following, floats=[1 if name == "c" else 2])
        current = following
    builder.output("y", current)
    builder.write(folder)


@pytest.mark.parametrize("make", [network_bundle, blocked_bundle])
def test_a_run_creates_one_array_for_each_output(
    blank_page: Page,
    page_server: PageServer,
    serve: Serve,
    tmp_path: Path,
    make: Callable[[Path], object],
) -> None:
    """No other typed array, and no GL object that stays: a run that is asked for deletes its fence."""
    make(tmp_path)
    answer = blank_page.evaluate(
        """async ([runtime, url]) => {"""
        + COUNT_CREATIONS
        + """
            const texelflow = await import(runtime);
            const model = await texelflow.loadModel(url);
            const [{shape}] = model.inputs;
            const sizes = shape.map((extent, axis) => typeof extent === 'number' ? extent : 3 + axis);
            const elements = sizes.reduce((x, y) => x * y, 1);
            const x = new texelflow.Tensor('float32', sizes, new Float32Array(elements).fill(2));
            for (let i = 0; i < 3; i++) await model.run({x});
            const loading = {...created};
            for (const name of Object.keys(created)) delete created[name];
            let last;
            for (let i = 0; i < 20; i++) {
                last = (await model.run({x})).y.data;
            }
            return {loading, created, first: last[0]};
        }""",
        [page_server.url("/dist/texelflow.debug.js"), serve(tmp_path)],
    )
    created = answer["created"]
    assert created.pop("fenceSync", 0) == created.pop("deleteSync", 0)
    assert created == {"slice": 20}
    # The hooks work: loading creates all of these.
    assert {"Float32Array", "createTexture", "createFramebuffer", "fenceSync"} <= set(answer["loading"])
    assert answer["first"] == (19 if make is network_bundle else 6)


@pytest.mark.parametrize(("name", "image"), [("image", None), ("image", "0..1"), ("tokens", None)])
def test_runs_of_exported_models_create_one_array_for_each_output(
    blank_page: Page, page_server: PageServer, serve: Serve, tmp_path: Path, name: str, image: str | None
) -> None:
    """The same for models with all that the exporter makes, from tensors of both kinds and from a picture."""
    onnx.save(MODELS[name]().model(), tmp_path / "model.onnx")
    texelflow.export(tmp_path / "model.onnx", tmp_path / "bundle", image=image)
    answer = blank_page.evaluate(
        """async ([runtime, url]) => {"""
        + COUNT_CREATIONS
        + """
            const texelflow = await import(runtime);
            const model = await texelflow.loadModel(url);
            const canvas = new OffscreenCanvas(20, 20);
            canvas.getContext('2d').fillRect(0, 0, 9, 9);
            const feeds = {};
            for (const {name, dtype, shape, image} of model.inputs) {
                const sizes = shape.map((extent) => typeof extent === 'number' ? extent : 2);
                const array = dtype === 'int64' ? BigInt64Array : Float32Array;
                const elements = sizes.reduce((x, y) => x * y, 1);
                feeds[name] = image ? canvas : new texelflow.Tensor(dtype, sizes, new array(elements));
            }
            for (let i = 0; i < 3; i++) await model.run(feeds);
            for (const name of Object.keys(created)) delete created[name];
            for (let i = 0; i < 20; i++) await model.run(feeds);
            return {created, outputs: model.outputs.length, statistics: texelflow.statistics(model)};
        }""",
        [page_server.url("/dist/texelflow.debug.js"), serve(tmp_path / "bundle")],
    )
    created = answer["created"]
    assert answer["statistics"]["draws"] > 5
    assert created.pop("fenceSync", 0) == created.pop("deleteSync", 0)
    assert sum(created.values()) == 20 * answer["outputs"], created


def test_ten_thousand_runs_leave_nothing_behind(
    browser: Browser, page_server: PageServer, serve: Serve, tmp_path: Path
) -> None:
    """Ten thousand runs leave as many GL objects as before, and a heap no larger."""
    network_bundle(tmp_path)
    page = open_runtime_page(browser, page_server)
    devtools = page.context.new_cdp_session(page)
    try:
        page.evaluate(
            "async (url) => { globalThis.model = await texelflow.loadModel(url); }", serve(tmp_path)
        )
        run(page, 500)
        objects, heap = created_objects(page), used_heap(devtools)
        run(page, SOAK_RUNS)
        assert created_objects(page) == objects
        # What 10,000 runs leave behind would be a multiple of this, were it a single small object each.
        assert used_heap(devtools) - heap < 200_000
    finally:
        page.close()


def run(page: Page, runs: int) -> None:
    """Runs the page's model so many times and checks every result."""
    right = page.evaluate(
        """async (runs) => {
            let right = 0;
            for (let i = 0; i < runs; i++) {
                const x = new texelflow.Tensor('float32', [8, 4], new Float32Array(32).fill(i));
                const {y} = await globalThis.model.run({x});
                if (y.data[0] === ((i + 1) * 2 + 2) * 2 + 3 && y.data[31] === y.data[0]) right++;
            }
            return right;
        }""",
        runs,
    )
    assert right == runs


def created_objects(page: Page) -> dict[str, object]:
    """What the page has on the GPU: objects created so far, and bytes of textures."""
    statistics = page.evaluate("() => texelflow.statistics(globalThis.model)")
    return {"created": statistics["created"], "bytes": statistics["textureBytes"]["now"]}


def used_heap(devtools: CDPSession) -> int:
    """Bytes of the JavaScript heap that are in use after a collection."""
    for _ in range(3):
        devtools.send("HeapProfiler.collectGarbage")
    return int(devtools.send("Runtime.getHeapUsage")["usedSize"])
