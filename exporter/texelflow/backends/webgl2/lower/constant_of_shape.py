"""How ConstantOfShape becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.graph import Node
from texelflow.graph.constants import scalar_value
from texelflow.operators.onnx.constant_of_shape import fill


@lowers("ConstantOfShape")
def lower(node: Node, lowering: Lowering) -> None:
    """Read one constant everywhere."""
    output = node.outputs[0]
    dtype, number = fill(node)
    assert isinstance(number, (int, float))
    scalar = scalar_value(f"{output.name}/fill", dtype, number)
    lowering.bind_view(output, scalar, lambda view: view.expand(output.shape))
