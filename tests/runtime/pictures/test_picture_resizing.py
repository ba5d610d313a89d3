"""Pictures resized in the page and by `verify`, as Pillow, TensorFlow and OpenCV resize them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Page
from resized_pictures import RECORDED, SIZES, Size, picture

import texelflow
from model_support import save_text
from texelflow.checking.resizing import resize
from texelflow.pictures import METHODS

Serve = Callable[[Path], str]

# The picture is resized to the size of the other input.
MODEL = """g (float[batch,3,height,width] x, float[height,width] size) => (float[batch,3,height,width] y) {
    y = Identity(x)
}"""

RUN = """
async ({url, jobs}) => {
    const model = await texelflow.loadModel(url);
    const results = [];
    for (const {pictures, size: [width, height], crop} of jobs) {
        const sources = pictures.map(({data, width, height}) => {
            const source = new ImageData(Uint8ClampedArray.from(data), width, height);
            return crop ? {source, crop} : source;
        });
        const size = new texelflow.Tensor('float32', [height, width], new Float32Array(height * width));
        const {y} = await model.run({x: sources.length > 1 ? sources : sources[0], size});
        results.push({shape: y.shape, data: Array.from(y.data)});
    }
    model.dispose();
    return results;
}
"""


ROUNDED_EDGES = {("pillow-box", (7, 6))}
"""Edges of boxes lie on centres of pixels there, but for Pillow's rounding."""


def job(
    pixels: list[np.ndarray], size: Size, crop: tuple[int, int, int, int] | None = None
) -> dict[str, Any]:
    """A run for the page; `crop` is x, y, width and height."""
    opaque = [np.dstack([one, np.full(one.shape[:2], 255, np.uint8)]) for one in pixels]
    pictures = [
        {"data": one.ravel().tolist(), "width": one.shape[1], "height": one.shape[0]} for one in opaque
    ]
    rectangle = dict(zip(("x", "y", "width", "height"), crop, strict=True)) if crop else None
    return {"pictures": pictures, "size": list(size), "crop": rectangle}


def run(page: Page, serve: Serve, folder: Path, image: str, jobs: list[dict[str, Any]]) -> list[np.ndarray]:
    """The page's images of the jobs' pictures: [batch, rows, columns, channels], from 0 to 255."""
    texelflow.export(save_text(MODEL, folder), folder / "bundle", image=f"0..255,{image}", force=True)
    answers = page.evaluate(RUN, {"url": serve(folder / "bundle"), "jobs": jobs})
    return [np.array(one["data"]).reshape(one["shape"]).transpose(0, 2, 3, 1) for one in answers]


def by_pillow(pixels: np.ndarray, size: Size, method: str) -> np.ndarray:
    """Across, then down: Pillow 13 takes the order that is cheaper, and rounds between the two."""
    filter_ = Image.Resampling[method.removeprefix("pillow-").upper()]
    across = Image.fromarray(pixels).resize((size[0], pixels.shape[0]), filter_)
    return np.asarray(across.resize(size, filter_)).astype(float)


def expected(method: str) -> list[np.ndarray]:
    if method.startswith("pillow-"):
        return [by_pillow(picture(*own), size, method)[:, :, 0] for own, size in SIZES]
    return [np.array(result) for result in json.loads(RECORDED.read_text())["results"][method]]


@pytest.mark.parametrize("method", METHODS)
def test_methods_are_those_of_the_libraries(
    module_page: Page, serve: Serve, tmp_path: Path, method: str
) -> None:
    jobs = [job([picture(*own)], size) for own, size in SIZES]
    images = run(module_page, serve, tmp_path, f"resize={method}", jobs)
    is_rounded = not method.startswith("tf-")
    for (own, size), image, theirs in zip(SIZES, images, expected(method), strict=True):
        if (method, size) in ROUNDED_EDGES:
            continue
        ours = resize(picture(*own), size[1], size[0], "stretch", (), method)[:, :, 0]
        for name, result in (("page", image[0, :, :, 0]), ("verify", ours)):
            difference = np.abs(result - theirs)
            # Sums of 32 bits round a few numbers to the other side.
            assert difference.max() <= (1.01 if is_rounded else 0.1), (name, own, size)
            assert (difference > 0.1).sum() <= max(2, 0.03 * difference.size), (name, own, size)


