"""Models of a page share a context of WebGL, its texture units and programs; not what these hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle_builder import ADD_FLAT, BundleBuilder, add_bundle
from playwright.sync_api import Page

Serve = Callable[[Path], str]

READING = """
precision highp float;
precision highp {kind};
uniform highp {kind} other;
layout(location = 0) out highp vec4 result;
void main() {{ result = texelFetch(other, {place}, 0); }}
"""
PICTURE = "uniform highp sampler2D picture;\nlayout(location = 0) out highp vec4 result;\n" + (
    "void main() { result = texelFetch(picture, ivec2(0), 0); }"
)
"""A preprocessing of pictures: the first pixel."""

RUN = """async ({urls, picture}) => {
    const [own, foreign] = await Promise.all(urls.map((url) => texelflow.loadModel(url)));
    const seen = [];
    for (const number of [7, 9]) {
        const numbers = new texelflow.Tensor('float32', [6], new Float32Array(6).fill(number));
        const pixels = new ImageData(new Uint8ClampedArray([number, 0, 0, 255]), 1, 1);
        await own.run({x: picture ? pixels : numbers});
        seen.push(Array.from((await foreign.run({})).y.data));
    }
    own.dispose();
    foreign.dispose();
    return seen;
}"""


def reading_bundle(folder: Path, kind: str, place: str) -> None:
    """A model without inputs, whose only shader reads a texture that it was not given."""
    builder = BundleBuilder()
    y = builder.tensor([4], lifetime=[0, 1])
    builder.output("y", y)
    builder.draw(builder.program(READING.format(kind=kind, place=place), []), [], y)
    builder.write(folder)


def picture_bundle(folder: Path) -> None:
    """y = x, which may be a picture."""
    builder = BundleBuilder()
    x = builder.tensor([1, 4, 1, 1], lifetime=[-1, 1])
    program = builder.program("precision highp float;\n" + PICTURE, ["picture"])
    image: dict[str, Any] = {"width": 1, "height": 1, "fit": "stretch", "resized": [], "resize": "none"}
    image |= {"channels": "rgb", "mean": [], "deviation": [], "program": program, "ints": [], "floats": []}
    builder.input("x", x, image=image)
    builder.output("y", x)
    builder.draw(
        builder.program(ADD_FLAT, ["a", "b"]), [x, x], builder.tensor([4], lifetime=[0, 1]), floats=[1]
    )
    builder.write(folder)


@pytest.mark.parametrize(
    ("kind", "place", "is_picture"),
    [
        ("sampler2DArray", "ivec3(0)", False),
        ("sampler2D", "ivec2(0)", True),
        ("sampler2D", "ivec2(0)", False),
    ],
)
def test_shaders_read_nothing_of_other_models(
    kind: str, place: str, is_picture: bool, module_page: Page, serve: Serve, tmp_path: Path
) -> None:
    """What is bound for a model is not there for a shader of another that reads what it was not given."""
    (picture_bundle if is_picture else add_bundle)(tmp_path / "own")
    reading_bundle(tmp_path / "foreign", kind, place)
    urls = [serve(tmp_path / name) for name in ("own", "foreign")]
    first, second = module_page.evaluate(RUN, {"urls": urls, "picture": is_picture})
    assert first == second and first[:3] == [0, 0, 0]


def test_programs_are_shared_by_all_that_they_are(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    """Another bundle has the same shader, but a wrong name of a sampler, which is the same in capitals."""
    for folder, samplers in (("foreign", ["a", "B"]), ("own", ["a", "b"])):
        builder = BundleBuilder()
        x, z = (builder.tensor([1], lifetime=[-1, 0]) for _ in range(2))
        y = builder.tensor([1], lifetime=[0, 1])
        builder.input("x", x)
        builder.input("z", z)
        builder.output("y", y)
        source = f"{ADD_FLAT}// which no other test has"
        builder.draw(builder.program(source, samplers), [x, z], y, floats=[1])
        builder.write(tmp_path / folder)
    urls = [serve(tmp_path / folder) for folder in ("foreign", "own")]
    answers = module_page.evaluate(
        """async (urls) => {
            const tensor = (number) => new texelflow.Tensor('float32', [1], Float32Array.of(number));
            const models = [];
            for (const url of urls) models.push(await texelflow.loadModel(url));
            const sums = [];
            for (const model of models) sums.push((await model.run({x: tensor(2), z: tensor(5)})).y.data[0]);
            for (const model of models) model.dispose();
            return sums;
        }""",
        urls,
    )
    assert answers == [4, 7]


def test_messages_are_bounded(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    """However long the names of a bundle are."""
    builder = BundleBuilder()
    x = builder.tensor([4], lifetime=[-1, 1])
    for place in ("inputs", "outputs"):
        getattr(builder, place.removesuffix("s"))("n" * 1_000_000, x)
    builder.write(tmp_path)
    length = module_page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const error = await model.run({}).catch((error) => error);
            model.dispose();
            return error.message.length;
        }""",
        serve(tmp_path),
    )
    assert 100 < length < 20_000
