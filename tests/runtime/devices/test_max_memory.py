"""What `maxMemory` allows is never exceeded at any size; what would is refused before it is allocated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from bundle_builder import add_bundle
from playwright.sync_api import Page

from model_support import save_text
from texelflow.pipeline import Options, build, write

Serve = Callable[[Path], str]

MODEL = """g (float[n, 4, h, h] x) => (float[n, 8, h, h] y) {
    w = Constant<value = float[8, 4, 1, 1] {%s}>()
    a = Conv(x, w)
    y = Relu(a)
}"""

SIZES = [[1, 20], [1, 64], [2, 40], [4, 30], [1, 63], [3, 9], [1, 64]]

# Textures that are allocated, watched from outside the runtime.
WATCH = """
    const {texStorage3D, deleteTexture} = WebGL2RenderingContext.prototype;
    const allocated = new Map();
    let now = 0, most = 0;
    WebGL2RenderingContext.prototype.texStorage3D = function (target, levels, format, width, height, layers) {
        const texture = this.getParameter(this.TEXTURE_BINDING_2D_ARRAY);
        const bytes = width * height * layers * (format === this.RGBA16F ? 8 : 16);
        if (width * height > 16) { allocated.set(texture, bytes); most = Math.max(most, now += bytes); }
        texStorage3D.call(this, target, levels, format, width, height, layers);
    };
    WebGL2RenderingContext.prototype.deleteTexture = function (texture) {
        now -= allocated.get(texture) ?? 0;
        allocated.delete(texture);
        deleteTexture.call(this, texture);
    };
    const zeros = (n, h) => new texelflow.Tensor('float32', [n, 4, h, h], new Float32Array(n * 4 * h * h));
    const run = (model, n, h) => model.run({x: zeros(n, h)});
"""


def test_runs_keep_to_the_memory_limit(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Sizes that fit run in any order; those that do not are refused, and harm nothing."""
    numbers = ", ".join(str(number) for number in np.linspace(-1, 1, 32).round(3))
    write(build(save_text(MODEL % numbers, tmp_path), Options()), tmp_path / "bundle")
    answer = page.evaluate(
        "async ([url, sizes]) => {"
        + WATCH
        + """
            const unbounded = await texelflow.loadModel(url);
            await run(unbounded, 1, 64);
            const needed = texelflow.statistics(unbounded).textureBytes;
            const full = now;
            unbounded.dispose();
            while (now === full) await new Promise((resolve) => setTimeout(resolve, 5));
            const maxMemory = needed.weights + needed.intermediates;
            most = now;
            const before = now;
            const model = await texelflow.loadModel(url, {maxMemory});
            const shapes = [];
            for (const [n, h] of sizes) shapes.push((await run(model, n, h)).y.shape);
            const held = most - before;
            const refused = await run(model, 1, 80).catch((error) => error);
            const after = (await run(model, 1, 64)).y.shape;
            const {code, message} = refused;
            return {maxMemory, held, most: most - before, shapes, after, code, message};
        }""",
        [serve(tmp_path / "bundle"), SIZES],
    )
    assert answer["shapes"] == [
        [n, 8, h, h] for n, h in ((1, 20), (1, 64), (2, 40), (4, 30), (1, 63), (3, 9), (1, 64))
    ]
    assert 0 < answer["held"] <= answer["maxMemory"] and answer["most"] <= answer["maxMemory"]
    assert answer["code"] == "out-of-memory" and f"maxMemory is {answer['maxMemory']}" in answer["message"]
    assert answer["after"] == [1, 8, 64, 64]


def test_weights_that_are_too_large_are_not_allocated(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path, np.zeros(40_000, np.float32))
    answer = page.evaluate(
        "async (url) => {"
        + WATCH
        + """
            const attempt = (maxMemory) => texelflow.loadModel(url, {maxMemory}).then(
                (model) => { model.dispose(); return 'loaded'; }, (error) => error.code);
            const codes = [await attempt(70_000), await attempt(150_000)];
            const end = performance.now() + 60_000;
            while (now > 0 && performance.now() < end) {
                await new Promise((resolve) => setTimeout(resolve, 10));
            }
            return {codes, most, now, last: await attempt(200_000)};
        }""",
        serve(tmp_path),
    )
    assert answer["codes"] == ["out-of-memory"] * 2 and answer["last"] == "loaded"
    assert answer["most"] < 20_000 and answer["now"] == 0  # those of the self-test


def test_it_must_be_a_number_of_bytes(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    codes = module_page.evaluate(
        """(url) => Promise.all([0, -1, NaN, '1 GB', null].map((maxMemory) =>
            texelflow.loadModel(url, {maxMemory}).then(() => 'loaded', (error) => error.code)))""",
        serve(tmp_path),
    )
    assert codes == ["option"] * 5
