"""Recipes for whole numbers that are beyond 32 bits, or wrap around."""

from __future__ import annotations

import numpy as np

from mixed_graphs.growing import code
from whole_models.growing import Whole, recipe


@recipe(2)
def wide_integers(g: Whole):
    """Numbers beyond 32 bits where only their order matters, or which extents never reach."""
    x = g.any("int64", rank=(0, 4))
    big = g.put(
        np.asarray(
            g.one_of((2**31, 2**53 + 1, -(2**31) - 1, 2**63 - 1, -(2**63), 2**31 - 1, -(2**31))), np.int64
        ),
        "constant",
    )
    way = g.int(0, 4)
    if way == 0:
        g.add(
            g.one_of(
                ("Less", "Greater", "Equal", "LessOrEqual", "GreaterOrEqual")
                if g.opset >= 12
                else ("Less", "Greater", "Equal")
            ),
            [x, big] if g.chance(0.5) else [big, x],
        )
    elif way == 1 and g.opset >= 12:
        g.add(g.one_of(("Max", "Min")), [x, big])
    elif way == 2 and g.opset >= 12:
        low, high = sorted((int(g.values[big]), g.int(-3, 3)))
        g.add("Clip", [x, g.put(np.asarray(low), "constant"), g.put(np.asarray(high), "constant")])
    elif way == 3:
        chosen = g.add("Where", [g.partner(np.zeros(g.values[x].shape, bool)), x, big])[0]
        g.add("Min", [chosen, g.put(np.asarray(7), "constant")])
    else:
        g.add("Cast", [g.add("Less", [x, big])[0]], to=code("float32"))


@recipe(2)
def wrapped(g: Whole):
    """Integers of few bits that wrap around."""
    dtype = g.one_of(("int32", "uint32", "int8", "uint8", "int16", "uint16"))
    info = np.iinfo(dtype)
    x = g.put(
        np.asarray(g.random.integers(info.min, info.max, [g.int(1, 4), g.int(1, 5)], endpoint=True), dtype),
        "input",
    )
    y = g.put(
        np.asarray(
            g.random.integers(
                info.min,
                info.max,
                g.one_of(
                    ([], [1]),
                ),
                endpoint=True,
            ),
            dtype,
        )
    )
    way = g.int(0, 4)
    if way == 0:
        g.add(g.one_of(("Add", "Sub", "Mul")), [x, y])
    elif way == 1:
        g.add(
            "Cast",
            [x],
            to=code(
                g.one_of(("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "float32", "bool"))
            ),
        )
    elif way == 2:
        g.add("ReduceSum", [x], keepdims=0)
    elif way == 3:
        g.add("Neg" if info.min < 0 else "BitwiseNot", [x])
    else:
        g.add("Abs", [x])
