"""How ReduceMean, ReduceSum, ReduceMax, ReduceMin and ReduceProd become draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.reduction import lower_reduction
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.scalar import UNSIGNED_32
from texelflow.graph import Node
from texelflow.operators.onnx.reduce import reduced_axes


def fuses_prologue(node: Node) -> bool:
    """Read what is computed from the elements instead of the elements."""
    return True


@lowers(
    "ReduceMean",
    "ReduceSum",
    "ReduceMax",
    "ReduceMin",
    "ReduceProd",
    fuses_epilogue=True,
    fuses_prologue=fuses_prologue,
)
def lower(group: Group, lowering: Lowering) -> None:
    """Reduce whole texels of a blocked tensor, or single elements."""
    node = group.node
    operation = node.operator.removeprefix("Reduce").lower()
    if node.required(0).dtype in UNSIGNED_32 and operation in ("max", "min", "mean"):
        operation += "_unsigned"
    lower_reduction(group, lowering, operation, reduced_axes(node))
