"""How ConstantOfShape becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.graph.constants import scalar_value
from texelflow.operators.onnx.constant_of_shape import fill


@lowers("ConstantOfShape")
def lower(group: Group, lowering: Lowering) -> None:
    """Read one constant everywhere."""
    node = group.node
    output = node.outputs[0]
    dtype, number = fill(node)
    assert isinstance(number, (int, float))
    scalar = scalar_value(f"{output.name}/fill", dtype, number)
    lowering.bind_view(output, scalar, lambda view: view.expand(output.shape))
