"""HannWindow, HammingWindow and BlackmanWindow: sums of cosines that fade signals in and out."""

from __future__ import annotations

from collections.abc import Mapping
from math import pi

from texelflow.graph import FLOATING, Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.cast import dtype_of_code
from texelflow.operators.shapes import counts

COEFFICIENTS: Mapping[str, tuple[float, ...]] = {
    "HannWindow": (0.5, -0.5),
    "HammingWindow": (25 / 46, -21 / 46),
    "BlackmanWindow": (0.42, -0.5, 0.08),
}
"""Of the cosines of 0, 1, 2 periods."""


@operator(*COEFFICIENTS, inputs=1, attributes={"output_datatype": "a whole number", "periodic": "0 or 1"})
class WindowFunction(Operator):
    """So many numbers as the input says; the last is that before the next period, or the first again."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of a vector of this length."""
        dtype = dtype_of_code(node, int(node.attributes.get("output_datatype", 1)))
        if dtype not in FLOATING:
            raise NodeError(node, f"its output_datatype is {dtype}; a floating type is needed")
        [size] = counts(node, [node.known_number(0, "size")], "size")
        return [TensorType(dtype, (size,))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Compute the cosines of equally spaced angles."""
        steps, size = Decomposition(node), node.outputs[0].shape[0]
        places = steps.cast("numbers", steps.places("places", size), "float32")
        period = steps.index("period", size if node.attributes.get("periodic", 1) else size - 1)
        share = steps.add("Div", "share", places, steps.cast("period_number", period, "float32"))
        total = None
        for count, factor in enumerate(COEFFICIENTS[self.name]):
            angle = steps.add("Mul", "angle", share, steps.scalar("turns", "float32", 2 * pi * count))
            cosine = steps.add("Cos", "cosine", angle)
            term = steps.add("Mul", "term", cosine, steps.scalar("factor", "float32", factor))
            total = term if total is None else steps.add("Add", "total", total, term)
        assert total is not None
        steps.cast(node.outputs[0], total, node.outputs[0].dtype)
        return steps.nodes