def test_crops_are_torchvisions(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    """The shorter side to 9, then the middle, whose halves are rounded to even; what lacks is black."""
    sources = [(31, 17), (17, 31), (20, 20), (33, 16)]
    size = (8, 6)
    jobs = [job([picture(*own)], size) for own in sources]
    images = run(module_page, serve, tmp_path, "resize=pillow-bicubic,resized=9", jobs)
    for (width, height), image in zip(sources, images, strict=True):
        scaled = (9, int(9 * height / width)) if width <= height else (int(9 * width / height), 9)
        left, top = (round((whole - part) / 2.0) for whole, part in zip(scaled, size, strict=True))
        theirs = by_pillow(picture(width, height), scaled, "bicubic")[top : top + 6, left : left + 8]
        np.testing.assert_allclose(image[0], theirs, atol=1.01)
        np.testing.assert_allclose(
            resize(picture(width, height), 6, 8, "crop", (9,), "pillow-bicubic"), theirs, atol=1.01
        )


def test_crops_larger_than_the_picture_are_filled_up(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    """transformers divides what is missing so that the upper and left half is the larger."""
    (image,) = run(
        module_page,
        serve,
        tmp_path,
        "resize=tf-nearest,fit=crop-floor,resized=5x4",
        [job([picture(5, 4)], (8, 9))],
    )
    padded = np.zeros((9, 8, 3))
    padded[3:7, 2:7] = picture(5, 4)
    np.testing.assert_allclose(image[0], padded, atol=0.01)
    np.testing.assert_allclose(resize(picture(5, 4), 9, 8, "crop-floor", (5, 4), "tf-nearest"), padded)


def test_cover_is_pillows_fit(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    for method in ("bicubic", "bilinear"):
        images = run(
            module_page,
            serve,
            tmp_path,
            f"fit=cover,resize=pillow-{method}",
            [job([picture(31, 17)], (6, 8))],
        )
        theirs = ImageOps.fit(Image.fromarray(picture(31, 17)), (6, 8), Image.Resampling[method.upper()])
        np.testing.assert_allclose(images[0][0], np.asarray(theirs).astype(float), atol=1.01)


@pytest.mark.parametrize("size", [(7, 5), (8, 6), (1, 1)], ids=["within texels", "whole texels", "one pixel"])
def test_batches_and_parts_of_pictures(module_page: Page, serve: Serve, tmp_path: Path, size: Size) -> None:
    """Pictures of a batch differ in size; the same part of each is taken."""
    pixels = [picture(31, 17), picture(20, 40), picture(12, 10)]
    crop = (3, 2, 9, 7)
    jobs = [job(pixels, size), job(pixels, size, crop), job(pixels[:1], size, crop)]
    batch, parts, single = run(module_page, serve, tmp_path, "resize=pillow-bilinear", jobs)
    assert batch.shape == parts.shape == (3, size[1], size[0], 3)
    for one, image, part in zip(pixels, batch, parts, strict=True):
        np.testing.assert_allclose(image, by_pillow(one, size, "bilinear"), atol=2.01)
        np.testing.assert_allclose(part, by_pillow(one[2:9, 3:12], size, "bilinear"), atol=2.01)
    np.testing.assert_array_equal(single[0], parts[0])


REFUSED = {
    "[canvas, 7]": 'Input "x"[1]: a picture was expected, but Number came',
    "[7]": "but Array came",
    "[]": "but Array came",
    "[canvas, canvas, canvas]": "3 pictures came for shape [2, 3, h, w], which takes 2",
    "[canvas, {source: canvas, crop: {x: 0, y: 0, width: 3, height: 2}}]": "width 4 and 3 came",
    "{source: canvas, crop: {x: 1, y: 0, width: 4, height: 2}}": "within the picture of 4×2",
    "{source: canvas, crop: {x: 0, y: 0, width: 1.5, height: 2}}": "width 1.5",
    "{source: canvas, crop: {x: 0, y: 0, width: 0, height: 2}}": "at least one",
    "{source: canvas, crop: {}}": "x undefined",
    "{source: 7, crop: {x: 0, y: 0, width: 1, height: 1}}": "but Object came",
}


def test_refused_batches_and_parts(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    model = save_text("g (float[2,3,h,w] x) => (float[2,3,h,w] y) { y = Identity(x) }", tmp_path)
    texelflow.export(model, tmp_path / "bundle", image="0..1")
    told = module_page.evaluate(
        f"""async (url) => {{
            const canvas = new OffscreenCanvas(4, 2);
            canvas.getContext('2d');
            const model = await texelflow.loadModel(url);
            const told = [];
            for (const x of [{", ".join(REFUSED)}]) {{
                await model.run({{x}}).then(() => told.push('NO ERROR'),
                    (error) => told.push(error.code + ': ' + error.message));
            }}
            return told;
        }}""",
        serve(tmp_path / "bundle"),
    )
    for message, expected_part in zip(told, REFUSED.values(), strict=True):
        assert message.startswith("input: ") and expected_part in message
