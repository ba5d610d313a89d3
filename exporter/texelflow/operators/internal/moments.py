"""texelflow::Moments: variance and mean of each row in one reading, made by passes/join_moments.py."""

from __future__ import annotations

from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator


@operator("Moments", inputs=1, domain="texelflow")
class Moments(Operator):
    """The mean of the squared differences from the mean along the last axis, and the mean."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type with a last extent of 1, twice."""
        source = node.required(0).known_type
        return [TensorType(source.dtype, (*source.shape[:-1], 1))] * 2
