"""Recipes for chains of quantised values.

Weights have 7 bits: of 8, ONNX Runtime's sums of products overflow on processors without VNNI.
"""

from __future__ import annotations

import numpy as np

from mixed_graphs.growing import DeadEndError, code
from whole_models.chains import fix_channels, image
from whole_models.extents import extents
from whole_models.growing import Whole, recipe


@recipe(3)
def quantised(g: Whole):
    x = image(g) if g.chance(0.6) else g.any("float32", rank=(2, 3))
    if g.opset < 13:
        raise DeadEndError
    kind = g.one_of(("uint8", "int8"))

    def zero():
        return np.asarray(g.int(0, 200) if kind == "uint8" else g.int(-90, 90), kind)

    def pair(y: str) -> str:
        scale = g.put(np.asarray(g.one_of((0.02, 0.05, 0.11)), np.float32), "constant")
        point = g.put(zero(), "constant")
        q = g.add("QuantizeLinear", [y, scale, point])[0]
        if g.chance(0.3):
            q = quantised_move(g, q)
        return g.add("DequantizeLinear", [q, scale, point])[0]

    y = pair(x)
    a = g.values[y]
    if a.ndim == 4:
        fix_channels(g, x)
        c, out = a.shape[1], g.one_of((1, 3, 4, 6))
        w = g.put(np.asarray(g.random.integers(-63, 64, [out, c, 1, 1]), np.int8), "constant")
        scales = g.put(np.asarray(g.random.random(out) * 0.02 + 0.005, np.float32), "constant")
        zeros = g.put(np.zeros(out, np.int8), "constant")
        w = g.add("DequantizeLinear", [w, scales, zeros], axis=0)[0]
        y = g.add("Conv", [y, w])[0]
    else:
        w = g.put(np.asarray(g.random.integers(-63, 64, [a.shape[-1], g.int(1, 5)]), np.int8), "constant")
        w = g.add("DequantizeLinear", [w, g.put(np.asarray(0.01, np.float32), "constant")])[0]
        y = g.add("MatMul", [y, w])[0]
    if g.chance(0.5):
        y = g.add("Relu", [y])[0]
    y = pair(y)
    if g.chance(0.4):
        y = pair(g.add("Add", [y, y])[0])


def quantised_move(g: Whole, q: str) -> str:
    a = g.values[q]
    way = g.int(0, 3)
    if way == 0:
        return g.add("Transpose", [g.add("Transpose", [q])[0]])[0]
    if way == 1:
        return g.add("Reshape", [g.add("Reshape", [q, g.put(np.array([-1]), "constant")])[0], extents(g, q)])[
            0
        ]
    if way == 2 and a.ndim == 4:
        return g.add("MaxPool", [q], kernel_shape=[2, 2], pads=[0, 0, 1, 1])[0]
    return g.add("Max", [q, g.put(np.asarray(g.int(0, 90), a.dtype), "constant")])[0]


@recipe(2)
def integer_layers(g: Whole):
    """Products of whole numbers, scaled by what a run finds."""
    x = g.any("float32", rank=(2, 3))
    a = g.values[x]
    q, s, z = g.add("DynamicQuantizeLinear", [x], 3)
    w = g.put(np.asarray(g.random.integers(-63, 64, [a.shape[-1], g.int(1, 5)]), np.int8), "constant")
    y = g.add("MatMulInteger", [q, w, z])[0]
    f = g.add("Cast", [y], to=code("float32"))[0]
    g.add("Mul", [f, g.add("Mul", [s, g.put(np.asarray(0.02, np.float32), "constant")])[0]])
