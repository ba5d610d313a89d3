"""The structure of ONNX graphs: names, order, constants, functions, and what is refused with every reason."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from model_support import operators, read_text, save_text
from texelflow.errors import ExportError
from texelflow.graph import Graph, Value
from texelflow.graph.constants import unpack_elements
from texelflow.importers import read_model

FUNCTIONS = '<ir_version: 10, opset_import: ["" : 21, "local" : 1]>\n'


def _problems(text: str, folder: Path) -> list[str]:
    with pytest.raises(ExportError) as caught:
        read_text(text, folder)
    return caught.value.problems


def _elements(value: Value | None) -> list[object]:
    assert value is not None
    assert value.constant is not None
    return list(unpack_elements(value.dtype, value.constant.tobytes()))


def test_names(tmp_path: Path) -> None:
    text = "g (float[2] x) => (float[2] y) { a = Relu(x) [named] b = Neg(a) y = Relu(b) }"
    graph = read_text(text, tmp_path)
    assert [node.name for node in graph.nodes] == ["Relu_0", "named", "Relu_2"]
    assert [node.outputs[0].name for node in graph.nodes] == ["a", "b", "y"]


def test_nodes_out_of_order_are_sorted(tmp_path: Path) -> None:
    graph = read_text("g (float[2] x) => (float[2] y) { y = Exp(b) b = Neg(a) a = Relu(x) }", tmp_path)
    assert operators(graph) == ["Relu", "Neg", "Exp"]
    assert graph.nodes[1].inputs == graph.nodes[0].outputs


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a = Add(x, c) b = Neg(a) c = Exp(b) y = Relu(c)", "nodes form a cycle: "),
        ("a = Add(x, a) y = Relu(a)", "nodes form a cycle: "),
        (
            "y = Add(x, nothing)",
            "Add 'y' reads 'nothing', which is no input, initializer or output of a node",
        ),
        ("a = Neg(x) a = Exp(x) y = Relu(a)", "value 'a' is produced twice"),
        ("x = Neg(x) y = Relu(x)", "value 'x' is produced twice"),
        ("a = Neg(x)", "output 'y' is produced by no node"),
        ("y = Frobnicate(x)", "Frobnicate 'Frobnicate_0': operator Frobnicate is not supported"),
        ("y = org.example.Thing(x)", "operator org.example::Thing is not supported"),
        ('y = Constant <value_string = "a"> ()', "attribute 'value_string' is not supported"),
        ("y = Constant <value_int = 1, value_float = 2.0> ()", "it has 2 values"),
        ("y = Identity <then = g () => (float[1] z) { z = Neg(x) }> (x)", "'then' is a subgraph"),
        ("y = local.Outer(x)", "operator local::Outer is not supported"),
    ],
)
def test_refused(tmp_path: Path, body: str, expected: str) -> None:
    text = FUNCTIONS + f"g (float[2] x) => (float[2] y) {{ {body} }}"
    assert any(expected in problem for problem in _problems(text, tmp_path)), _problems(text, tmp_path)


def test_calls_with_more_outputs_than_their_function(tmp_path: Path) -> None:
    text = (
        FUNCTIONS
        + """g (float[2] x) => (float[2] y, float[2] z) { y, z = local.one(x) }
    <domain: "local", opset_import: ["" : 21]> one (v) => (r) { r = Neg(v) }"""
    )
    assert any("its function has 1 outputs, not 2" in problem for problem in _problems(text, tmp_path))


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = """
    g (float[2] x, seq(float[2]) s, string[2] t) => (float[2] y, float[2] missing)
    <float[2] w = {1, 2}>
    {
        [first] a = Unknown(x)
        [second] b = Unknown(a)
        [third] c = Other(b)
        [fourth] d = Add(c, gone)
        y = Identity <body = h () => (float[1] z) { z = Neg(x) }> (d)
    }
    """
    path = save_text(text, tmp_path)
    with pytest.raises(ExportError) as caught:
        read_model(path)
    assert caught.value.problems == [
        "input 's' is not a tensor; sequences and maps are not supported",
        "input 't' has elements of type string, which is not supported",
        "Add 'fourth' reads 'gone', which is no input, initializer or output of a node",
        "Unknown 'first' and 1 more: operator Unknown is not supported",
        "Other 'third': operator Other is not supported",
        "Identity 'Identity_4': its attribute 'body' is a subgraph (control flow), which is not supported",
        "output 'missing' is produced by no node",
    ]
    assert str(caught.value).startswith(f"{path} cannot be exported: 7 problems\n  - ")


@pytest.mark.parametrize(
    ("attribute", "dtype", "shape", "elements"),
    [
        ("value = float[2] {1.5, 2.0}", "float32", (2,), [1.5, 2.0]),
        ("value = int64 {7}", "int64", (), [7]),
        ("value_int = -3", "int64", (), [-3]),
        ("value_ints = [1, 2, 3]", "int64", (3,), [1, 2, 3]),
        ("value_float = 0.5", "float32", (), [0.5]),
        ("value_floats = [0.5, 1.5]", "float32", (2,), [0.5, 1.5]),
    ],
)
def test_constant_nodes(
    tmp_path: Path, attribute: str, dtype: str, shape: tuple[int, ...], elements: list[float]
) -> None:
    text = f"g (float[N] x) => (float[N] y) {{ c = Constant <{attribute}> () y = Add(x, c) }}"
    graph = read_text(text, tmp_path)
    assert operators(graph) == ["Add"]
    constant = graph.nodes[0].required(1)
    assert constant.producer is None
    assert (constant.name, constant.dtype, constant.shape) == ("c", dtype, shape)
    assert _elements(constant) == elements


def test_initializers_that_are_inputs_too(tmp_path: Path) -> None:
    path = save_text(
        '<ir_version: 3, opset_import: ["" : 8]> '
        "g (float[2] x, float[2] w) => (float[2] y) <float[2] w = {1, 2}> { y = Add(x, w) }",
        tmp_path,
    )
    model = onnx.load(path)
    if not any(item.name == "w" for item in model.graph.input):
        model.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [2]))
        onnx.save(model, path)
    graph = read_model(path)
    assert [value.name for value in graph.inputs] == ["x"]
    assert _elements(graph.nodes[0].required(1)) == [1, 2]


def test_unused_initializers_are_not_read(tmp_path: Path) -> None:
    path = save_text("g (float[2] x) => (float[2] y) { y = Relu(x) }", tmp_path)
    model = onnx.load(path)
    model.graph.initializer.append(helper.make_tensor("text", TensorProto.STRING, [1], [b"hello"]))
    onnx.save(model, path)
    assert len(read_model(path).nodes) == 1


def test_two_initializers_of_one_name(tmp_path: Path) -> None:
    path = save_text("g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = Add(x, w) }", tmp_path)
    model = onnx.load(path)
    model.graph.initializer.append(model.graph.initializer[0])
    onnx.save(model, path)
    with pytest.raises(ExportError, match="two initializers called 'w'"):
        read_model(path)


def test_outputs_that_no_node_makes(tmp_path: Path) -> None:
    graph = read_text(
        "g (float[2] x) => (float[2] x, float[2] w, float[2] y) <float[2] w = {1, 2}> { y = Relu(x) }",
        tmp_path,
    )
    assert [value.name for value in graph.outputs] == ["x", "w", "y"]
    assert operators(graph) == ["Relu", "Identity", "Identity"]
    assert all(value.producer is not None for value in graph.outputs)
    assert graph.outputs[0] is not graph.inputs[0]


def test_omitted_inputs_and_outputs(tmp_path: Path) -> None:
    graph = read_text(
        "g (float[2] x) => (bool[2] m) <float high = {3}> { a = Clip(x, , high) , m = Dropout(a, , ) }",
        tmp_path,
    )
    clip, dropout = graph.nodes
    assert clip.inputs[1] is None
    assert _elements(clip.inputs[2]) == [3]
    assert len(dropout.inputs) == 1
    assert [value.name for value in dropout.outputs] == ["", "m"]


def test_attributes(tmp_path: Path) -> None:
    graph = read_text(
        """
        g (float[1, 1, 8, 8] x) => (float[1, 1, 8, 8] y) <float[1, 1, 3, 3] w = {1, 1, 1, 1, 1, 1, 1, 1, 1}>
        {
            a = Conv <auto_pad = "SAME_UPPER", group = 1, dilations = [1, 1]> (x, w)
            b = LeakyRelu <alpha = 0.25> (a)
            s = Shape(b)
            c = ConstantOfShape <value = float[1] {2.0}> (s)
            y = Add(b, c)
        }
        """,
        tmp_path,
    )
    conv, leaky, _, filled, _ = graph.nodes
    assert conv.attributes == {"auto_pad": "SAME_UPPER", "group": 1, "dilations": [1, 1]}
    assert leaky.attributes == {"alpha": 0.25}
    assert _elements(filled.attributes["value"]) == [2.0]


def test_nodes_of_older_opsets_are_upgraded(tmp_path: Path) -> None:
    graph = read_text(
        '<ir_version: 8, opset_import: ["" : 9]> g (float[4] x) => (float[4] y) '
        "{ a = Clip <min = 0.0, max = 6.0> (x) y = Unsqueeze <axes = [0]> (a) }",
        tmp_path,
    )
    clip, unsqueeze = graph.nodes
    assert clip.attributes == {}
    assert [_elements(value) for value in clip.inputs[1:]] == [[0.0], [6.0]]
    assert _elements(unsqueeze.inputs[1]) == [0]


CALLS = (
    FUNCTIONS
    + """
