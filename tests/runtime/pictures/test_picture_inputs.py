"""Inputs that pictures become: of three or four axes, channels first or last, floats or integers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page
from run_support import MAKE_CANVAS

import texelflow
from model_support import save_text

Serve = Callable[[Path], str]

# Red grows to the right by 50, green downwards by 100, blue is 7.
PICTURE = np.array([[[50 * x, 100 * y, 7] for x in range(4)] for y in range(2)], np.float32)

IMAGE_INPUTS = {
    "float[1, 3, 2, 4]": lambda picture: picture.transpose(2, 0, 1)[None],
    "float[N, H, W, 3]": lambda picture: picture[None],
    "float[3, 2, 4]": lambda picture: picture.transpose(2, 0, 1),
    "float[2, 4, 3]": lambda picture: picture,
    "float[H, W, 3]": lambda picture: picture,
    "uint8[1, 3, 2, 4]": lambda picture: picture.transpose(2, 0, 1)[None],
    "uint8[2, 4, 3]": lambda picture: picture,
    "uint8[3, H, W]": lambda picture: picture.transpose(2, 0, 1),
    "int32[1, 2, 4, 3]": lambda picture: picture[None],
}


@pytest.mark.parametrize("kind", IMAGE_INPUTS)
def test_picture_becomes_the_input(page: Page, serve: Serve, tmp_path: Path, kind: str) -> None:
    model = save_text(f"g ({kind} x) => ({kind} y) {{ y = Identity(x) }}", tmp_path)
    texelflow.export(model, tmp_path / "bundle", image="0..255")
    answer = page.evaluate(
        "async (url) => {"
        + MAKE_CANVAS
        + """
            const model = await texelflow.loadModel(url);
            const {y} = await model.run({x: canvas});
            return {dtype: y.dtype, shape: y.shape, data: Array.from(y.data)};
        }""",
        serve(tmp_path / "bundle"),
    )
    expected = IMAGE_INPUTS[kind](PICTURE)
    assert answer["shape"] == list(expected.shape)
    np.testing.assert_allclose(answer["data"], expected.ravel(), atol=0.01)


def test_integers_are_rounded_and_limited(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Means of -20/255 and 130/255: red 0 becomes 20, 150 becomes 170; green 0 would become -130."""
    model = save_text("g (uint8[2, 4, 3] x) => (uint8[2, 4, 3] y) { y = Identity(x) }", tmp_path)
    means = "mean=-20/255:130/255:-250.4/255,deviation=1/255"
    texelflow.export(model, tmp_path / "bundle", image=means)
    data = page.evaluate(
        "async (url) => {" + MAKE_CANVAS + "const model = await texelflow.loadModel(url);"
        "return Array.from((await model.run({x: canvas})).y.data); }",
        serve(tmp_path / "bundle"),
    )
    shifted = PICTURE - np.array([-20, 130, -250.4], np.float32)
    np.testing.assert_array_equal(data, np.clip(np.floor(shifted + 0.5), 0, 255).ravel())


def test_inputs_that_are_no_pictures_are_refused(tmp_path: Path) -> None:
    for kind in ("float[5, 2, 4]", "bool[3, 2, 4]", "float[3, 4]"):
        model = save_text(f"g ({kind} x) => ({kind} y) {{ y = Identity(x) }}", tmp_path)
        with pytest.raises(texelflow.ExportError, match="--image"):
            texelflow.export(model, tmp_path / "bundle", image="0..255", force=True)
