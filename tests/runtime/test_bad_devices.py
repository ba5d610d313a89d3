"""Devices that cannot do what a model needs: one clear error each, or a setting that they can."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from bundle_builder import add_bundle
from playwright.sync_api import Page
from run_support import feed, load_error, run_bundle

Serve = Callable[[Path], str]


def test_too_few_texture_units(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    message = load_error(module_page, serve(tmp_path), "{device: {limits: {textureUnits: 1}}}")
    assert "2 textures in one draw" in message and "allows 1" in message


def test_texture_too_large(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path, np.zeros(40_000, np.float32))
    message = load_error(module_page, serve(tmp_path), "{device: {limits: {maxTextureSize: 64}}}")
    assert "[40000]" in message and "64×64" in message


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


def test_device_with_half_float_targets_only(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    page.evaluate(
        """() => {
            const original = WebGL2RenderingContext.prototype.getExtension;
            WebGL2RenderingContext.prototype.getExtension = function (name) {
                const extension = original.call(this, name);
                return name === 'EXT_color_buffer_float' ? null : extension;
            };
        }"""
    )
    answer = run_bundle(page, serve(tmp_path), {"x": feed(np.ones(6, np.float32))})
    np.testing.assert_allclose(answer["results"]["y"], np.arange(6) * 2 + 3)
    assert answer["device"]["storage"] == 16
    assert "16-bit storage" in answer["device"]["reasons"][0]


def test_browser_without_webgl2(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    page.evaluate(
        """() => {
            HTMLCanvasElement.prototype.getContext = () => null;
            OffscreenCanvas.prototype.getContext = () => { throw new TypeError('unknown'); };
        }"""
    )
    assert "WebGL2 is not available" in load_error(page, serve(tmp_path))


def test_wrong_numbers_fall_back_to_the_next_setting(page: Page, serve: Serve, tmp_path: Path) -> None:
    """A driver that draws nothing through eight targets, nor with texture(): the self-test must notice."""
    add_bundle(tmp_path)
    page.evaluate(
        """() => {
            const {shaderSource, drawBuffers} = WebGL2RenderingContext.prototype;
            WebGL2RenderingContext.prototype.shaderSource = function (shader, source) {
                const isBroken = source.includes('TEXEL_FETCH 0');
                const text = isBroken ? source.replaceAll('texture(', '0.5 * texture(') : source;
                return shaderSource.call(this, shader, text);
            };
            WebGL2RenderingContext.prototype.drawBuffers = function (targets) {
                return drawBuffers.call(this, targets.length > 4 ? targets.fill(this.NONE, 4) : targets);
            };
        }"""
    )
    answer = run_bundle(page, serve(tmp_path), {"x": feed(np.ones(6, np.float32))})
    np.testing.assert_allclose(answer["results"]["y"], np.arange(6) * 2 + 3)
    device = answer["device"]
    assert (device["pixels"], device["groups"], device["fetch"]) == (4, 1, "texelFetch")
    assert len(device["reasons"]) == 3 and "self-test" in device["reasons"][0]


def test_gpu_out_of_memory(page: Page, serve: Serve, tmp_path: Path) -> None:
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
