"""texelflow::SplitAxes: brings axes that a run names behind the others; see operators/onnx/reduce.py."""

from __future__ import annotations

from texelflow.dimensions import select
from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import dimensions


@operator("SplitAxes", inputs=2, domain="texelflow")
class SplitAxes(Operator):
    """Each axis twice: first as it is, or 1 long where the second input has a 1; then the other way round.

    So the last half of the axes of the result are those named, whichever these are.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type, of twice as many axes."""
        source = node.required(0).known_type
        masks = dimensions(node, node.known(1, "masks"), "masks")
        kept = [select(mask, 1, extent) for mask, extent in zip(masks, source.shape, strict=True)]
        split = [select(mask, extent, 1) for mask, extent in zip(masks, source.shape, strict=True)]
        return [TensorType(source.dtype, (*kept, *split))]
