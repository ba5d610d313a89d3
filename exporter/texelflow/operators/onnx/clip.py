"""Clip: limits numbers to an interval."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, maximum, minimum
from texelflow.graph import Element, Node, TensorType
from texelflow.operators import operator
from texelflow.operators.elementwise import UNSIGNED_32, Elementwise, Uniforms, whole
from texelflow.operators.upgrading import attribute_to_input

LARGEST_32 = (2 - 2**-23) * 2.0**127
LARGEST = {
    "float16": 65504.0,
    "bfloat16": (2 - 2**-7) * 2.0**127,
    "float32": LARGEST_32,
    "float64": LARGEST_32,
}
"""The largest numbers of floating types as the shader computes with them: 64 bits become 32."""


@operator("Clip")
class Clip(Elementwise):
    """`min(max(x, lower), upper)`; NaN stays NaN. Without a bound, it is the largest number of the type."""

    def upgrade(self, node: Node, opset: int) -> None:
        """Opset 11 turned the attributes min and max into inputs."""
        if opset < 11:
            attribute_to_input(node, "min", 1, "float32")
            attribute_to_input(node, "max", 2, "float32")

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the input; the bounds are scalars."""
        return [node.required(0).known_type]

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return the calls that apply the bounds given."""
        x, lower, upper = [*operands, None, None][:3]
        if largest := LARGEST.get(node.required(0).dtype):
            lower = lower or f"vec4({uniforms.real(-largest)})"
            upper = upper or f"vec4({uniforms.real(largest)})"
        suffix = "_unsigned" if node.required(0).dtype in UNSIGNED_32 else ""
        if lower is not None and upper is not None and not suffix:
            return f"clip({x}, {lower}, {upper})"
        if lower is not None:
            x = f"clip_below{suffix}({x}, {lower})"
        return f"clip_above{suffix}({x}, {upper})" if upper is not None else f"({x})"

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
