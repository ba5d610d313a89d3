"""The GLSL expressions of elementwise operators, in a browser, against ONNX's own node tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from node_cases import NodeCase, node_cases
from playwright.sync_api import Browser, Page
from shader_evaluation import RecordedUniforms, evaluate

from browser_support import require_webgl2
from texelflow.backends.webgl2.scalar import print_scalar
from texelflow.errors import ExportError
from texelflow.graph import FLOATING, Node
from texelflow.operators import operator_of, registry
from texelflow.operators.elementwise import Elementwise
from texelflow.passes import infer_types

TOLERANCES = {"float16": 2e-3, "bfloat16": 1e-2, "float64": 1e-6, "float32": 2e-6}
"""Largest error relative to the larger of 1 and the expected number, by the output's type."""

ELEMENTWISE = {
    name
    for (domain, name), operator in registry().items()
    if domain == "" and isinstance(operator, Elementwise) and type(operator).scalar is not Elementwise.scalar
}

CASES = [
    pytest.param(case, id=case.name)
    for case in node_cases()
    if case.model.graph.node[0].op_type in ELEMENTWISE
    and case.model.opset_import[0].version >= 7
    and len(case.inputs) <= 3
    and all(array.size for array in (*case.inputs.values(), *case.outputs.values()))
]


@pytest.fixture(scope="module")
def canvas(browser: Browser) -> Iterator[Page]:
    """A page that needs nothing from the runtime."""
    page = browser.new_page()
    require_webgl2(page)
    yield page
    page.close()


def fits_32_bits(array: np.ndarray) -> bool:
    """Whether the shader's 32 bits hold the numbers."""
    if array.dtype.name not in ("int64", "uint64"):
        return True
    lowest, highest = (0, 2**32) if array.dtype.name == "uint64" else (-(2**31), 2**31)
    return lowest <= int(array.min()) and int(array.max()) < highest


def as_operand(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The numbers as the shader reads them, broadcast: float32, or the low 32 bits as int32."""
    flat = np.broadcast_to(array, shape).ravel()
    if array.dtype.name in FLOATING:
        return flat.astype(np.float32)
    return flat.astype(np.int64).astype(np.uint32).view(np.int32)


def as_numbers(result: np.ndarray, dtype: str) -> np.ndarray:
    """The shader's results as numbers of the output's type."""
    return result.view(np.uint32) if dtype in ("uint32", "uint64") else result


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("case", CASES)
def test_expression(case: NodeCase, canvas: Page, tmp_path: Path) -> None:
    if not all(map(fits_32_bits, (*case.inputs.values(), *case.outputs.values()))):
        pytest.skip("its numbers need 64 bits")
    graph = case.graph(tmp_path, lambda name, array: False)
    try:
        infer_types.run(graph)
    except ExportError as error:
        pytest.fail(str(error.problems))
    node: Node = graph.nodes[0]
    operator = operator_of(node)
    assert isinstance(operator, Elementwise)
    expected = case.outputs[node.outputs[0].name]
    arrays = [case.inputs[value.name] for value in node.inputs if value is not None]
    letters = iter("abc")
    uniforms = RecordedUniforms()
    names = [None if value is None else next(letters) for value in node.inputs]
    expression = print_scalar(operator.tree(node), names, uniforms)
    dtype = node.outputs[0].dtype
    result = evaluate(
        canvas,
        expression,
        [as_operand(array, expected.shape) for array in arrays],
        integer=dtype not in FLOATING,
        uniforms=uniforms,
    )
    actual = as_numbers(result, dtype).reshape(expected.shape).astype(np.float64)
    reference = expected.astype(np.float64)
    if dtype not in FLOATING:
        np.testing.assert_array_equal(actual, reference)
    else:
        tolerance = TOLERANCES[dtype]
        np.testing.assert_allclose(actual, reference, rtol=tolerance, atol=tolerance)
