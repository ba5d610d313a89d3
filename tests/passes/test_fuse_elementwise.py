"""Which elementwise nodes are fused with which, and in what order they name their operands."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernels.sheet import Sheet
from model_support import read_text
from texelflow.backends.webgl2.passes import prepare
from texelflow.backends.webgl2.passes.fuse_elementwise import NUMBER_LIMIT, STEP_LIMIT
from texelflow.graph import Graph
from texelflow.importers import read_model
from texelflow.passes import simplify


@pytest.mark.parametrize(
    ("body", "own_first"),
    [
        ("y = Add(a, x)", True),
        ("y = Add(x, a)", True),
        ("y = Mul(x, a)", True),
        ("b = Sigmoid(a) y = Mul(x, b)", True),
        ("y = Sub(a, x)", True),
        ("y = Sub(x, a)", False),
        ("y = Div(x, a)", False),
    ],
)
def test_order_of_operands(tmp_path: Path, body: str, own_first: bool) -> None:
    """What the kernel computes comes first, unless that would change the result."""
    weights = "float[1, 1, 1, 1] w = {2}"
    text = f"g (float[1, 1, 8, 8] x) => (float[A, B, C, D] y) <{weights}> {{ a = Conv(x, w) {body} }}"
    graph = read_text(text, tmp_path)
    simplify(graph)
    (group,) = prepare(graph)
    external = group.epilogue[-1].inputs.index(graph.inputs[0])
    assert (external == 1) == own_first


MOMENTS = """
g (float[4, 16] x) => (float[A, B] y, float[C, D] z) <int64[1] last = {-1}, float epsilon = {0.1}>
{
    mean = ReduceMean(x, last) centred = Sub(x, mean) square = Mul(centred, centred)
    variance = ReduceMean(square, last)
"""

BESIDE_A_VARIANCE = {
    "in one sum": "y = Add(mean, variance) z = Identity(x) }",
    "in a chain": "n = Neg(mean) d = Sqrt(variance) e = Mul(n, n) y = Add(d, e) z = Identity(x) }",
    "before it ends": "z = Neg(mean) d = Add(variance, epsilon) y = Sqrt(d) }",
    "by another kernel": "w = Softmax <axis = 0> (mean) d = Add(variance, w) y = Sqrt(d) z = Identity(x) }",
    "by a later one": "d = Add(variance, epsilon) y = Sqrt(d) z = Softmax <axis = 0> (mean) }",
}


@pytest.mark.parametrize("body", BESIDE_A_VARIANCE.values(), ids=BESIDE_A_VARIANCE.keys())
def test_a_mean_is_there_before_it_is_read(tmp_path: Path, body: str) -> None:
    """The passes check the graph: what they fuse with the variance may not wait for the mean beside it."""
    graph = read_text(MOMENTS + body, tmp_path)
    simplify(graph)
    assert any("Moments" in group.title for group in prepare(graph))


def test_layer_normalizations_still_end_in_their_moments(tmp_path: Path) -> None:
    """The mean is read where the rows are centred, behind the deviation."""
    graph = read_text(
        f"{MOMENTS} d = Add(variance, epsilon) s = Sqrt(d) y = Div(centred, s) z = Identity(y) }}", tmp_path
    )
    simplify(graph)
    groups = prepare(graph)
    assert [len(group.epilogue) for group in groups if "Moments" in group.title] == [2]


def _chain(folder: Path, count: int, scalar: bool) -> Graph:
    sheet = Sheet("chain")
    value = sheet.input([3, 5])
    for number in range(count):
        inputs = [value, sheet.constant(number, "float32")] if scalar else [value]
        value = sheet.node("Add" if scalar else ("Sin", "Neg")[number % 2], inputs)
    sheet.output(value)
    path = folder / "chain.onnx"
    path.write_bytes(sheet.model().SerializeToString())
    return read_model(path)


@pytest.mark.parametrize("scalar", [False, True])
def test_groups_are_bounded(tmp_path: Path, scalar: bool) -> None:
    graph = _chain(tmp_path, 1000, scalar)
    simplify(graph)
    sizes = [len(group.epilogue) for group in prepare(graph)]
    assert sum(sizes) == 1000
    assert max(sizes) == min(STEP_LIMIT, NUMBER_LIMIT)
