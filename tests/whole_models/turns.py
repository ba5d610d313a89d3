"""Recipes for loops, scans and branches, whose graphs read values from outside and have free extents."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import GraphProto, helper

from mixed_graphs.growing import DeadEndError, code
from whole_models.extents import length, number
from whole_models.growing import Whole, recipe


class Body:
    """A graph that is written node by node, of floats."""

    def __init__(self, g: Whole, prefix: str) -> None:
        self.g, self.prefix = g, prefix
        self.nodes: list[Any] = []
        self.captured: list[str] = []
        self.constants: list[Any] = []

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        name = f"{self.prefix}{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def number(self, value: Any, dtype: str = "float32") -> str:
        name = f"{self.prefix}k{len(self.constants)}"
        array = np.asarray(value, dtype)
        self.constants.append(helper.make_tensor(name, code(dtype), array.shape, array.ravel().tolist()))
        return name

    def outside(self, *dtypes: str, rank: tuple[int, int] = (0, 4)) -> str:
        name = self.g.any(*dtypes, rank=rank)
        self.captured.append(name)
        return name

    def step(self, x: str, dtype: str) -> str:
        """Some work that keeps the shape of x, or gives it another by what is captured."""
        g = self.g
        way = g.int(0, 9)
        if way == 0:
            return self.add("Tanh", x)
        if way == 1:
            return self.add("Add", x, self.outside(dtype))
        if way == 2:
            return self.add("Mul", x, self.outside(dtype))
        if way == 3:
            return self.add("Sub", self.outside(dtype), x)
        if way == 4:
            return self.add("Softmax", x, axis=-1)
        if way == 5:
            return self.add("Add", x, self.add("ReduceMean", x, keepdims=1))
        if way == 6:
            return self.add("MatMul", x, self.outside(dtype, rank=(2, 2)))
        if way == 7:
            shape = self.add("Shape", x)
            return self.add("Expand", self.add("ReduceMax", x, keepdims=1), shape)
        if way == 8:
            flags = self.add("Greater", x, self.number(0, dtype))
            return self.add("Where", flags, x, self.add("Mul", x, self.number(0.5, dtype)))
        return self.add("Concat", x, x, axis=-1)

    def graph(self, inputs: list[Any], outputs: list[Any]) -> GraphProto:
        return helper.make_graph(self.nodes, self.prefix, inputs, outputs, self.constants)


def info(name: str, dtype: str, rank: int | None = None) -> Any:
    return helper.make_tensor_value_info(name, code(dtype), None if rank is None else [None] * rank)


def flag(g: Whole) -> str:
    """Return a truth that is known at export, by sizes, or by numbers."""
    way = g.int(0, 3)
    if way == 0:
        return number(
            g,
            g.add(g.one_of(("Greater", "Less")), [length(g), g.put(np.asarray(g.int(0, 6)), "constant")])[0],
        )
    if way == 1:
        return g.put(np.asarray(g.chance(0.5)), g.one_of(("input", "constant")))
    x = g.any("float32", rank=(0, 4))
    total = g.add("ReduceSum", [x], keepdims=0)[0]
    return g.add("Greater", [total, g.put(np.asarray(0, np.float32), "constant")])[0]


@recipe(7)
def if_(g: Whole):
    dtype = g.one_of(("float32", "float32", "float32", "float16"))
    condition = flag(g)
    graphs, captured = [], []
    prefix = g.name()
    for side in "te":
        body = Body(g, f"{prefix}{side}")
        x = body.add("Identity", body.outside(dtype, rank=(0, 4)))
        for _ in range(g.int(0, 3)):
            x = body.step(x, dtype)
        y = body.add("ReduceSum", x, keepdims=0) if g.chance(0.4) else x
        outs = [info(x, dtype)] + ([info(y, dtype)] if y != x else [info(body.add("Neg", x), dtype)])
        graphs.append(body.graph([], outs))
        captured += body.captured
    g.add("If", [condition], 2, captured=captured, then_branch=graphs[0], else_branch=graphs[1])


@recipe(9)
def loop(g: Whole):
    dtype = g.one_of(("float32", "float32", "float32", "float16"))
    prefix = g.name()
    body = Body(g, prefix)
    count = g.int(1, 2)
    states = [g.any(dtype, rank=(0, 3)) for _ in range(count)]
    turn, going = f"{prefix}i", f"{prefix}c"
    carried = [f"{prefix}s{k}" for k in range(count)]
    left, scanned = [], []
    for name in carried:
        x = name
        for _ in range(g.int(0, 2)):
            x = body.step(x, dtype)
        if g.chance(0.4):
            x = body.add("Add", x, body.add("Cast", turn, to=code(dtype)))
        if g.chance(0.2) and g.opset >= 13:
            x = body.add("Add", x, body.add("Gather", body.outside(dtype, rank=(1, 2)), turn, axis=0))
        left.append(x if x != name else body.add("Identity", x))
        if g.chance(0.6):
            scanned.append(
                body.add("Identity", x) if g.chance(0.5) else body.add("ReduceMean", x, keepdims=0)
            )
    if g.chance(0.2):
        scanned.append(body.add("Mul", turn, body.number(3, "int64")))
    stop = g.chance(0.35)
    if stop:
        total = body.add("ReduceSum", body.add("Abs", left[0]), keepdims=0)
        ends = body.add("Less", total, body.number(g.one_of((5, 50, 1000)), dtype))
    else:
        ends = body.add("Identity", going)
    way = g.int(0, 3)
    trips = (
        g.put(np.asarray(g.int(0, 5)), g.one_of(("constant", "input")))
        if way < 2
        else number(g, g.add("Min", [length(g), g.put(np.asarray(g.one_of((4, 9))), "constant")])[0])
    )
    start = g.one_of(("", g.put(np.asarray(True), "constant"), flag(g) if g.chance(0.2) else ""))
    graph = body.graph(
        [
            helper.make_tensor_value_info(turn, 7, []),
            helper.make_tensor_value_info(going, 9, []),
            *(info(n, dtype) for n in carried),
        ],
        [
            helper.make_tensor_value_info(ends, 9, None),
            *(info(n, dtype) for n in left),
            *(
                info(n, "int64" if k == len(scanned) - 1 and n == f"{prefix}{len(body.nodes)}" else dtype)
                for k, n in enumerate(scanned)
            ),
        ],
    )
    for output in graph.output:
        node = next((one for one in body.nodes if output.name in one.output), None)
        if node is not None and node.op_type == "Mul" and node.input[0] == turn:
            output.type.tensor_type.elem_type = 7
    g.add("Loop", [trips, start, *states], count + len(scanned), captured=body.captured, body=graph)


@recipe(7)
def scan(g: Whole):
    if g.opset < 9:
        raise DeadEndError
    dtype = "float32"
    prefix = g.name()
    body = Body(g, prefix)
    state = g.any(dtype, rank=(0, 2))
    source = g.any(dtype, rank=(1, 4))
    sources = [source]
    if g.chance(0.3):
        sources.append(g.any(dtype, rank=(1, 3)))
    axes = [g.int(0, g.values[x].ndim - 1) for x in sources]
    s = f"{prefix}s"
    rows = [f"{prefix}r{k}" for k in range(len(sources))]
    x = s
    for row in rows:
        x = body.add(
            g.one_of(("Add", "Mul", "Max")),
            x,
            body.add("ReduceSum", row, keepdims=0) if g.chance(0.7) else row,
        )
    for _ in range(g.int(0, 2)):
        x = body.step(x, dtype)
    outs = [body.add("Identity", x)]
    if g.chance(0.8):
        outs.append(body.step(rows[0], dtype) if g.chance(0.5) else body.add("Identity", rows[0]))
    graph = body.graph(
        [info(s, dtype), *(info(r, dtype) for r in rows)], [info(x, dtype), *(info(o, dtype) for o in outs)]
    )
    g.add(
        "Scan",
        [state, *sources],
        1 + len(outs),
        captured=body.captured,
        body=graph,
        num_scan_inputs=len(sources),
        scan_input_axes=axes,
        scan_input_directions=[g.int(0, 1) for _ in sources],
        scan_output_directions=[g.int(0, 1) for _ in outs],
        scan_output_axes=[g.one_of((0, 0, -1, 1)) for _ in outs],
    )


@recipe(2)
def recurrent(g: Whole):
    x = g.any("float32", rank=(3, 3))
    a = g.values[x]
    op, gates = g.one_of((("LSTM", 4), ("GRU", 3), ("RNN", 1)))
    directions = g.one_of(("forward", "reverse", "bidirectional"))
    d, hidden = 1 + (directions == "bidirectional"), g.int(1, 6)
    layout = g.int(0, 1) if g.opset >= 14 and g.chance(0.0) else 0
    small = lambda *s: g.put(np.asarray(g.random.standard_normal(s) * 0.5, np.float32), "constant")
    inputs = [
        x,
        small(d, gates * hidden, a.shape[2]),
        small(d, gates * hidden, hidden),
        g.one_of(("", small(d, 2 * gates * hidden))),
    ]
    inputs.append(
        g.put(np.asarray(g.random.integers(0, a.shape[0] + 1, [a.shape[1]]), np.int32))
        if g.chance(0.3)
        else ""
    )
    inputs.append(g.leaf([d, a.shape[1], hidden], "float32") if g.chance(0.4) else "")
    more = {"linear_before_reset": g.int(0, 1)} if op == "GRU" else {}
    g.add(
        op,
        inputs,
        3 if op == "LSTM" else 2,
        hidden_size=hidden,
        direction=directions,
        layout=layout or None,
        **more,
    )