g (float[2] x) => (float[2] y) { [call] a = local.Scaled <factor = 3.0> (x) y = local.Scaled (a) }
<domain: "local", opset_import: ["" : 21]> Scaled <factor: float = 2.0> (v) => (r)
{ s = Constant <value_float: float = @factor> () t = local.Twice(v) r = Mul(t, s) }
<domain: "local", opset_import: ["" : 21]> Twice (v, unused) => (r) { r = Add(v, v) }
"""
)


def test_functions_are_inlined(tmp_path: Path) -> None:
    graph = read_text(CALLS, tmp_path)
    assert operators(graph) == ["Add", "Mul", "Add", "Mul"]
    assert [_elements(graph.nodes[index].inputs[1]) for index in (1, 3)] == [[3.0], [2.0]]
    assert graph.nodes[0].name == "call/Twice_1/Add_0"
    assert graph.nodes[0].inputs == [graph.inputs[0]] * 2
    assert graph.nodes[2].inputs == graph.nodes[1].outputs * 2
    assert graph.outputs[0] is graph.nodes[3].outputs[0]
    assert [value.name for value in graph.outputs] == ["y"]


def test_function_that_returns_its_input(tmp_path: Path) -> None:
    text = FUNCTIONS + (
        "g (float[2] x) => (float[2] y) { y = local.Same(x) }"
        '<domain: "local", opset_import: ["" : 21]> Same (v) => (v) {}'
    )
    graph: Graph = read_text(text, tmp_path)
    assert operators(graph) == ["Identity"]
    assert (graph.inputs[0].name, graph.outputs[0].name) == ("x", "y")


def test_function_that_calls_itself(tmp_path: Path) -> None:
    text = FUNCTIONS + (
        "g (float[2] x) => (float[2] y) { y = local.A(x) }"
        '<domain: "local", opset_import: ["" : 21]> A (v) => (r) { r = local.B(v) }'
        '<domain: "local", opset_import: ["" : 21]> B (v) => (r) { r = local.A(v) }'
    )
    assert any("its function calls itself" in problem for problem in _problems(text, tmp_path))


def test_functions_that_multiply(tmp_path: Path) -> None:
    """A small file whose functions call each other to 2⁴⁰ calls ends soon."""
    bodies = "".join(
        f'<domain: "local", opset_import: ["" : 21]> F{level} (v) => (r) '
        f"{{ t = local.F{level + 1}(v) r = local.F{level + 1}(t) }}"
        for level in range(40)
    )
    text = FUNCTIONS + (
        "g (float[2] x) => (float[2] y) { y = local.F0(x) }"
        f'{bodies} <domain: "local", opset_import: ["" : 21]> F40 (v) => (v) {{}}'
    )
    assert any("expand to more than" in problem for problem in _problems(text, tmp_path))
