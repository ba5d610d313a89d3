"""Writes `models/edges.onnx`: an edge detector of constant weights, to try a picture on.

Run it as `python demo/make_edges.py`; it needs onnx. Pictures of every size are taken: [1, 3, height,
width], red, green and blue from 0 to 1, to the strength of the edges [1, 1, height - 4, width - 4], from 0
to 1.
"""

from __future__ import annotations

from math import exp
from pathlib import Path

import onnx
from onnx import TensorProto, helper

LUMINANCE = (0.299, 0.587, 0.114)
REACH = 2
"""Pixels that a kernel reaches to each side."""
SIGMA = 1.0
"""Width of the Gaussian whose slope the kernels are, in pixels."""
GAIN = 2.5
"""Brings a clear edge of a photo to about 1."""


def slope_kernels() -> list[float]:
    """Weights [2, 3, 5, 5]: the slope of a Gaussian along x and along y, for each colour by its luminance."""
    offsets = range(-REACH, REACH + 1)
    weights: list[float] = []
    for along_x in (True, False):
        slope = [
            (x if along_x else y) * exp(-(x * x + y * y) / (2 * SIGMA**2)) for y in offsets for x in offsets
        ]
        rise = sum(value for value in slope if value > 0)
        weights += [GAIN * share * value / rise for share in LUMINANCE for value in slope]
    return weights


def edge_model() -> onnx.ModelProto:
    """The length of the slope at each pixel, at most 1."""
    side = 2 * REACH + 1
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["picture", "slopes"], ["slope"], "slope"),
            helper.make_node("Mul", ["slope", "slope"], ["squares"], "square"),
            helper.make_node("Conv", ["squares", "both"], ["sum"], "sum"),
            helper.make_node("Sqrt", ["sum"], ["length"], "length"),
            helper.make_node("Clip", ["length", "zero", "one"], ["edges"], "limit"),
        ],
        "edges",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("edges", TensorProto.FLOAT, [1, 1, None, None])],
        [
            helper.make_tensor("slopes", TensorProto.FLOAT, [2, 3, side, side], slope_kernels()),
            helper.make_tensor("both", TensorProto.FLOAT, [1, 2, 1, 1], [1.0, 1.0]),
            helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]),
            helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
        ],
    )
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], producer_name="texelflow demo")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


if __name__ == "__main__":
    onnx.save(edge_model(), str(Path(__file__).parent / "models" / "edges.onnx"))
