"""Pictures of every class as inputs, drawn into a tensor by the bundle's own program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle_builder import FROM_PICTURE, BundleBuilder
from playwright.sync_api import Page
from run_support import MAKE_CANVAS

Serve = Callable[[Path], str]

RED_GREEN = [0, 50, 100, 150, 0, 50, 100, 150, 0, 0, 0, 0, 100, 100, 100, 100]


def picture_bundle(folder: Path, width: Any = 4, height: Any = 2, symbols: list[str] | None = None) -> None:
    """The identity on [batch, 2, height, width], with a picture's red and green as the two channels."""
    builder = BundleBuilder(symbols or ["batch"])
    x = builder.tensor(["batch", 2, height, width], lifetime=[-1, 1])
    image = {
        "width": width,
        "height": height,
        "fit": "stretch",
        "resized": [],
        "resize": "tf-nearest",
        "channels": "rgb",
        "mean": [0, 0],
        "deviation": [1, 1],
        "program": builder.program(FROM_PICTURE, ["picture"], "picture"),
        "ints": [width, height, "picture.width", "picture.height"],
        "floats": [255],
    }
    builder.input("photo", x, image=image)
    builder.output("y", x)
    builder.write(folder)


@pytest.mark.parametrize(
    "picture",
    [
        "canvas",
        "context.getImageData(0, 0, 4, 2)",
        "await createImageBitmap(canvas)",
        "await (async () => { const image = new Image(); image.src = canvas.toDataURL();"
        " await image.decode(); return image; })()",
        "new VideoFrame(canvas, {timestamp: 0})",
        "(() => { const other = new OffscreenCanvas(4, 2); other.getContext('2d').drawImage(canvas, 0, 0);"
        " return other; })()",
        "await (async () => { const video = document.createElement('video'); video.muted = true;"
        " document.body.append(video); video.srcObject = canvas.captureStream(30);"
        " const beat = setInterval(() => context.fillRect(3, 1, 1, 1), 20);"
        " await video.play(); clearInterval(beat); return video; })()",
    ],
    ids=["canvas", "ImageData", "ImageBitmap", "img", "VideoFrame", "OffscreenCanvas", "video"],
)
def test_picture(page: Page, serve: Serve, tmp_path: Path, picture: str) -> None:
    picture_bundle(tmp_path)
    answer = page.evaluate(
        "async (url) => {"
        + MAKE_CANVAS
        + f"""
            const model = await texelflow.loadModel(url, {{device: {{poison: true}}}});
            const photo = {picture};
            const {{y}} = await model.run({{photo}});
            return {{data: Array.from(y.data), shape: y.shape, inputs: model.inputs}};
        }}""",
        serve(tmp_path),
    )
    assert answer["shape"] == [1, 2, 2, 4]
    # A video's frames pass through its own colour space.
    assert answer["data"] == pytest.approx(RED_GREEN, abs=12 if "video" in picture else 0.01)
    assert answer["inputs"][0]["image"]["fit"] == "stretch"


@pytest.mark.parametrize("shown", ["", "photo.width = 96", "photo.style.width = '3px'"])
@pytest.mark.parametrize("address", ["data", "blob"])
def test_drawings_count_in_their_own_size(
    page: Page, serve: Serve, tmp_path: Path, shown: str, address: str
) -> None:
    """Chromium gives GL as many pixels of an SVG as the page shows."""
    picture_bundle(tmp_path)
    data = page.evaluate(
        """async ([url, address]) => {
            const rectangles = Array.from({length: 8}, (_, i) => `<rect x="${i % 4}" y="${i >> 2}" width="1"
                height="1" fill="rgb(${50 * (i % 4)} ${100 * (i >> 2)} 7)" />`);
            const text = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="2">'
                + rectangles.join('') + '</svg>';
            const type = 'image/svg+xml';
            const photo = new Image();
            photo.src = address === 'data' ? `data:${type},${encodeURIComponent(text)}`
                : URL.createObjectURL(new Blob([text], {type}));
            SHOWN;
            document.body.append(photo);
            await photo.decode();
            const model = await texelflow.loadModel(url);
            return Array.from((await model.run({photo})).y.data);
        }""".replace("SHOWN", shown),
        [serve(tmp_path), address],
    )
    assert data == pytest.approx(RED_GREEN, abs=0.01)


TRANSPARENT = """
    context.clearRect(0, 0, 4, 2);
    context.fillStyle = 'rgb(200 100 50 / 40%)';
    context.fillRect(0, 0, 4, 2);
"""


