"""texelflow::ScatterRows: rows put to places that are computed; operators/onnx/scatter_nd.py makes it."""

from __future__ import annotations

from texelflow.graph import Node, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.onnx.scatter_elements import REDUCTION


@operator("ScatterRows", inputs=3, attributes=REDUCTION, domain="texelflow")
class ScatterRows(Operator):
    """Puts rows [n, size], the third input, into those of the first [rows, size], at places [n] from 0 on."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the first input's type."""
        return [node.required(0).known_type]
