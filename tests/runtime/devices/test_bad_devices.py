"""Devices that cannot do what a model needs: one clear error each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from bundle_builder import add_bundle, blocked_bundle
from playwright.sync_api import Page
from run_support import load_error

Serve = Callable[[Path], str]


def test_too_few_texture_units(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    message = load_error(module_page, serve(tmp_path), "{device: {limits: {textureUnits: 1}}}")
    assert "2 textures in one draw" in message and "allows 1" in message


def test_tensors_too_large_for_a_texture_are_refused(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path, np.zeros(40_000, np.float32))
    message = load_error(module_page, serve(tmp_path), "{device: {limits: {maxTextureSize: 64}}}")
    assert "[40000]" in message and "64×64" in message


def test_planes_that_shaders_do_not_tell_apart(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    """All of 2²¹ come out right; more are refused."""
    blocked_bundle(tmp_path)
    right, message = module_page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const run = (batch) => {
                const data = Float32Array.from({length: batch}, (_, index) => index);
                return model.run({x: new texelflow.Tensor('float32', [batch, 1, 1, 1], data)});
            };
            const {y} = await run(2 ** 21);
            const message = await run(2 ** 21 + 1).catch((error) => error.message);
            model.dispose();
            return [y.data.every((value, index) => value === 3 * index), message];
        }""",
        serve(tmp_path),
    )
    assert right
    assert "2097153 planes" in message and '"blocked" of shape [2097153, 1, 1, 1]' in message


def test_device_without_float_targets(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    page.evaluate(
        """() => {
            const original = WebGL2RenderingContext.prototype.getExtension;
            WebGL2RenderingContext.prototype.getExtension = function (name) {
                return name.startsWith('EXT_color_buffer') ? null : original.call(this, name);
            };
        }"""
    )
    assert "no float render targets" in load_error(page, serve(tmp_path))


def test_browser_without_webgl2(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    page.evaluate(
        """() => {
            HTMLCanvasElement.prototype.getContext = () => null;
            OffscreenCanvas.prototype.getContext = () => { throw new TypeError('unknown'); };
        }"""
    )
    assert "WebGL2 is not available" in load_error(page, serve(tmp_path))


def test_workers_without_webgl2(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    message = page.evaluate(
        """async (url) => {
            const source = `import {loadModel} from '${location.origin}/dist/texelflow.js';
                OffscreenCanvas.prototype.getContext = () => null;
                loadModel('${url}').catch((error) => postMessage(error.message));`;
            const script = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));
            const worker = new Worker(script, {type: 'module'});
            return new Promise((resolve) => { worker.onmessage = ({data}) => resolve(data); });
        }""",
        serve(tmp_path),
    )
    assert "this browser's workers" in message and "on the page" in message


def test_browser_that_alters_what_is_read(page: Page, serve: Serve, tmp_path: Path) -> None:
    """As privacy modes do, so that pages cannot recognise the GPU by it."""
    add_bundle(tmp_path)
    page.evaluate(
        """() => {
            const prototype = WebGL2RenderingContext.prototype;
            const original = prototype.getBufferSubData;
            prototype.getBufferSubData = function (target, offset, view) {
                original.call(this, target, offset, view);
                for (let i = 0; i < view.length; i++) view[i] += Math.random();
            };
        }"""
    )
    message = load_error(page, serve(tmp_path))
    assert "alters what pages read" in message and "privacy.resistFingerprinting" in message


def test_gpu_out_of_memory_is_reported(page: Page, serve: Serve, tmp_path: Path) -> None:
    """The driver reports a failed allocation once; the model works again afterwards."""
    add_bundle(tmp_path)
    url = serve(tmp_path)
    fail_once = """
        const original = WebGL2RenderingContext.prototype.getError;
        WebGL2RenderingContext.prototype.getError = function () {
            WebGL2RenderingContext.prototype.getError = original;
            return this.OUT_OF_MEMORY;
        };
    """
    page.evaluate("() => {" + fail_once + "}")
    message = load_error(page, url)
    assert "too little memory for the weights" in message and "[6]" in message
    messages = page.evaluate(
        "async (url) => { const model = await texelflow.loadModel(url);"
        + fail_once
        + """
            const x = new texelflow.Tensor('float32', [6], new Float32Array(6));
            const failed = await model.run({x}).catch((error) => error.message);
            return [failed, (await model.run({x})).y.data[1]];
        }""",
        url,
    )
    assert "too little memory for the intermediate results" in messages[0] and messages[1] == 3