@pytest.mark.parametrize(
    "picture",
    [
        "canvas",
        "context.getImageData(0, 0, 4, 2)",
        "await createImageBitmap(canvas)",
        "await createImageBitmap(canvas, {premultiplyAlpha: 'none'})",
        "await createImageBitmap(canvas, {premultiplyAlpha: 'premultiply'})",
        "await (async () => { const image = new Image(); image.src = canvas.toDataURL();"
        " await image.decode(); return image; })()",
        "(() => { const other = new OffscreenCanvas(4, 2); other.getContext('2d').drawImage(canvas, 0, 0);"
        " return other; })()",
    ],
    ids=["canvas", "ImageData", "ImageBitmap", "straight", "premultiplied", "img", "OffscreenCanvas"],
)
def test_colours_are_not_multiplied_by_alpha(page: Page, serve: Serve, tmp_path: Path, picture: str) -> None:
    picture_bundle(tmp_path)
    data = page.evaluate(
        "async (url) => {"
        + MAKE_CANVAS
        + TRANSPARENT
        + f"""
            const model = await texelflow.loadModel(url);
            const photo = {picture};
            return Array.from((await model.run({{photo}})).y.data);
        }}""",
        serve(tmp_path),
    )
    assert data == pytest.approx([200] * 8 + [100] * 8, abs=2)


@pytest.mark.parametrize("width", [4, 8])
def test_frames_are_read_as_they_are_shown(page: Page, serve: Serve, tmp_path: Path, width: int) -> None:
    """Coded pixels need not be square."""
    picture_bundle(tmp_path)
    data = page.evaluate(
        "async ([url, displayWidth]) => {"
        + MAKE_CANVAS
        + """
            const model = await texelflow.loadModel(url);
            const photo = new VideoFrame(canvas, {timestamp: 0, displayWidth, displayHeight: 2});
            return Array.from((await model.run({photo})).y.data);
        }""",
        [serve(tmp_path), width],
    )
    assert data == pytest.approx(RED_GREEN, abs=20)


def test_pictures_of_changing_sizes_and_tensors_in_turn(page: Page, serve: Serve, tmp_path: Path) -> None:
    picture_bundle(tmp_path)
    answer = page.evaluate(
        "async (url) => {"
        + MAKE_CANVAS
        + """
            const model = await texelflow.loadModel(url);
            const large = new OffscreenCanvas(40, 20);
            const drawing = large.getContext('2d');
            drawing.imageSmoothingEnabled = false;
            drawing.drawImage(canvas, 0, 0, 40, 20);
            const results = [];
            const textures = [];
            const tensor = new texelflow.Tensor('float32', [1, 2, 2, 4], new Float32Array(16).fill(3));
            for (const photo of [canvas, large, tensor, canvas, large]) {
                results.push(Array.from((await model.run({photo})).y.data));
                textures.push(texelflow.statistics(model).created.textures);
            }
            return {results, textures};
        }""",
        serve(tmp_path),
    )
    for index, result in enumerate(answer["results"]):
        assert result == pytest.approx([3] * 16 if index == 2 else RED_GREEN, abs=0.01)
    assert len(set(answer["textures"])) == 1


def test_symbolic_size_is_that_of_the_picture(page: Page, serve: Serve, tmp_path: Path) -> None:
    picture_bundle(tmp_path, "width", "height", ["batch", "height", "width"])
    answer = page.evaluate(
        "async (url) => {"
        + MAKE_CANVAS
        + """
            const model = await texelflow.loadModel(url);
            const {y} = await model.run({photo: canvas});
            return {data: Array.from(y.data), shape: y.shape};
        }""",
        serve(tmp_path),
    )
    assert answer["shape"] == [1, 2, 2, 4]
    assert answer["data"] == pytest.approx(RED_GREEN, abs=0.01)


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ("new Image()", "HTMLImageElement has no pixels"),
        ("document.createElement('video')", "HTMLVideoElement has no pixels"),
        ("(() => { canvas.width = 0; return canvas; })()", "HTMLCanvasElement has no pixels"),
        (
            "await (async () => { const b = await createImageBitmap(canvas); b.close(); return b; })()",
            "no pixels",
        ),
        ("new OffscreenCanvas(20000, 1)", "20000×1"),
    ],
)
def test_unusable_pictures_are_refused(
    page: Page, serve: Serve, tmp_path: Path, picture: str, expected: str
) -> None:
    picture_bundle(tmp_path)
    message = page.evaluate(
        "async (url) => {"
        + MAKE_CANVAS
        + f"""
            const model = await texelflow.loadModel(url, {{device: {{limits: {{maxTextureSize: 16384}}}}}});
            return model.run({{photo: {picture}}}).then(() => 'NO ERROR', (error) => error.message);
        }}""",
        serve(tmp_path),
    )
    assert 'Input "photo"' in message and expected in message
