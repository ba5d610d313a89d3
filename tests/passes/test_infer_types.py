"""Types, shape arithmetic and the problems of shape inference."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_support import operators, read_text
from texelflow.errors import ExportError
from texelflow.graph import Graph
from texelflow.passes import infer_types, remove_dead_nodes


def _infer(text: str, folder: Path) -> Graph:
    graph = read_text(text, folder)
    infer_types.run(graph)
    return graph


def _problems(text: str, folder: Path) -> list[str]:
    with pytest.raises(ExportError) as caught:
        _infer(text, folder)
    return caught.value.problems


def test_symbolic_shapes(tmp_path: Path) -> None:
    graph = _infer(
        """
        g (float[N, T, 6] x) => (float[N, T, 2, 3] y)
        <int64[1] zero = {0}, int64[1] two = {2}, int64[2] heads = {2, 3}>
        {
            shape = Shape(x)
            front = Slice(shape, zero, two)
            target = Concat <axis = 0> (front, heads)
            y = Reshape(x, target)
        }
        """,
        tmp_path,
    )
    assert operators(graph) == ["Reshape"]  # the others are known at export
    assert str(graph.outputs[0].type) == "float32[N, T, 2, 3]"
    target = graph.nodes[0].required(1)
    assert [str(element) for element in target.elements or []] == ["N", "T", "2", "3"]
    assert target.constant is None
    assert target.producer is None


def test_known_numbers_become_constants(tmp_path: Path) -> None:
    graph = _infer(
        """
        g (float[2, 3] x) => (float[2, 3] y) <float half = {0.5}>
        {
            shape = Shape(x)
            real = Cast <to = 1> (shape)
            halves = Mul(real, half)
            total = ReduceSum(halves)
            y = Add(x, total)
        }
        """,
        tmp_path,
    )
    assert graph.nodes[-1].operator == "Add"
    constants = [value for value in graph.values() if value.constant is not None]
    assert any(value.elements == [1.0, 1.5] for value in constants)


def test_output_known_at_export_is_copied_from_a_constant(tmp_path: Path) -> None:
    text = "g (float[2, 3] x) => (int64[2] y) { y = Shape(x) }"
    graph = _infer(text, tmp_path)
    for _ in range(2):  # doing it again changes nothing
        assert operators(graph) == ["Identity"]
        assert graph.nodes[0].required(0).elements == [2, 3]
        assert graph.outputs[0].producer is graph.nodes[0]
        infer_types.run(graph)


def test_symbolic_output_known_at_export(tmp_path: Path) -> None:
    graph = _infer("g (float[N, 3] x) => (int64[2] y) { y = Shape(x) }", tmp_path)
    assert operators(graph) == ["Identity"]
    assert [str(element) for element in graph.nodes[0].required(0).elements or []] == ["N", "3"]


def test_large_tensors_are_not_evaluated(tmp_path: Path) -> None:
    text = """
    g (float[SIZE] x) => (float[SIZE] y) <int64[1] size = {SIZE}>
    { c = ConstantOfShape <value = float[1] {3}> (size) y = Add(x, c) }
    """
    assert operators(_infer(text.replace("SIZE", "1024"), tmp_path)) == ["Add"]
    assert operators(_infer(text.replace("SIZE", "1025"), tmp_path)) == ["ConstantOfShape", "Add"]


def test_wrongly_declared_elements(tmp_path: Path) -> None:
    [problem] = _problems("g (float[N, 4] x) => (int64[N, 4] y) { y = Relu(x) }", tmp_path)
    assert problem.startswith("Relu 'Relu_0': it ")
    assert "makes float32[N, 4], but the model declares its output 'y' as int64[y_0, 4]" in problem


@pytest.mark.parametrize(
    ("declared", "said"), [("float[N, 4, 1]", "[y_0, 4, 1]"), ("float[N, 5]", "[y_0, 5]"), ("float", "[]")]
)
def test_wrongly_declared_shapes(tmp_path: Path, declared: str, said: str) -> None:
    """As in ONNX Runtime, the output is what its node makes."""
    graph = _infer(f"g (float[N, 4] x) => ({declared} y) {{ y = Relu(x) }}", tmp_path)
    assert str(graph.outputs[0].type) == "float32[N, 4]"
    told = f"output 'y' is float32[N, 4], though the model declares it as float32{said}"
    assert graph.warnings == [told]


@pytest.mark.parametrize("declared", ["float[N, 4]", "float[M, 4]", "float[7, 4]", "float[N, M]"])
def test_rightly_declared_outputs(tmp_path: Path, declared: str) -> None:
    graph = _infer(f"g (float[N, 4] x) => ({declared} y) {{ y = Relu(x) }}", tmp_path)
    assert str(graph.outputs[0].type) == "float32[N, 4]"
    assert not graph.warnings


def test_all_problems_at_once(tmp_path: Path) -> None:
    problems = _problems(
        """
        g (float[2, 3] x, float[5] z) => (float[2, 3] y)
        {
            a = Add(x, z)
            b = Relu(a)
            c = MatMul(x, x)
            d = Transpose <perm = [0, 5]> (x)
            e = Add(b, c)
            y = Add(e, d)
        }
        """,
        tmp_path,
    )
    assert [problem.split(" ")[0] for problem in problems] == ["Add", "MatMul", "Transpose"]


@pytest.mark.parametrize(
    "node",
    [
        "Transpose <perm = 1> (x)",
        'Transpose <perm = "ab"> (x)',
        "Concat (x, x)",
        'Concat <axis = "a"> (x, x)',
        "Concat <axis = 9> (x, x)",
        "Cast <to = 77> (x)",
        "Cast (x)",
        "Conv <kernel_shape = 3> (x, w)",
        "Conv <strides = [0, 0]> (x, w)",
        "Conv <dilations = [0, 0]> (x, w)",
        "Conv <group = 0> (x, w)",
        "Conv (x)",
        "MaxPool (x)",
        "MaxPool <kernel_shape = [2]> (x)",
        "Softmax <axis = 12> (x)",
        "Gather <axis = 12> (x, i)",
        "Split <num_outputs = 0> (x)",
        "Reshape (x, w)",
        "Reshape (x)",
        "Gemm (x, w)",
        "Flatten <axis = [1]> (x)",
        "Resize (x)",
    ],
)
def test_malformed_nodes(tmp_path: Path, node: str) -> None:
    weight = ", ".join(["0.5"] * 36)
    text = f"""
    g (float[1, 2, 8, 8] x, int64[1] i) => (float[1, 2, 8, 8] y) <float[2, 2, 3, 3] w = {{{weight}}}>
    {{ z = {node} y = Relu(z) }}
    """
    with pytest.raises(ExportError) as caught:
        _infer(text, tmp_path)
    assert any(problem.startswith(node.split(" ")[0]) for problem in caught.value.problems)


def test_dead_nodes(tmp_path: Path) -> None:
    graph = _infer(
        "g (float[2] x, float[2] unread) => (float[2] y) { a = Exp(x) b = Neg(a) y = Relu(x) }", tmp_path
    )
    assert remove_dead_nodes.run(graph) == 2
    assert operators(graph) == ["Relu"]
    assert [value.name for value in graph.inputs] == ["x", "unread"]
