"""texelflow::Moments: variance and mean of each row in one reading, made by passes/join_moments.py."""

from __future__ import annotations

from texelflow.backends.webgl2.kernels.moments import lower_moments
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator


@operator("Moments", domain="texelflow")
class Moments(Operator):
    """The mean of the squared differences from the mean along the last axis, and the mean."""

    fuses_epilogue = True

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type with a last extent of 1, twice."""
        source = node.required(0).known_type
        return [TensorType(source.dtype, (*source.shape[:-1], 1))] * 2

    def lower(self, node: Node, lowering: Lowering) -> None:
        """Reduce the channels of whole texels."""
        lower_moments(node, lowering)
