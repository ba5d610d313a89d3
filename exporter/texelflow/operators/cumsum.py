"""CumSum: sums of all elements up to each one along an axis."""

from __future__ import annotations

from texelflow.ir import Node, TensorType
from texelflow.lowering.lowering import Lowering
from texelflow.lowering.reduction import elements_kernel
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import integers, normalize_axis
from texelflow.symbolic import product


def cumsum_axis(node: Node) -> int:
    """Return the axis; raise NodeError if it is not known at export."""
    axis = integers(node, node.known(1, "axis"), "axis")[0]
    return normalize_axis(node, axis, node.required(0).known_type.rank)


@operator("CumSum")
class CumSum(Operator):
    """Running sums, from the end if `reverse`, each without its own element if `exclusive`."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type."""
        cumsum_axis(node)
        return [node.required(0).known_type]

    def lower(self, node: Node, lowering: Lowering) -> None:
        """Sum the elements before each one anew."""
        source, output, axis = node.required(0), node.outputs[0], cumsum_axis(node)
        kernel = elements_kernel("cumulative_sum", lowering.tensor(output))
        kernel.output.precise = True
        kernel.input("x", lowering.flat(source))
        kernel.integer("extent", source.shape[axis])
        kernel.integer("inner", product(source.shape[axis + 1 :]))
        kernel.integer("exclusive", int(node.attributes.get("exclusive", 0)))
        kernel.integer("reverse", int(node.attributes.get("reverse", 0)))
        lowering.bind(output, lowering.emit(kernel))
