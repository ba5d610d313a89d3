"""Pictures for models that leave the size of their image free."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx.parser
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from texelflow.pipeline import ImageOptions, Options, build, write

MODEL = """<ir_version: 10, opset_import: ["" : 21]>
copy (float[1, 3, height, width] x) => (float[1, 3, height, width] y) { y = Identity(x) }"""

RUN = """
async (url) => {
    const canvas = new OffscreenCanvas(6, 4);
    const context = canvas.getContext('2d');
    context.fillStyle = 'rgb(255, 128, 0)';
    context.fillRect(0, 0, 6, 4);
    const model = await texelflow.loadModel(url);
    const { y } = await model.run({ x: canvas });
    model.dispose();
    return { shape: y.shape, data: Array.from(y.data) };
}
"""


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        (ImageOptions(), [1, 3, 4, 6]),
        (ImageOptions(width=5, height=2), [1, 3, 2, 5]),
        (ImageOptions(width=3), [1, 3, 4, 3]),
    ],
    ids=["the picture's own size", "fixed", "one side fixed"],
)
def test_free_sizes_follow_the_picture(
    options: ImageOptions, shape: list[int], page: Page, page_server: PageServer, tmp_path: Path
) -> None:
    source = tmp_path / "free.onnx"
    source.write_bytes(onnx.parser.parse_model(MODEL).SerializeToString())
    write(build(source, Options(image=options)), tmp_path / "bundle")
    answer = page.evaluate(RUN, page_server.mount(f"/free{shape[2]}x{shape[3]}", tmp_path) + "/bundle")
    assert answer["shape"] == shape
    channels = np.array(answer["data"]).reshape(shape)
    for channel, expected in enumerate((1.0, 128 / 255, 0.0)):
        np.testing.assert_allclose(channels[0, channel], expected, atol=1e-6)
