"""Wrong inputs of run(): one clear error each, and the model goes on working."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bundle_builder import ADD_FLAT, BundleBuilder
from playwright.sync_api import Page

from browser_support import PageServer


@pytest.fixture(scope="module")
def pair_page(
    module_page: Page, page_server: PageServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """A page whose `model` adds a: [n, 3] and b: [n, 3] and takes a third input that nothing reads."""
    builder = BundleBuilder(["n"])
    a = builder.tensor(["n", 3], lifetime=[-1, 0])
    b = builder.tensor(["n", 3], lifetime=[-1, 0])
    y = builder.tensor(["n", 3], lifetime=[0, 1])
    builder.input("a", a)
    builder.input("b", b)
    builder.inputs.append({"name": "unread", "dtype": "int64", "shape": [["*", 2, "n"]], "tensor": -1})
    builder.output("y", y)
    builder.draw(builder.program(ADD_FLAT, ["a", "b"]), [a, b], y, ints=[["*", 2**20, "n"]], floats=[1])
    folder = tmp_path_factory.mktemp("pair")
    builder.write(folder)
    url = page_server.mount("/pair", folder)
    module_page.evaluate("async (url) => { globalThis.model = await texelflow.loadModel(url); }", url)
    module_page.evaluate(
        "() => { globalThis.tensor = (...shape) => new texelflow.Tensor('float32', shape,"
        " new Float32Array(shape.reduce((x, y) => x * y, 1)).fill(2)); }"
    )
    yield module_page


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("{}", ['Input "a" is missing', "float32", "[n, 3]", "a, b, unread"]),
        ("undefined", ['Input "a" is missing']),
        ("{a: tensor(2, 3), b: tensor(2, 3), c: 1}", ['no input "c"', "a, b, unread"]),
        ("{a: tensor(2, 3), b: tensor(4, 3)}", ['Input "b"', "axis 0 is 4", '"n" is 2', '"a"']),
        ("{a: tensor(2, 3), b: tensor(2, 4)}", ['Input "b"', "[2, 4] came", "axis 1 must be 3"]),
        ("{a: tensor(2, 3), b: tensor(3)}", ['Input "b"', "rank 1"]),
        (
            "{a: new texelflow.Tensor('int32', [2, 3], new Int32Array(6)), b: tensor(2, 3)}",
            ['Input "a"', "int32", "float32"],
        ),
        ("{a: [1, 2], b: tensor(2, 3)}", ['Input "a"', "Array came"]),
        ("{a: new ImageData(4, 4), b: tensor(2, 3)}", ['Input "a"', "picture", "--image"]),
        (
            "{a: {dtype: 'float32', shape: [2, 3], data: new Float32Array(5)}, b: tensor(2, 3)}",
            ["has 6 elements, but 5 came"],
        ),
        (
            "{a: tensor(2048, 3), b: tensor(2048, 3),"
            " unread: new texelflow.Tensor('int64', [4096], new BigInt64Array(4096))}",
            ["sizes of the inputs give the number 2147483648", "32 bits"],
        ),
        (
            "{a: tensor(2, 3), b: tensor(2, 3),"
            " unread: new texelflow.Tensor('int64', [5], new BigInt64Array(5))}",
            ['Input "unread"', "[2*n]", "axis 0 must be 4"],
        ),
    ],
)
def test_wrong_inputs_are_refused(pair_page: Page, inputs: str, expected: list[str]) -> None:
    message = pair_page.evaluate(
        f"() => model.run({inputs}).then(() => 'NO ERROR', (error) => error.message)"
    )
    for part in expected:
        assert part in message
    works = pair_page.evaluate(
        "() => model.run({a: tensor(2, 3), b: tensor(2, 3)}).then(({y}) => Array.from(y.data))"
    )
    assert works == [4] * 6


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("'float8', [1], new Float32Array(1)", 'unknown dtype "float8"'),
        ("'float32', [1], [1]", "must be a Float32Array, not a Array"),
        ("'int64', [1], new Float64Array(1)", "BigInt64Array or Int32Array, not a Float64Array"),
        ("'float32', [2, -1], new Float32Array(2)", "whole numbers"),
        ("'float32', [NaN, 2], new Float32Array(2)", "whole numbers, not NaN,2"),
        ("'float32', [2n], new Float32Array(2)", "whole numbers, not 2"),
        ("'float32', [2, 2], new Float32Array(3)", "4 elements, but 3 came"),
    ],
)
def test_wrong_tensors_are_refused(module_page: Page, arguments: str, expected: str) -> None:
    message = module_page.evaluate(
        f"() => {{ try {{ new texelflow.Tensor({arguments}); }} catch (error) {{ return error.message; }} }}"
    )
    assert expected in message


def test_int64_out_of_range_is_refused(
    module_page: Page, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    builder = BundleBuilder()
    x = builder.tensor([2], "int64", lifetime=[-1, 0])
    builder.input("x", x)
    builder.output("y", x)
    builder.write(tmp_path)
    message = module_page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const feeds = {x: new texelflow.Tensor('int64', [2], BigInt64Array.of(1n, -(2n ** 31n) - 1n))};
            return model.run(feeds).then(() => 'NO ERROR', (error) => error.message);
        }""",
        serve(tmp_path),
    )
    assert 'Input "x"' in message and "element 1 is -2147483649" in message


def test_a_disposed_model_refuses_runs(
    module_page: Page, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    from bundle_builder import add_bundle

    add_bundle(tmp_path)
    message = module_page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const feeds = {x: new texelflow.Tensor('float32', [6], new Float32Array(6))};
            const before = model.run(feeds);
            model.dispose();
            model.dispose();
            const {y} = await before;
            return y.data.length + await model.run(feeds).catch((error) => error.message);
        }""",
        serve(tmp_path),
    )
    assert message == '6The model "test" was disposed.'


def test_inputs_too_small_for_the_model(module_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """A window of 5 on 3 pixels leaves -1: an error, and the next run works."""
    builder = BundleBuilder(["n"])
    x = builder.tensor(["n"], lifetime=[-1, 0])
    y = builder.tensor([["-", "n", 4]], lifetime=[0, 1], value="shorter")
    builder.input("x", x)
    builder.output("y", y)
    builder.draw(builder.program(ADD_FLAT, ["a", "b"]), [x, x], y, floats=[1])
    builder.write(tmp_path)
    answer = module_page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url);
            const data = (n) => new Float32Array(n).fill(3);
            const run = (n) => model.run({x: new texelflow.Tensor('float32', [n], data(n))});
            const message = await run(3).then(() => 'NO ERROR', (error) => error.message);
            return [message, (await run(4)).y.data.length, Array.from((await run(6)).y.data)];
        }""",
        page_server.mount("/too-small", tmp_path),
    )
    assert answer[0] == 'Tensor "shorter" of shape [-1] cannot be: an input is too small for this model.'
    assert answer[1:] == [0, [6, 6]]
