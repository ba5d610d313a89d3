"""Clip: limits numbers to an interval."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, maximum, minimum
from texelflow.graph import Element, Node, TensorType
from texelflow.graph.scalar import Number, Scalar, call
from texelflow.operators import operator
from texelflow.operators.elementwise import Elementwise, whole
from texelflow.operators.upgrading import attribute_to_input, inputs_like_first

LARGEST_32 = (2 - 2**-23) * 2.0**127
LARGEST = {
    "float16": 65504.0,
    "bfloat16": (2 - 2**-7) * 2.0**127,
    "float32": LARGEST_32,
    "float64": LARGEST_32,
}
"""The largest numbers of floating types as the shader computes with them: 64 bits become 32."""


@operator("Clip", inputs=(1, 3))
class Clip(Elementwise):
    """`min(max(x, lower), upper)`; NaN stays NaN. Without a bound, it is the largest number of the type."""

    def upgrade(self, node: Node, opset: int) -> None:
        """Opset 11 turned the attributes min and max into inputs."""
        if opset < 11:
            attribute_to_input(node, "min", 1, "float32")
            attribute_to_input(node, "max", 2, "float32")

    def in_onnx(self, node: Node) -> list[Node]:
        """Return it with bounds of the input's type."""
        return inputs_like_first(node, {1: "min", 2: "max"})

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the input; the bounds are scalars."""
        return [node.required(0).known_type]

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the limit of each bound given; of floating numbers both are."""
        dtype = node.outputs[0].dtype
        x, lower, upper = [*operands, None, None][:3]
        assert x is not None
        if largest := LARGEST.get(dtype):
            lower = lower or Number(-largest, dtype)
            upper = upper or Number(largest, dtype)
        if lower is not None and upper is not None:
            return call("clip", dtype, x, lower, upper)
        if lower is not None:
            return call("clip_below", dtype, x, lower)
        return call("copy", dtype, x) if upper is None else call("clip_above", dtype, x, upper)

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute with whole numbers or expressions."""
        numbers = [whole(operand) for operand in operands]
        x = numbers[0]
        if x is None:
            return None
        result: Dimension = x
        given = iter(numbers[1:])
        for index, limit in ((1, maximum), (2, minimum)):
            if node.input(index) is None:
                continue
            bound = next(given)
            if bound is None:
                return None
            result = limit(result, bound)
        return result
