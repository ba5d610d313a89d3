"""Loops and scans written out turn by turn, against ONNX Runtime's own."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from model_support import read_text, save_text
from operators.written_back import written_back
from texelflow.errors import ExportError
from texelflow.graph import Body, Node, Value
from texelflow.importers import read_model
from texelflow.passes import simplify

MODELS = 60
Maker: TypeAlias = Callable[[random.Random], tuple[onnx.GraphProto, dict[str, np.ndarray]]]
STEPS = ("Tanh", "Sigmoid", "Neg", "Abs")


def _value(name: str, shape: list[int] | None, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _body(
    source: random.Random, extra: list[onnx.NodeProto], states: int, slices: list[str]
) -> list[onnx.NodeProto]:
    """Return nodes that make `out_0`, … of the states `in_0`, … and other values, and `made` of a turn."""
    nodes = list(extra)
    for index in range(states):
        terms = [f"in_{index}", source.choice(["outer", "weight", f"in_{(index + 1) % states}", *slices])]
        nodes.append(helper.make_node(source.choice(("Add", "Mul", "Sub")), terms, [f"mixed_{index}"]))
        nodes.append(helper.make_node(source.choice(STEPS), [f"mixed_{index}"], [f"out_{index}"]))
    nodes.append(helper.make_node("Add", ["out_0", slices[0] if slices else "in_0"], ["made"]))
    return nodes


def random_loop(source: random.Random) -> tuple[onnx.GraphProto, dict[str, np.ndarray]]:
    numbers = np.random.default_rng(source.randrange(2**32))
    states, turns = source.choice((1, 2, 3)), source.choice((1, 2, 5))
    stops = source.random() < 0.5
    extra = [helper.make_node("Cast", ["number"], ["as_float"], to=TensorProto.FLOAT)]
    if stops:  # after a number of turns of its own
        extra.append(helper.make_node("Less", ["number", "last"], ["goes_on"]))
    else:
        extra.append(helper.make_node("Identity", ["condition"], ["goes_on"]))
    nodes = _body(source, extra, states, ["as_float"])
    body = helper.make_graph(
        nodes,
        "body",
        [
            _value("number", [], TensorProto.INT64),
            _value("condition", [], TensorProto.BOOL),
            *(_value(f"in_{index}", [2, 3]) for index in range(states)),
        ],
        [
            _value("goes_on", [], TensorProto.BOOL),
            *(_value(f"out_{index}", [2, 3]) for index in range(states)),
            _value("made", None),
        ],
        [numpy_helper.from_array(numbers.standard_normal((2, 3)).astype(np.float32), "weight")],
    )
    feeds = {f"x_{index}": numbers.standard_normal((2, 3)).astype(np.float32) for index in range(states)}
    feeds["outer"] = numbers.standard_normal((1, 3)).astype(np.float32)
    constants = [
        numpy_helper.from_array(np.int64(turns if not stops or source.random() < 0.5 else 1000), "turns"),
        numpy_helper.from_array(np.bool_(True), "true"),
        numpy_helper.from_array(np.int64(source.choice((0, 1, 3))), "last"),
    ]
    condition = source.choice(("", "true"))
    loop = helper.make_node(
        "Loop",
        ["turns", condition, *(f"x_{index}" for index in range(states))],
        [*(f"y_{index}" for index in range(states)), "stacked"],
        body=body,
    )
    outputs = [*(_value(f"y_{index}", None) for index in range(states)), _value("stacked", None)]
    inputs = [_value(name, [*array.shape]) for name, array in feeds.items()]
    return helper.make_graph([loop], "loop", inputs, outputs, constants), feeds


def random_scan(source: random.Random) -> tuple[onnx.GraphProto, dict[str, np.ndarray]]:
    numbers = np.random.default_rng(source.randrange(2**32))
    states, scanned, turns = source.choice((1, 2)), source.choice((1, 2)), source.choice((1, 4))
    slices = [f"slice_{index}" for index in range(scanned)]
    nodes = _body(source, [], states, slices)
    body = helper.make_graph(
        nodes,
        "body",
        [
            *(_value(f"in_{index}", [2, 3]) for index in range(states)),
            *(_value(name, [2, 3]) for name in slices),
        ],
        [*(_value(f"out_{index}", [2, 3]) for index in range(states)), _value("made", None)],
        [numpy_helper.from_array(numbers.standard_normal((2, 3)).astype(np.float32), "weight")],
    )
    axes = [source.choice((0, 1, 2, -1)) for _ in slices]
    feeds = {f"x_{index}": numbers.standard_normal((2, 3)).astype(np.float32) for index in range(states)}
    for index, axis in enumerate(axes):
        shape = list(np.moveaxis(np.empty((turns, 2, 3)), 0, axis).shape)
        feeds[f"s_{index}"] = numbers.standard_normal(shape).astype(np.float32)
    feeds["outer"] = numbers.standard_normal((1, 3)).astype(np.float32)
    scan = helper.make_node(
        "Scan",
        [*(f"x_{index}" for index in range(states)), *(f"s_{index}" for index in range(scanned))],
        [*(f"y_{index}" for index in range(states)), "stacked"],
        body=body,
        num_scan_inputs=scanned,
        scan_input_axes=axes,
        scan_input_directions=[source.choice((0, 1)) for _ in slices],
        scan_output_axes=[source.choice((0, 1, 2, -1))],
        scan_output_directions=[source.choice((0, 1))],
    )
    outputs = [*(_value(f"y_{index}", None) for index in range(states)), _value("stacked", None)]
    inputs = [_value(name, [*array.shape]) for name, array in feeds.items()]
    return helper.make_graph([scan], "scan", inputs, outputs), feeds


@pytest.mark.parametrize("make", [random_loop, random_scan])
def test_random_loops(make: Maker, tmp_path: Path) -> None:
    source = random.Random(5)
    for _ in range(MODELS):
        graph, feeds = make(source)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
        expected = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feeds)
        path = tmp_path / "loop.onnx"
        onnx.save(model, path)
        read = read_model(path)
        simplify(read)
        assert not {node.operator for node in read.nodes} & {"Loop", "Scan"}
        kept = {value.name for value in read.inputs}
        session = onnxruntime.InferenceSession(written_back(read).SerializeToString())
        results = session.run(None, {name: array for name, array in feeds.items() if name in kept})
        for result, wanted in zip(results, expected, strict=True):
            np.testing.assert_allclose(result, wanted, rtol=1e-5, atol=1e-6, err_msg=str(graph))


NESTED = """
g (float[2,3] x) => (float[a,b] y, float[c,d,e] z) <int64 turns = {3}, int64 two = {2}, bool yes = {1}> {
    y, z = Loop (turns, yes, x) <body = outer (int64 i, bool c, float[2,3] s)
        => (bool c1, float[2,3] s2, float[2,3] m) {
        c1 = Identity(c)
        even = Mod(i, two)
        odd = Cast <to=9> (even)
        s1 = If (odd) <
            then_branch = then () => (float[2,3] t) { t = Neg(s) },
            else_branch = other () => (float[2,3] e) { e = Add(s, x) }
        >
        s2 = Loop (two, yes, s1) <body = inner (int64 j, bool d, float[2,3] r) => (bool d1, float[2,3] r1)
        { d1 = Identity(d) k = Add(i, j) f = Cast <to=1> (k) q = Add(r, f) r1 = Tanh(q) }>
        m = Mul(s2, s)
    }>
}
"""


def test_nested(tmp_path: Path) -> None:
    read = read_text(NESTED, tmp_path)
    [path] = tmp_path.glob("*.onnx")
    feeds = {"x": np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)}
    expected = onnxruntime.InferenceSession(path).run(None, feeds)
    simplify(read)
    results = onnxruntime.InferenceSession(written_back(read).SerializeToString()).run(None, feeds)
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(result, wanted, rtol=1e-5, atol=1e-6)


LOOP = """y = Loop (m, {condition}, x)
    <body = b (int64 i, bool c, float[2] s) => (bool c1, float[2] s1) {{ {body} }}>"""

REFUSALS = [
    ("float[9] v", "", "c1 = Identity(c) s1 = ImageDecoder(s)", "ImageDecoder is not supported"),
    (
        "int64 m",
        "",
        "c1 = Identity(c) s1 = ImageDecoder(s)",
        "in its body: .*ImageDecoder is not supported",
    ),
    ("int64 m", "", "c1 = Identity(c) s1 = Concat <axis = 0> (s, s)", r"from float32\[2\] to float32\[4\]"),
    ("int64 m", "", "c1 = Identity(c) s1 = Cast <to = 7> (s)", r"from float32\[2\] to int64\[2\]"),
    ("int64 m", "", "c1 = Identity(c) p = NonZero(s) s1 = Squeeze(p)", "what it carries changes from"),
    ("int64 m", "", "c1 = Identity(i) s1 = Neg(s)", "one truth value is needed"),
]


def test_endless(tmp_path: Path) -> None:
    text = "g (float[2] x) => (float[a] y) {" + LOOP.format(condition="", body="c1 = Identity(c) s1 = Neg(s)")
    with pytest.raises(ExportError, match="it never ends"):
        simplify(read_text(text.replace("(m, ", "(, ") + "}", tmp_path))


@pytest.mark.parametrize(("given", "condition", "body", "reason"), REFUSALS)
def test_refusals(tmp_path: Path, given: str, condition: str, body: str, reason: str) -> None:
    size = "" if given.startswith("int64") else "m = Size(v)"
    loop = LOOP.format(condition=condition, body=body)
    with pytest.raises(ExportError, match=reason):
        simplify(read_text(f"g (float[2] x, {given}) => (float[a] y) {{ {size} {loop} }}", tmp_path))


def test_a_body_of_which_a_node_cannot_be_read(tmp_path: Path) -> None:
    """What it makes is not taken for something of the graph around."""
    text = "g (float[2] x, int64 m) => (float[a] y) {" + LOOP.format(
        condition="", body="c1 = Identity(c) s1 = Neg(s)"
    )
    path = save_text(text + "}", tmp_path)
    model = onnx.load(path)
    model.graph.node[0].attribute[0].g.node[1].attribute.add(name="strange")
    onnx.save(model, path)
    with pytest.raises(ExportError, match=r"in its body: Neg '.*': its attribute 'strange' has the unknown"):
        simplify(read_model(path))


def test_no_turn(tmp_path: Path) -> None:
    text = "g (float[2] x) => (float[a] y) <int64 m = {0}> {" + LOOP.format(
        condition="", body="c1 = Identity(c) s1 = Neg(s)"
    )
    graph = read_text(text + "}", tmp_path)
    simplify(graph)
    assert [node.operator for node in graph.nodes] == ["Identity"]


def test_omitted_outputs_stay_omitted() -> None:
    node = Node("LSTM", [Value("x")], [Value(""), Value("last")])
    [copy] = Body([], [node], node.outputs[1:]).copied({}, "turn/").nodes
    assert [value.name for value in copy.outputs] == ["", "turn/last"]
