"""The setting that a device gets: by what draws, by its limits, and by the self-test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bundle_builder import add_bundle
from playwright.sync_api import Page
from run_support import feed, run_bundle

import texelflow
from model_support import save_text

Serve = Callable[[Path], str]


def rename_renderer(page: Page, name: str) -> None:
    """Let contexts that the page makes from now on call their renderer `name`."""
    page.evaluate(
        """(name) => {
            const UNMASKED_RENDERER = 0x9246;
            const original = WebGL2RenderingContext.prototype.getParameter;
            WebGL2RenderingContext.prototype.getParameter = function (key) {
                return key === UNMASKED_RENDERER ? name : original.call(this, key);
            };
        }""",
        name,
    )


@pytest.mark.parametrize(
    ("renderer", "setting"),
    [
        ("ANGLE (NVIDIA, Vulkan 1.4.312 (NVIDIA RTX 3060), NVIDIA)", (4, 1, "texelFetch")),
        ("ANGLE (Intel, Intel(R) UHD Graphics 630 Direct3D11 vs_5_0 ps_5_0, D3D11)", (4, 1, "texelFetch")),
        ("Apple GPU", (4, 1, "texelFetch")),
        ("ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device), SwiftShader driver)", (4, 2, "texture")),
        ("ANGLE (Mesa/X.org, llvmpipe (LLVM 15.0.6 256 bits), OpenGL ES 3.2)", (4, 2, "texture")),
        ("ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11 vs_5_0 ps_5_0)", (4, 2, "texelFetch")),
    ],
)
def test_the_preferred_setting_is_chosen(
    page: Page, serve: Serve, tmp_path: Path, renderer: str, setting: tuple[int, int, str]
) -> None:
    add_bundle(tmp_path)
    rename_renderer(page, renderer)
    answer = run_bundle(page, serve(tmp_path), {"x": feed(np.ones(6, np.float32))})
    np.testing.assert_allclose(answer["results"]["y"], np.arange(6) * 2 + 3)
    device = answer["device"]
    assert (device["pixels"], device["groups"], device["fetch"]) == setting
    assert device["reasons"] == [] and device["renderer"] == renderer


@pytest.mark.parametrize(("targets", "blocking", "left_out"), [(4, (4, 1), 1), (1, (1, 1), 2)])
def test_few_render_targets(
    page: Page, serve: Serve, tmp_path: Path, targets: int, blocking: tuple[int, int], left_out: int
) -> None:
    add_bundle(tmp_path)
    rename_renderer(page, "SwiftShader")
    limits = {"limits": {"drawBuffers": targets}}
    device = run_bundle(page, serve(tmp_path), {"x": feed(np.ones(6, np.float32))}, limits)["device"]
    assert (device["pixels"], device["groups"]) == blocking
    assert len(device["reasons"]) == left_out
    assert all("render targets" in reason for reason in device["reasons"])


def leave_half_float_targets(page: Page) -> None:
    """Let contexts that the page makes from now on have render targets of 16 bits only, as some phones do."""
    page.evaluate(
        """() => {
            const original = WebGL2RenderingContext.prototype.getExtension;
            // Asking for it would switch it on, and let 32 bits be drawn into after all.
            WebGL2RenderingContext.prototype.getExtension = function (name) {
                return ['EXT_color_buffer_float', 'EXT_float_blend'].includes(name)
                    ? null : original.call(this, name);
            };
        }"""
    )


def test_device_with_half_float_targets_only(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    leave_half_float_targets(page)
    answer = run_bundle(page, serve(tmp_path), {"x": feed(np.ones(6, np.float32))})
    np.testing.assert_allclose(answer["results"]["y"], np.arange(6) * 2 + 3)
    assert answer["device"]["storage"] == 16
    assert "16-bit storage" in answer["device"]["reasons"][0]


def test_what_wants_32_bits_where_there_are_16(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Outputs, states, what stays on the GPU, pictures, and what the page reads of constants and results."""
    model = """g (float[n] x, float[n] s, float[1,3,h,w] image) =>
          (float[n] y, float[n] t, float[k] u, int64[1,m] p, float[1,3,1,1] mean, float[c,n] joined)
        <float[4] c = {3, 4, 4, -5}, int64[1] zeroth = {0}>
        { y = Add (x, s)  t = Identity (y)  u = Unique (c)  p = NonZero (x)  mean = GlobalAveragePool (image)
          row = Unsqueeze (y, zeroth)  joined = Concat <axis = 0> (row, row) }"""
    texelflow.export(
        save_text(model, tmp_path), tmp_path / "bundle", states={"t": "s"}, image="0..255,name=image"
    )
    leave_half_float_targets(page)
    answer = page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const image = new ImageData(new Uint8ClampedArray([10, 20, 30, 255, 30, 20, 10, 255]), 2, 1);
            const inputs = {x: new texelflow.Tensor('float32', [3], new Float32Array([1, 0, 2.5])), image};
            await model.run(inputs);
            const kept = await model.run(inputs, {keep: ['y']});
            const saved = await model.own.save();
            const numbers = ({data}) => Array.from(data, Number);
            return {
                u: numbers(kept.u), p: numbers(kept.p), mean: numbers(kept.mean),
                joined: numbers(kept.joined),
                y: numbers(await kept.y.read()), again: numbers((await model.run({...inputs, x: kept.y})).y),
                saved: numbers(saved.s), storage: model.device.storage,
            };
        }""",
        serve(tmp_path / "bundle"),
    )
    assert answer == {
        "u": [-5, 3, 4],
        "p": [0, 2],
        "mean": [20, 20, 20],
        "joined": [2, 0, 5, 2, 0, 5],
        "y": [2, 0, 5],
        "again": [4, 0, 10],
        "saved": [2, 0, 5],
        "storage": 16,
    }


def test_wrong_numbers_fall_back_to_the_next_setting(page: Page, serve: Serve, tmp_path: Path) -> None:
    """A driver that draws nothing through eight targets, nor with texture(): the self-test must notice."""
    add_bundle(tmp_path)
    rename_renderer(page, "SwiftShader")
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


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ({"pixels": 3}, "the device's option pixels must be 4 or 1, not 3"),
        ({"groups": "2"}, "the device's option groups must be 2 or 1, not 2"),
        ({"fetch": "texelfetch"}, "the device's option fetch must be texture or texelFetch, not texelfetch"),
        ({"storage": 64}, "the device's option storage must be 32 or 16, not 64"),
        ({"pixels": 1, "groups": 2}, "the device's groups must be 1 where pixels is 1"),
        ({"pixel": 4}, "the device has no option pixel, only pixels, groups, fetch, storage"),
        ({"constructor": 1}, "the device has no option constructor"),
        ("fast", "the option device must be an object, not fast"),
        (None, "the option device must be an object, not null"),
        ({"poison": True}, "the device has no option poison"),
        ({"limits": {"drawBuffers": 4}}, "the device has no option limits"),
    ],
)
def test_wrong_options_are_refused(module_page: Page, device: object, message: str) -> None:
    """Before anything is asked for. What tests want, the extras' entry alone takes."""
    answer = module_page.evaluate(
        """async (device) => {
            const {loadModel} = await import('/dist/texelflow.js');
            const error = await loadModel('/absent', {device}).catch((error) => error);
            return [error.code, error.message];
        }""",
        device,
    )
    assert answer[0] == "option"
    assert message in answer[1]


def test_options_of_tests_are_refused_when_wrong(module_page: Page) -> None:
    answer = module_page.evaluate(
        """async () => {
            const error = await texelflow.loadModel('/absent', {device: {poison: true, pixels: 2}})
                .catch((error) => error);
            return [error.code, error.message];
        }"""
    )
    assert answer == ["option", "loadModel: the device's option pixels must be 4 or 1, not 2."]
