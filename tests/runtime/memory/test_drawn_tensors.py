"""Outputs drawn on a canvas, without being read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

import texelflow
from model_support import save_text

Serve = Callable[[Path], str]

HEIGHT, WIDTH = 5, 7
MODEL = f"""
    g (float[1, 3, {HEIGHT}, {WIDTH}] x) => (float[1, 3, {HEIGHT}, {WIDTH}] first,
        uint8[{HEIGHT}, {WIDTH}, 3] last, float[{HEIGHT}, {WIDTH}] grey, float[1, 3, 1, 1] vector,
        float[1, 2, {HEIGHT}, {WIDTH}] two) {{
        one = Constant<value_float = 1.0>()
        half = Constant<value_float = 0.5>()
        many = Constant<value_float = 255.0>()
        begins = Constant<value_ints = [0]>()
        ends = Constant<value_ints = [1]>()
        two_ends = Constant<value_ints = [2]>()
        channel = Constant<value_ints = [1]>()
        first = Mul(x, one)
        turned = Transpose<perm = [0, 2, 3, 1]>(x)
        batch = Squeeze(turned, begins)
        scaled = Mul(batch, many)
        last = Cast<to = 2>(scaled)
        part = Slice(x, begins, ends, channel)
        axes = Constant<value_ints = [0, 1]>()
        plane = Squeeze(part, axes)
        grey = Sub(plane, half)
        two = Slice(x, begins, two_ends, channel)
        vector = GlobalAveragePool(x)
    }}"""
HELPERS = f"""
    const values = Float32Array.from({{length: 3 * {HEIGHT * WIDTH}}}, (_, i) => ((i * 37) % 256) / 255);
    const x = new texelflow.Tensor('float32', [1, 3, {HEIGHT}, {WIDTH}], values);
    const model = await texelflow.loadModel(url);
    const {{prototype}} = WebGL2RenderingContext;
    const {{readPixels}} = prototype;
    let reads = 0;
    prototype.readPixels = function (...parameters) {{
        if (typeof parameters.at(-1) !== 'number') reads++;
        return readPixels.apply(this, parameters);
    }};
    const crop = (canvas) => Array.from(
        canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data);
    const codeOf = (promise) => promise.then(() => 'none', (error) => [error.code, error.message]);
"""


@pytest.fixture
def url(tmp_path: Path, serve: Serve) -> str:
    texelflow.export(save_text(MODEL, tmp_path), tmp_path / "bundle")
    return serve(tmp_path / "bundle")


def evaluate(page: Page, url: str, body: str) -> Any:
    """Return what a function body gives, with `model` loaded."""
    return page.evaluate(f"async (url) => {{ {HELPERS} {body} }}", url)


def expected() -> np.ndarray:
    """The picture of the input, in 8 bits: [height, width, channels]."""
    values = (np.arange(3 * HEIGHT * WIDTH) * 37) % 256
    return values.reshape(3, HEIGHT, WIDTH).transpose(1, 2, 0)


def test_pictures_are_drawn_without_reading(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const keep = ['first', 'last', 'grey', 'two', 'vector'];
        const outputs = await model.run({x}, {keep});
        const drawn = {};
        const canvas = document.createElement('canvas');
        const before = reads;
        await outputs.first.draw(canvas);
        drawn.first = crop(canvas);
        await outputs.last.draw(canvas, {range: [0, 255]});
        drawn.last = crop(canvas);
        const off = new OffscreenCanvas(2, 2);
        await outputs.grey.draw(off, {range: [-0.5, 0.5]});
        drawn.grey = crop(off);
        // Runs go on as before.
        const {first} = await model.run({x});
        return {drawn, size: [canvas.width, canvas.height, off.width, off.height],
            reads: reads - before, right: first.data.every((value, i) => value === values[i])};
        """,
    )
    picture = expected()
    drawn = {name: np.array(data).reshape(HEIGHT, WIDTH, 4) for name, data in answer["drawn"].items()}
    assert answer["size"] == [WIDTH, HEIGHT, WIDTH, HEIGHT] and answer["right"]
    assert answer["reads"] == 5  # those of the run that keeps nothing
    for name in ("first", "last"):
        assert np.array_equal(drawn[name][..., :3], picture), name
    assert np.abs(drawn["grey"][..., :3] - picture[..., :1]).max() <= 1
    assert all((data[..., 3] == 255).all() for data in drawn.values())


def test_what_cannot_be_drawn_is_refused(page: Page, url: str) -> None:
    answer = evaluate(
        page,
        url,
        """
        const outputs = await model.run({x}, {keep: ['first', 'two', 'vector']});
        const canvas = document.createElement('canvas');
        const other = document.createElement('canvas');
        other.getContext('webgl2');
        const results = [
            await codeOf(outputs.two.draw(canvas)),
            await codeOf(outputs.first.draw(canvas, {channels: 'last'})),
            await codeOf(outputs.first.draw(other)),
        ];
        outputs.first.dispose();
        return [...results, await codeOf(outputs.first.draw(canvas))];
        """,
    )
    assert [code for code, _ in answer] == ["option", "option", "option", "disposed"]
    assert "1 or 3 channels" in answer[0][1] and "context other than 2d" in answer[2][1]


def test_its_code_is_fetched_when_something_is_drawn(own_page: Page, url: str) -> None:
    requested: list[str] = []
    own_page.on("request", lambda request: requested.append(request.url.rpartition("/")[2]))
    evaluate(own_page, url, "globalThis.kept = await model.run({x}, {keep: ['first']})")
    assert "texelflow.canvas.js" not in requested
    own_page.evaluate("() => kept.first.draw(document.createElement('canvas'))")
    assert "texelflow.canvas.js" in requested
